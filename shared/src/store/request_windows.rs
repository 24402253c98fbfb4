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

/// What is to be taken of one minute.
pub struct Wanted {
    pub key: String,
    pub cost: u32,
    pub most: u32,
}

/// Why nothing was taken, and how long that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The bucket of `rate_limits` is closed.
    Closed(Duration),
    /// Too little is left of one of the minutes.
    Spent(Duration),
}

// Rows are locked in the order they are asked for: two calls at once never wait for each other. What somebody else takes
// meanwhile is found when the row is locked, and what was taken before it in the list stays taken.
pub(crate) const TAKE_ALL: &str = "-- request_windows::take_all
    with closed as materialized (
        select extract(epoch from arrives_at - now())::float8 as seconds from rate_limits where key = $1 and arrives_at > now()),
    wanted as materialized (
        select key, cost, most, place
          from unnest($2::text[], $3::integer[], $4::integer[]) with ordinality as n (key, cost, most, place)),
    short as materialized (
        select n.place, w.seconds from wanted n
         cross join lateral (
               select extract(epoch from started_at + interval '1 minute' - now())::float8 as seconds from request_windows
                where key = n.key and started_at > now() - interval '1 minute' and spent + n.cost > n.most limit 1) w),
    taken as (
        insert into request_windows as w (key, started_at, spent)
        select key, now(), cost from wanted
         where not exists (select from closed) and not exists (select from short) order by place
        on conflict (key) do update
           set started_at = case when w.started_at <= now() - interval '1 minute' then now() else w.started_at end,
               spent = case when w.started_at <= now() - interval '1 minute' then excluded.spent
                            else w.spent + excluded.spent end
         where w.started_at <= now() - interval '1 minute'
            or w.spent + excluded.spent <= (select n.most from wanted n where n.key = w.key)
        returning key)
    select (select seconds from closed) as closed, (select count(*) from taken) = cardinality($2) as taken,
           coalesce((select seconds from short order by place limit 1),
                    (select w.seconds from wanted n
                      cross join lateral (
                            select extract(epoch from started_at + interval '1 minute' - now())::float8 as seconds
                              from request_windows where key = n.key limit 1) w
                      where n.key not in (select key from taken) order by n.place limit 1), 0) as spent";

/// Takes from each of these minutes what is wanted, all or nothing, unless the bucket `closed` of `rate_limits` is closed. What is
/// more than all of a minute passes when nothing else does.
pub async fn take_all(db: &Connection, closed: &str, wanted: &[Wanted]) -> Result<Option<Refused>> {
    let keys: Vec<&str> = wanted.iter().map(|wanted| wanted.key.as_str()).collect();
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX / 2);
    let costs: Vec<i32> = wanted.iter().map(|wanted| number(wanted.cost)).collect();
    let most: Vec<i32> = wanted.iter().map(|wanted| number(wanted.most)).collect();
    let row = db.row(TAKE_ALL, &[&closed, &keys, &costs, &most]).await?;
    let wait = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    if let Some(seconds) = row.try_get("closed")? {
        return Ok(Some(Refused::Closed(wait(seconds))));
    }
    let spent = wait(row.try_get("spent")?);
    Ok((!row.try_get::<_, bool>("taken")?).then_some(Refused::Spent(spent)))
}

/// Forgets minutes that are over. Answers how many.
pub async fn forget(db: &Connection) -> Result<usize> {
    let sql = "-- request_windows::forget
        delete from request_windows where started_at < now() - interval '10 minutes' returning 1";
    Ok(db.rows(sql, &[]).await?.len())
}
