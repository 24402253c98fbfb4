//! The `metrics` and `requests_open` tables: what is counted for operators, for all instances together.

use std::time::Duration;

use jiff::Timestamp;

use super::Connection;
use crate::error::Result;
use crate::telemetry::Count;
use crate::telemetry::family::{HTTP_IN_PROGRESS, TASK_OLDEST_DUE, TASKS_IN_QUEUE};

/// One number: of a counter or gauge, or of one bucket of a histogram.
pub struct Sample {
    pub name: String,
    pub labels: Vec<String>,
    /// How many of the bounds are below the values; None for what is no histogram.
    pub bucket: Option<usize>,
    pub count: i64,
    /// The values' sum.
    pub seconds: f64,
}

/// An answered request, which is under way no more.
pub struct Request<'a> {
    pub method: &'a str,
    /// The route's template, never the path that was asked for.
    pub endpoint: &'a str,
    pub began: Timestamp,
}

/// Adds what an invocation has counted, in one statement; for an answered request, closes what
/// [`super::request_windows::admit`] has opened.
pub async fn add(db: &Connection, counts: &[Count], closed: Option<&Request<'_>>) -> Result<()> {
    // Rows in the same order and of one shard: two invocations wait for each other and never in a circle.
    let sql = "-- metrics::add
        with closed as (
            insert into requests_open as o (minute, method, endpoint, shard, open)
            select date_trunc('minute', $2::timestamptz), $3, $4, floor(random() * 8), -1 where $2 is not null
            on conflict (minute, method, endpoint, shard) do update set open = o.open - 1),
        one as materialized (select floor(random() * 8)::smallint as shard)
        insert into metrics as m (name, labels, bucket, shard, count, seconds)
        select c.name, c.labels, c.bucket, one.shard, c.count, c.seconds
          from jsonb_to_recordset($1) as c (name text, labels text[], bucket smallint, count bigint, seconds float8), one
         order by c.name, c.labels, c.bucket
        on conflict (name, labels, bucket, shard)
        do update set count = m.count + excluded.count, seconds = m.seconds + excluded.seconds
        returning 1";
    let counts = serde_json::to_value(counts)?;
    let (began, method, endpoint) =
        closed.map_or((None, "", ""), |request| (Some(request.began), request.method, request.endpoint));
    db.rows(sql, &[&counts, &began, &method, &endpoint]).await?;
    Ok(())
}

/// Everything that is counted, and how much there is to do now.
pub async fn all(db: &Connection) -> Result<Vec<Sample>> {
    let sql = "-- metrics::all
        select name, labels, bucket, sum(count)::bigint as count, sum(seconds)::float8 as seconds from metrics
         group by name, labels, bucket
        union all
        select $1, array[method, endpoint], (-1)::smallint, greatest(sum(open), 0)::bigint, 0
          from requests_open where minute > now() - interval '16 minutes' group by method, endpoint
         order by name, labels, bucket";
    let rows = db.rows(sql, &[&HTTP_IN_PROGRESS.name]).await?;
    let mut samples = Vec::with_capacity(rows.len());
    for row in rows {
        samples.push(Sample {
            name: row.try_get("name")?,
            labels: row.try_get("labels")?,
            bucket: usize::try_from(row.try_get::<_, i16>("bucket")?).ok(),
            count: row.try_get("count")?,
            seconds: row.try_get("seconds")?,
        });
    }
    let gauge = |name: &str, labels, count| Sample { name: name.to_owned(), labels, bucket: None, count, seconds: 0.0 };
    let queue = queue(db).await?;
    samples.extend(queue.tasks.into_iter().map(|(state, tasks)| gauge(TASKS_IN_QUEUE.name, vec![state], tasks)));
    let oldest = i64::try_from(queue.oldest_due.as_secs()).unwrap_or(i64::MAX);
    samples.push(gauge(TASK_OLDEST_DUE.name, Vec::new(), oldest));
    Ok(samples)
}

/// How much there is to do, for all advisors.
pub struct Queue {
    /// By state.
    pub tasks: Vec<(String, i64)>,
    /// For how long the task that waits longest has been due.
    pub oldest_due: Duration,
}

pub async fn queue(db: &Connection) -> Result<Queue> {
    let sql = "-- metrics::queue\nselect state, tasks, oldest_seconds from lookup.queue_totals()";
    let mut queue = Queue { tasks: Vec::new(), oldest_due: Duration::ZERO };
    for row in db.rows(sql, &[]).await? {
        queue.tasks.push((row.try_get("state")?, row.try_get("tasks")?));
        let oldest = u64::try_from(row.try_get::<_, i64>("oldest_seconds")?).unwrap_or_default();
        queue.oldest_due = queue.oldest_due.max(Duration::from_secs(oldest));
    }
    Ok(queue)
}

/// Forgets minutes in which no request can be under way any more. Answers how many rows.
pub async fn forget(db: &Connection) -> Result<usize> {
    let sql = "-- metrics::forget
        delete from requests_open where minute < now() - interval '1 hour' returning 1";
    Ok(db.rows(sql, &[]).await?.len())
}
