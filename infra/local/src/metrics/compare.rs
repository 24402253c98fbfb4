//! What was sent beside what Prometheus has seen: by the clients' account, the stand-ins' logs, and the tables.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::prometheus::Prometheus;
use super::storm::Sent;
use super::world::World;
use crate::Result;

/// One number, twice.
#[derive(Serialize)]
pub struct Check {
    pub what: String,
    pub sent: f64,
    pub seen: f64,
    pub agrees: bool,
}

impl Check {
    fn new(what: impl Into<String>, sent: f64, seen: f64) -> Self {
        // Counts are whole; Prometheus keeps them as floating-point numbers.
        Self { what: what.into(), sent, seen, agrees: (sent - seen).abs() < 0.5 }
    }
}

/// What was to be seen at one moment: of Prometheus by series, of the stand-in and the tables by name.
pub struct Seen {
    /// By instance, and by name with its labels.
    series: BTreeMap<(String, String), f64>,
    model_asked: f64,
    embeddings_asked: f64,
    tables: BTreeMap<String, f64>,
}

const TABLES: &str = "
    select 'tasks_created_total,' || task_type, count(*)::float8 from tasks group by task_type
    union all
    select 'tasks_completed_total,' || task_type || ',' || state, count(*)::float8 from tasks
     where state in ('done', 'failed') group by task_type, state
    union all
    select 'webhook_events_total,' || source, count(*)::float8 from webhook_events group by source
    union all
    select 'tokens,' || case cause when 'embed' then 'embed' else 'chat' end,
           sum(input_tokens + output_tokens)::float8 from model_calls group by 1";

/// Names whose series are compared, with the labels they are known by.
const COUNTED: [(&str, &[&str]); 12] = [
    ("http_requests_total", &["method", "endpoint", "status"]),
    ("http_request_duration_seconds_count", &["method", "endpoint"]),
    ("http_requests_in_progress", &["method", "endpoint"]),
    ("openai_requests_total", &["model", "status"]),
    ("openai_tokens_total", &["model", "type"]),
    ("openai_request_duration_seconds_count", &["model"]),
    ("rag_searches_total", &["status"]),
    ("rag_search_duration_seconds_count", &[]),
    ("tasks_created_total", &["task_type"]),
    ("tasks_completed_total", &["task_type", "status"]),
    ("tasks_in_queue", &["state"]),
    ("webhook_events_total", &["source"]),
];

impl Seen {
    pub async fn of(prometheus: &Prometheus, world: &World) -> Result<Self> {
        let mut series = BTreeMap::new();
        for (name, labels) in COUNTED {
            for one in prometheus.query(name).await? {
                let labels: Vec<&str> = labels.iter().map(|label| one.label(label)).collect();
                let key = (one.label("instance").to_owned(), [&[name], &labels[..]].concat().join(","));
                *series.entry(key).or_default() += one.value;
            }
        }
        let asked = world.stand_ins.openai.as_ref().map(|openai| openai.control().requests()).unwrap_or_default();
        let of = |end: &str| asked.iter().filter(|request| request.uri.ends_with(end)).count() as f64;
        Ok(Self {
            series,
            model_asked: of("/chat/completions"),
            embeddings_asked: of("/embeddings"),
            tables: world.numbers(TABLES).await?.into_iter().collect(),
        })
    }

    fn instances(&self) -> BTreeSet<&str> {
        self.series.keys().map(|(instance, _)| instance.as_str()).collect()
    }

    /// As the first instance tells it, all series that begin with this.
    fn sum(&self, start: &str) -> f64 {
        let first = self.instances().into_iter().next().unwrap_or_default();
        let of = |key: &str| key == start || key.strip_prefix(start).is_some_and(|rest| rest.starts_with(','));
        self.series.iter().filter(|((instance, key), _)| instance == first && of(key)).map(|(_, value)| value).sum()
    }

    fn table(&self, name: &str) -> f64 {
        self.tables.get(name).copied().unwrap_or_default()
    }
}

pub fn all(sent: &Sent, before: &Seen, after: &Seen) -> Vec<Check> {
    let more = |key: &str| after.sum(key) - before.sum(key);
    let mut checks = vec![Check::new("odd answers", 0.0, sent.odd)];
    let mut by_route: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for ((method, route, status), many) in &sent.answers {
        // What needs no database is not counted.
        let many = if route == "/health" { 0.0 } else { *many };
        let key = format!("http_requests_total,{method},{route},{status}");
        checks.push(Check::new(key.clone(), many, more(&key)));
        *by_route.entry((method, route)).or_default() += many;
    }
    for ((method, route), many) in by_route {
        let key = format!("http_request_duration_seconds_count,{method},{route}");
        checks.push(Check::new(key.clone(), many, more(&key)));
        let open = format!("http_requests_in_progress,{method},{route}");
        checks.push(Check::new(open.clone(), 0.0, after.sum(&open)));
    }
    let pushed = "http_requests_total,POST,/api/webhooks/gmail,200";
    checks.push(Check::new(pushed, sent.mails, more(pushed)));
    checks.push(Check::new("webhook_events_total,gmail", sent.mails, more("webhook_events_total,gmail")));
    for name in ["rag_searches_total,success", "rag_search_duration_seconds_count"] {
        checks.push(Check::new(name, sent.searches, more(name)));
    }

    // The stand-in's own log.
    let [chat, embeddings] = ["gpt-5.4-mini", "text-embedding-3-small"];
    for (model, asked) in
        [(chat, after.model_asked - before.model_asked), (embeddings, after.embeddings_asked - before.embeddings_asked)]
    {
        for name in ["openai_requests_total", "openai_request_duration_seconds_count"] {
            let key = format!("{name},{model}");
            checks.push(Check::new(key.clone(), asked, more(&key)));
        }
    }
    let tokens = after.table("tokens,chat") - before.table("tokens,chat");
    checks.push(Check::new("openai_tokens_total of questions", tokens, more(&format!("openai_tokens_total,{chat}"))));

    // The tables.
    for name in after.tables.keys().filter(|name| name.starts_with("tasks_")) {
        checks.push(Check::new(name.clone(), after.table(name), after.sum(name)));
    }
    for state in ["pending", "in_progress"] {
        let key = format!("tasks_in_queue,{state}");
        checks.push(Check::new(key.clone(), 0.0, after.sum(&key)));
    }
    checks
}

/// It does not matter which instance is asked; but for the scrapes themselves, which are under way when they are counted.
pub fn both_instances(seen: &Seen) -> Vec<Check> {
    let instances = seen.instances();
    let mut totals = BTreeMap::<&str, BTreeMap<&str, f64>>::new();
    for ((instance, key), value) in seen.series.iter().filter(|((_, key), _)| !key.contains(",/metrics")) {
        totals.entry(key).or_default().insert(instance, *value);
    }
    let differ = totals.values().filter(|by| {
        let values: Vec<f64> = by.values().copied().collect();
        by.len() != instances.len() || values.iter().any(|value| (value - values[0]).abs() > 0.5)
    });
    vec![
        Check::new("instances", 2.0, instances.len() as f64),
        Check::new(format!("series that differ, of {}", totals.len()), 0.0, differ.count() as f64),
    ]
}
