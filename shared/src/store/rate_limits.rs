//! The `rate_limits` table: buckets shared by all instances (GCRA: one time stamp for each key), and hours that are counted
//! one by one.

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

/// Takes one of the `most` that `key` has in any stretch of `window`. `None` when there was one, else how long until there is.
/// Whoever comes at the same moment waits for the row, so that none slips in between.
pub async fn take_within(db: &Connection, key: &str, most: u32, window: Duration) -> Result<Option<Duration>> {
    let sql = "-- rate_limits::take_within
        with taken as (
            insert into rate_limits as l (key, arrives_at, taken)
            values ($1, clock_timestamp() + make_interval(secs => $3), array[clock_timestamp()])
            on conflict (key) do update
               set taken = array(select at from unnest(l.taken) at
                                  where at > clock_timestamp() - make_interval(secs => $3) order by at) || clock_timestamp(),
                   arrives_at = clock_timestamp() + make_interval(secs => $3)
             where (select count(*) from unnest(l.taken) at
                     where at > clock_timestamp() - make_interval(secs => $3)) < $2
            returning 1)
        select exists (select from taken) as enough,
               coalesce((select extract(epoch from min(at) + make_interval(secs => $3) - clock_timestamp())
                           from rate_limits l, unnest(l.taken) at
                          where l.key = $1 and at > clock_timestamp() - make_interval(secs => $3)), 0)::float8 as wait";
    let row = db.row(sql, &[&key, &i64::from(most), &window.as_secs_f64()]).await?;
    let wait = Duration::from_secs_f64(row.try_get::<_, f64>("wait")?.max(0.001));
    Ok((!row.try_get::<_, bool>("enough")?).then_some(wait))
}

/// Closes the bucket of `key` for so long, if it is not closed for longer already.
pub async fn close(db: &Connection, key: &str, wait: Duration) -> Result<()> {
    let sql = "-- rate_limits::close
        insert into rate_limits as l (key, arrives_at) values ($1, now() + make_interval(secs => $2))
        on conflict (key) do update set arrives_at = greatest(l.arrives_at, excluded.arrives_at) returning 1";
    db.row(sql, &[&key, &wait.as_secs_f64()]).await?;
    Ok(())
}

/// How long the bucket of `key` stays closed, if it is.
pub async fn closed(db: &Connection, key: &str) -> Result<Option<Duration>> {
    let sql = "-- rate_limits::closed
        select extract(epoch from arrives_at - now())::float8 as wait from rate_limits where key = $1 and arrives_at > now()";
    let row = db.maybe(sql, &[&key]).await?;
    row.map(|row| Ok(Duration::try_from_secs_f64(row.try_get("wait")?).unwrap_or_default())).transpose()
}

/// Forgets buckets that have long been full. Answers how many.
pub async fn forget(db: &Connection) -> Result<usize> {
    let sql = "-- rate_limits::forget
        delete from rate_limits where arrives_at < now() - interval '1 day' returning 1";
    Ok(db.rows(sql, &[]).await?.len())
}
