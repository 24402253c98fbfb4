//! The `rate_limits` table: buckets shared by all instances (GCRA: one time stamp for each key).

use std::time::Duration;

use super::Connection;
use crate::error::Result;

/// Takes `cost` from the bucket of `key`, which refills one unit every `interval` and holds `burst` units.
/// `None` when there was enough, else how long until there is.
pub async fn take(db: &Connection, key: &str, cost: u32, interval: Duration, burst: u32) -> Result<Option<Duration>> {
    let sql = "-- rate_limits::take
        with spent as (
            insert into rate_limits as l (key, arrives_at) values ($1, now() + make_interval(secs => $2))
            on conflict (key) do update set arrives_at = greatest(l.arrives_at, now()) + make_interval(secs => $2)
             where greatest(l.arrives_at, now()) + make_interval(secs => $2) <= now() + make_interval(secs => $3)
            returning 1)
        select exists (select from spent) as enough,
               greatest(0, extract(epoch from coalesce((select arrives_at from rate_limits where key = $1), now())
                                   + make_interval(secs => $2 - $3) - now()))::float8 as wait";
    let cost = interval.as_secs_f64() * f64::from(cost);
    // Never so small that one request could not pass at all.
    let burst = (interval.as_secs_f64() * f64::from(burst)).max(cost);
    let row = db.row(sql, &[&key, &cost, &burst]).await?;
    let wait = Duration::from_secs_f64(row.try_get::<_, f64>("wait")?.max(0.001));
    Ok((!row.try_get::<_, bool>("enough")?).then_some(wait))
}

/// Forgets buckets that have long been full. Answers how many.
pub async fn forget(db: &Connection) -> Result<usize> {
    let sql = "-- rate_limits::forget
        delete from rate_limits where arrives_at < now() - interval '1 day' returning 1";
    Ok(db.rows(sql, &[]).await?.len())
}
