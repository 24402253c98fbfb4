//! The `metrics` and `requests_open` tables: what is counted for operators, for all instances together.

use std::time::Duration;

use jiff::Timestamp;

use super::Connection;
use crate::error::Result;

/// Upper bounds of the histograms' buckets, in seconds.
pub const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// One number: of a counter or gauge, or of one bucket of a histogram.
pub struct Sample {
    pub name: String,
    pub labels: Vec<String>,
    /// How many of [`BOUNDS`] are below the values; None for what is no histogram.
    pub bucket: Option<usize>,
    pub count: i64,
    /// The values' sum.
    pub seconds: f64,
}

/// An answered request.
pub struct Request<'a> {
    pub method: &'a str,
    /// The route's template, never the path that was asked for.
    pub endpoint: &'a str,
    pub status: u16,
    pub began: Timestamp,
    pub took: Duration,
}

/// Counts a request that [`super::request_windows::admit`] has counted as under way.
pub async fn answered(db: &Connection, request: &Request<'_>) -> Result<()> {
    let sql = "-- metrics::answered
        with closed as (
            insert into requests_open as o (minute, method, endpoint, shard, open)
            values (date_trunc('minute', $1::timestamptz), $2, $3, floor(random() * 8), -1)
            on conflict (minute, method, endpoint, shard) do update set open = o.open - 1)
        insert into metrics as m (name, labels, bucket, shard, count, seconds)
        values ('http_request_duration_seconds', array[$2, $3], $5::smallint, floor(random() * 8), 1, $6),
               ('http_requests_total', array[$2, $3, $4], (-1)::smallint, floor(random() * 8), 1, 0)
        on conflict (name, labels, bucket, shard) do update set count = m.count + 1, seconds = m.seconds + excluded.seconds
        returning 1";
    let (status, seconds) = (request.status.to_string(), request.took.as_secs_f64());
    let bucket = bucket(seconds);
    db.rows(sql, &[&request.began, &request.method, &request.endpoint, &status, &bucket, &seconds]).await?;
    Ok(())
}

/// Adds one to a counter.
pub async fn count(db: &Connection, name: &str, labels: &[&str]) -> Result<()> {
    add(db, name, labels, -1, 0.0).await
}

/// Adds a value to a histogram.
pub async fn observe(db: &Connection, name: &str, labels: &[&str], took: Duration) -> Result<()> {
    let seconds = took.as_secs_f64();
    add(db, name, labels, bucket(seconds), seconds).await
}

async fn add(db: &Connection, name: &str, labels: &[&str], bucket: i16, seconds: f64) -> Result<()> {
    let sql = "-- metrics::add
        insert into metrics as m (name, labels, bucket, shard, count, seconds)
        values ($1, $2, $3, floor(random() * 8), 1, $4)
        on conflict (name, labels, bucket, shard) do update set count = m.count + 1, seconds = m.seconds + excluded.seconds
        returning 1";
    db.rows(sql, &[&name, &labels, &bucket, &seconds]).await?;
    Ok(())
}

fn bucket(seconds: f64) -> i16 {
    let below = BOUNDS.iter().filter(|bound| **bound < seconds).count();
    i16::try_from(below).unwrap_or(i16::MAX)
}

/// Everything that is counted, here and in the tables of tasks, model calls and webhooks.
pub async fn all(db: &Connection) -> Result<Vec<Sample>> {
    let sql = "-- metrics::all
        select name, labels, bucket, sum(count)::bigint as count, sum(seconds)::float8 as seconds from (
            select name, labels, bucket, count, seconds from metrics
            union all
            select name, labels, bucket, count, seconds from lookup.metrics($1)) m
         group by name, labels, bucket
        union all
        select 'http_requests_in_progress', array[method, endpoint], (-1)::smallint, greatest(sum(open), 0)::bigint, 0
          from requests_open where minute > now() - interval '16 minutes' group by method, endpoint
         order by name, labels, bucket";
    let rows = db.rows(sql, &[&BOUNDS.as_slice()]).await?;
    let samples = rows.iter().map(|row| {
        Ok(Sample {
            name: row.try_get("name")?,
            labels: row.try_get("labels")?,
            bucket: usize::try_from(row.try_get::<_, i16>("bucket")?).ok(),
            count: row.try_get("count")?,
            seconds: row.try_get("seconds")?,
        })
    });
    samples.collect()
}

/// Forgets minutes in which no request can be under way any more. Answers how many rows.
pub async fn forget(db: &Connection) -> Result<usize> {
    let sql = "-- metrics::forget
        delete from requests_open where minute < now() - interval '1 hour' returning 1";
    Ok(db.rows(sql, &[]).await?.len())
}
