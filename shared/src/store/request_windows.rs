//! The `request_windows` table: how often somebody called in their current minute. A call's session is looked up in the same
//! statement, so that to count a call costs no round trip of its own.

use std::time::Duration;

use jiff::Timestamp;

use super::Connection;
use super::sessions::{self, Token};
use crate::error::Result;

/// One call that wants to be let in.
pub struct Arrival<'a> {
    /// Of the session token, if it came with one.
    pub token_hash: Option<&'a [u8]>,
    /// Of the address it came from.
    pub key: &'a str,
    /// Calls in a minute, of one address and of one advisor; 0 for any number.
    pub most: u32,
    pub method: &'a str,
    pub endpoint: &'a str,
    pub at: Timestamp,
}

/// What is known of the caller.
pub struct Admitted {
    pub token: Option<Token>,
    pub address: Option<Window>,
    pub advisor: Option<Window>,
}

/// A caller's current minute, this call included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// At most one more than is allowed.
    pub spent: u32,
    /// Until the next one begins.
    pub left: Duration,
}

pub async fn admit(db: &Connection, arrival: &Arrival<'_>) -> Result<Admitted> {
    let sql = "-- request_windows::admit
        with who as materialized (select * from lookup.session($1)),
        opened as (
            insert into requests_open as o (minute, method, endpoint, shard, open)
            values (date_trunc('minute', $2::timestamptz), $3, $4, floor(random() * 8), 1)
            on conflict (minute, method, endpoint, shard) do update set open = o.open + 1),
        callers as (
            select 1 as place, $5::text as key
            union all
            select 2, 'user:' || left(encode(sha256(user_id::text::bytea), 'hex'), 24)
              from who where not revoked and expires_at > now()),
        spent as (
            insert into request_windows as w (key, started_at, spent)
            select key, now(), 1 from callers where $6::integer > 0 order by place
            on conflict (key) do update
               set started_at = case when w.started_at <= now() - interval '1 minute' then now() else w.started_at end,
                   spent = case when w.started_at <= now() - interval '1 minute' then 1 else least(w.spent, $6) + 1 end
            returning key, spent, extract(epoch from started_at + interval '1 minute' - now())::float8 as seconds)
        select who.user_id, who.session_id, who.generation, who.newest, who.newest_used, who.issued_at, who.first_used,
               who.superseded_at, who.forgiven, who.expires_at, who.revoked,
               a.spent as address_spent, a.seconds as address_left, u.spent as advisor_spent, u.seconds as advisor_left
          from (values (1)) one (call)
          left join who on true
          left join spent a on a.key = $5
          left join spent u on u.key <> $5";
    let most = i32::try_from(arrival.most).unwrap_or(i32::MAX - 1);
    let row = db
        .row(sql, &[&arrival.token_hash, &arrival.at, &arrival.method, &arrival.endpoint, &arrival.key, &most])
        .await?;
    let window = |spent: &str, left: &str| -> Result<Option<Window>> {
        let Some(spent) = row.try_get::<_, Option<i32>>(spent)? else { return Ok(None) };
        let left = Duration::try_from_secs_f64(row.try_get(left)?).unwrap_or_default();
        Ok(Some(Window { spent: u32::try_from(spent).unwrap_or_default(), left }))
    };
    Ok(Admitted {
        token: row.try_get::<_, Option<i64>>("user_id")?.map(|_| sessions::token(&row)).transpose()?,
        address: window("address_spent", "address_left")?,
        advisor: window("advisor_spent", "advisor_left")?,
    })
}

/// Takes `cost` of the `most` of one minute; else how long until the next one begins. What is more than all of it passes when
/// nothing else does.
pub async fn take(db: &Connection, key: &str, cost: u32, most: u32) -> Result<Option<Duration>> {
    let sql = "-- request_windows::take
        with taken as (
            insert into request_windows as w (key, started_at, spent) values ($1, now(), $2)
            on conflict (key) do update
               set started_at = case when w.started_at <= now() - interval '1 minute' then now() else w.started_at end,
                   spent = case when w.started_at <= now() - interval '1 minute' then $2 else w.spent + $2 end
             where w.started_at <= now() - interval '1 minute' or w.spent + $2 <= $3
            returning 1)
        select exists (select from taken) as taken,
               (select extract(epoch from started_at + interval '1 minute' - now())::float8
                  from request_windows where key = $1) as seconds";
    let [cost, most] = [cost, most].map(|number| i32::try_from(number).unwrap_or(i32::MAX / 2));
    let row = db.row(sql, &[&key, &cost, &most]).await?;
    let wait =
        Duration::try_from_secs_f64(row.try_get::<_, Option<f64>>("seconds")?.unwrap_or(0.0)).unwrap_or_default();
    Ok((!row.try_get::<_, bool>("taken")?).then_some(wait))
}

/// Forgets minutes that are over. Answers how many.
pub async fn forget(db: &Connection) -> Result<usize> {
    let sql = "-- request_windows::forget
        delete from request_windows where started_at < now() - interval '10 minutes' returning 1";
    Ok(db.rows(sql, &[]).await?.len())
}
