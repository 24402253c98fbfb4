//! One invocation: the id everything about it is found by, and what was counted in it.
//!
//! A trail goes with the work, by way of `World`, into whatever the work opens: connections, calls, bells. What it has counted is
//! written to the database once, at the end (`World::write_counts`), and told to CloudWatch when the last who holds it lets go.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::emf::{self, Metric};
use super::family::{self, Family, Kind, QUERIES, QUERY_SECONDS, bucket};

/// Query times are written this often by one process; a query is not worth a query.
const QUERIES_EVERY: Duration = Duration::from_secs(15);
/// Names of queries stand in the source, and there are some hundreds; should one be made of something else, it ends here.
const MOST_QUERIES: usize = 500;

/// Clones are the same invocation. One pointer, because every future that waits for something holds some.
#[derive(Clone, Default)]
pub struct Trail(Arc<Steps>);

#[derive(Default)]
struct Steps {
    /// None where nobody asked.
    correlation_id: Option<Arc<str>>,
    book: Arc<Book>,
}

#[derive(Default)]
struct Book {
    /// CloudWatch's, if it is told.
    namespace: Option<String>,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    counts: BTreeMap<Key, (i64, f64)>,
    queries: Vec<(String, Duration)>,
    numbers: BTreeMap<Metric, Vec<f64>>,
    beside: Map<String, Value>,
}

type Key = (&'static str, Vec<String>, i16);

/// What is to be added to one row of `metrics`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Count {
    pub name: &'static str,
    pub labels: Vec<String>,
    pub bucket: i16,
    pub count: i64,
    pub seconds: f64,
}

impl Trail {
    /// The beginning of one. An id that is fit to stand in a log is kept, any other replaced.
    pub fn begin(given: Option<&str>, namespace: Option<&str>) -> Self {
        let id = given.filter(|id| is_fit(id)).map_or_else(|| Uuid::new_v4().to_string().into(), Arc::from);
        let book = Book { namespace: namespace.map(str::to_owned), entries: Mutex::default() };
        Self(Arc::new(Steps { correlation_id: Some(id), book: Arc::new(book) }))
    }

    /// The same invocation, on behalf of what began elsewhere.
    #[must_use]
    pub fn on_behalf_of(&self, given: Option<&str>) -> Self {
        let known = given.filter(|id| is_fit(id)).map(Arc::from);
        let correlation_id = known.or_else(|| self.0.correlation_id.clone());
        Self(Arc::new(Steps { correlation_id, book: self.0.book.clone() }))
    }

    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// Adds one to a counter.
    pub fn count(&self, family: &Family, labels: &[&str]) {
        self.add(family, labels, 1);
    }

    pub fn add(&self, family: &Family, labels: &[&str], many: u64) {
        self.enter(family, labels, -1, many, 0.0);
        if let Some(metric) = told_too(family) {
            self.measure(metric, many as f64);
        }
    }

    /// Adds a value to a histogram.
    pub fn observe(&self, family: &Family, labels: &[&str], took: Duration) {
        let seconds = took.as_secs_f64();
        self.enter(family, labels, bucket(seconds), 1, seconds);
    }

    fn enter(&self, family: &Family, labels: &[&str], bucket: i16, many: u64, seconds: f64) {
        debug_assert!(labels.len() == family.labels.len() && (bucket >= 0) == (family.kind == Kind::Histogram));
        let key = (family.name, labels.iter().map(|label| (*label).to_owned()).collect(), bucket);
        let mut entries = self.entries();
        let sum = entries.counts.entry(key).or_default();
        sum.0 += i64::try_from(many).unwrap_or(i64::MAX);
        sum.1 += seconds;
    }

    /// A query of this name was answered.
    pub fn query(&self, name: &str, took: Duration) {
        self.entries().queries.push((name.to_owned(), took));
        self.measure(Metric::QueryTime, took.as_secs_f64() * 1000.0);
    }

    /// A number for CloudWatch.
    pub fn measure(&self, metric: Metric, value: f64) {
        if self.0.book.namespace.is_none() {
            return;
        }
        let mut entries = self.entries();
        let values = entries.numbers.entry(metric).or_default();
        match values.first_mut().filter(|_| metric.adds_up()) {
            Some(sum) => *sum += value,
            None => values.push(value),
        }
    }

    pub fn measure_ms(&self, metric: Metric, took: Duration) {
        self.measure(metric, took.as_secs_f64() * 1000.0);
    }

    /// What stands beside CloudWatch's numbers. Ids, names of ours and codes only, as in any log.
    pub fn beside(&self, name: &str, value: impl Into<Value>) {
        if self.0.book.namespace.is_some() {
            self.entries().beside.insert(name.to_owned(), value.into());
        }
    }

    /// What was counted since this was asked last.
    pub fn take(&self) -> (Vec<Count>, Vec<(String, Duration)>) {
        let mut entries = self.entries();
        let counts = std::mem::take(&mut entries.counts).into_iter();
        let counts =
            counts.map(|((name, labels, bucket), (count, seconds))| Count { name, labels, bucket, count, seconds });
        (counts.collect(), std::mem::take(&mut entries.queries))
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.book.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        let entries = self.entries.get_mut().unwrap_or_else(PoisonError::into_inner);
        let at = super::now().as_millisecond();
        let line = self.namespace.as_ref().and_then(|name| emf::line(name, at, &entries.numbers, &entries.beside));
        if let Some(line) = line {
            tracing::error!(target: emf::TARGET, "{line}");
        }
        super::flush();
    }
}

/// What CloudWatch is told of a counter, over all of its labels.
fn told_too(family: &Family) -> Option<Metric> {
    [
        (family::ERRORS, Metric::Errors),
        (family::OPENAI_REQUESTS, Metric::ModelRequests),
        (family::PROVIDER_REQUESTS, Metric::ProviderRequests),
        (family::TASK_RETRIES, Metric::TasksRetried),
        (family::WEBHOOK_EVENTS, Metric::WebhookEvents),
    ]
    .into_iter()
    .find_map(|(known, metric)| (known == *family).then_some(metric))
}

/// Whether an id from outside may stand in a log, in a header and in a message.
fn is_fit(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The queries of this process, until it is time to write them.
#[derive(Default)]
pub struct Queries(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    times: HashMap<String, (u64, Duration)>,
    written: Option<Instant>,
}

impl Queries {
    /// Adds some, and answers all when it is time to write them.
    pub fn add(&self, asked: Vec<(String, Duration)>, now: Instant) -> Vec<Count> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, took) in asked {
            let is_known = known.times.contains_key(&name) || known.times.len() < MOST_QUERIES;
            let sum = known.times.entry(if is_known { name } else { "other".to_owned() }).or_default();
            sum.0 += 1;
            sum.1 += took;
        }
        let begun = *known.written.get_or_insert(now);
        if now.saturating_duration_since(begun) < QUERIES_EVERY {
            return Vec::new();
        }
        known.written = Some(now);
        let times = std::mem::take(&mut known.times);
        let counts = times.into_iter().flat_map(|(name, (many, took))| {
            let many = i64::try_from(many).unwrap_or(i64::MAX);
            let row = |name, label, count, seconds| Count { name, labels: vec![label], bucket: -1, count, seconds };
            [row(QUERIES.name, name.clone(), many, 0.0), row(QUERY_SECONDS.name, name, many, took.as_secs_f64())]
        });
        counts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::family::{HTTP_REQUESTS, RAG_DURATION, RAG_SEARCHES};
    use super::*;

    #[test]
    fn an_id_that_could_forge_a_line_is_replaced() {
        let kept = |given: &str| Trail::begin(Some(given), None).correlation_id() == Some(given);

        assert!(kept("a-caller_s-id-7") && kept(&"a".repeat(64)));
        for given in ["short", &"a".repeat(65), "abcdefgh\r\nx: y", "{\"a\":\"bcdef\"}", "nora@mail.example", ""] {
            assert!(!kept(given), "{given}");
        }
        assert!(Trail::begin(None, None).correlation_id().unwrap().parse::<Uuid>().is_ok());
    }

    #[test]
    fn what_is_done_for_somebody_else_is_counted_here_and_found_there() {
        let here = Trail::begin(Some("the-workers-own"), None);

        let there = here.on_behalf_of(Some("the-advisors-call"));
        there.count(&RAG_SEARCHES, &["success"]);

        assert_eq!(there.correlation_id(), Some("the-advisors-call"));
        assert_eq!(here.on_behalf_of(Some("\n")).correlation_id(), Some("the-workers-own"));
        assert_eq!(here.take().0.len(), 1);
    }

    #[test]
    fn counts_add_up_and_are_taken_once() {
        let trail = Trail::begin(None, None);
        for _ in 0..3 {
            trail.count(&HTTP_REQUESTS, &["GET", "/api/tasks", "200"]);
        }
        trail.observe(&RAG_DURATION, &[], Duration::from_millis(30));

        let (counts, _) = trail.take();

        assert_eq!(counts.len(), 2);
        assert_eq!((counts[0].name, counts[0].bucket, counts[0].count), ("http_requests_total", -1, 3));
        assert_eq!((counts[1].bucket, counts[1].count, counts[1].seconds), (3, 1, 0.03));
        assert!(trail.take().0.is_empty());
    }

    #[test]
    fn queries_are_written_now_and_then_and_have_a_bounded_number_of_names() {
        let (queries, now) = (Queries::default(), Instant::now());
        let asked = |n: usize| (format!("query::{n}"), Duration::from_millis(2));

        assert!(queries.add((0..2 * MOST_QUERIES).map(asked).collect(), now).is_empty());
        let counts = queries.add(vec![asked(0)], now + QUERIES_EVERY);

        assert_eq!(counts.len(), 2 * (MOST_QUERIES + 1));
        let of = |label: &str| counts.iter().find(|count| count.labels == [label]).unwrap().count;
        assert_eq!((of("query::0"), of("other")), (2, i64::try_from(MOST_QUERIES).unwrap()));
    }
}
