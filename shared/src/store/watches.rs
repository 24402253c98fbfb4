//! The `watches` table: what the providers promised to tell us of, until when.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::{Connection, Tenant};
use crate::error::Result;
use crate::model::UserId;
use crate::model::watch::{Source, State, Watch};

/// A watch that is about to be asked for.
pub struct New<'a> {
    pub source: Source,
    /// Empty for Gmail.
    pub channel_id: &'a str,
    pub target: &'a str,
    pub token_hash: Option<&'a [u8]>,
}

/// Writes down that the provider is being asked. What was known of a watch with the same id is kept.
pub async fn ask(db: &Tenant<'_>, new: &New<'_>, now: Timestamp) -> Result<()> {
    let sql = "-- watches::ask
        insert into watches (user_id, source, channel_id, target, token_hash, state, asked_at)
        values ($1, $2, $3, $4, $5, 'asked', $6)
        on conflict (user_id, source, channel_id) do nothing";
    db.execute(sql, &[&db.owner.0, &new.source.name(), &new.channel_id, &new.target, &new.token_hash, &now]).await?;
    Ok(())
}

/// What the provider promised.
pub struct Promise<'a> {
    pub target: &'a str,
    pub resource_id: Option<&'a str>,
    pub expires_at: Timestamp,
}

pub async fn live(
    db: &Tenant<'_>,
    source: Source,
    channel_id: &str,
    promise: &Promise<'_>,
    now: Timestamp,
) -> Result<()> {
    let sql = "-- watches::live
        update watches set state = 'live', target = $4, resource_id = coalesce($5, resource_id), expires_at = $6, asked_at = $7,
               last_error = null
         where user_id = $1 and source = $2 and channel_id = $3";
    let Promise { target, resource_id, expires_at } = promise;
    db.execute(sql, &[&db.owner.0, &source.name(), &channel_id, target, resource_id, expires_at, &now]).await?;
    Ok(())
}

/// Keeps why it did not work. One that was live before goes on until its end.
pub async fn put_error(
    db: &Tenant<'_>,
    source: Source,
    channel_id: &str,
    state: State,
    error: &str,
    now: Timestamp,
) -> Result<()> {
    let sql = "-- watches::put_error
        update watches set state = case when state = 'live' then state else $4 end, last_error = $5,
               asked_at = case when state = 'live' then asked_at else $6 end
         where user_id = $1 and source = $2 and channel_id = $3";
    db.execute(sql, &[&db.owner.0, &source.name(), &channel_id, &state.name(), &error, &now]).await?;
    Ok(())
}

/// The newest first.
pub async fn list(db: &Tenant<'_>) -> Result<Vec<Watch>> {
    let sql = "-- watches::list
        select source, state, channel_id, target, resource_id, expires_at, confirmed_at, last_error, asked_at
          from watches where user_id = $1 order by source desc, expires_at desc nulls last, asked_at desc, channel_id";
    db.rows(sql, &[&db.owner.0]).await?.iter().map(watch).collect()
}

pub async fn delete(db: &Tenant<'_>, source: Source, channel_id: &str) -> Result<()> {
    let sql = "-- watches::delete\ndelete from watches where user_id = $1 and source = $2 and channel_id = $3";
    db.execute(sql, &[&db.owner.0, &source.name(), &channel_id]).await?;
    Ok(())
}

/// Forgets all of an advisor's: none of them can be spoken of to the provider any more.
pub async fn forget(db: &Tenant<'_>) -> Result<()> {
    db.execute("-- watches::forget\ndelete from watches where user_id = $1", &[&db.owner.0]).await?;
    Ok(())
}

/// Remembers that the provider was heard from, and how it calls what it watches.
pub async fn confirm(db: &Tenant<'_>, channel_id: &str, resource_id: Option<&str>, now: Timestamp) -> Result<()> {
    let sql = "-- watches::confirm
        update watches set confirmed_at = coalesce(confirmed_at, $4), resource_id = coalesce(resource_id, $3)
         where user_id = $1 and source = 'calendar' and channel_id = $2";
    db.execute(sql, &[&db.owner.0, &channel_id, &resource_id, &now]).await?;
    Ok(())
}

/// Takes note of a history id that was pushed; `false` when a later one was pushed before, so that this one says nothing new.
pub async fn pushed(db: &Tenant<'_>, history_id: u64, now: Timestamp) -> Result<bool> {
    let history_id = i64::try_from(history_id).unwrap_or(i64::MAX);
    let sql = "-- watches::pushed
        update watches w set pushed_history_id = greatest(w.pushed_history_id, $2), confirmed_at = coalesce(w.confirmed_at, $3)
          from (select user_id, pushed_history_id as before from watches
                 where user_id = $1 and source = 'gmail' and channel_id = '' for update) known
         where w.user_id = known.user_id and w.source = 'gmail' and w.channel_id = ''
        returning coalesce(known.before >= $2, false) as stale";
    match db.maybe(sql, &[&db.owner.0, &history_id, &now]).await? {
        Some(row) => Ok(!row.try_get::<_, bool>("stale")?),
        // A watch we know nothing of tells the truth all the same.
        None => Ok(true),
    }
}

/// Whose channel it is, with the hash of its token and the resource it is for, if that is known.
pub struct Channel {
    pub user: UserId,
    pub token_hash: Vec<u8>,
    pub resource_id: Option<String>,
}

pub async fn channel(db: &Connection, channel_id: &str) -> Result<Option<Channel>> {
    let sql = "-- watches::channel\nselect user_id, token_hash, resource_id from lookup.watch($1)";
    let Some(row) = db.maybe(sql, &[&channel_id]).await? else { return Ok(None) };
    Ok(Some(Channel {
        user: UserId(row.try_get("user_id")?),
        token_hash: row.try_get::<_, Option<Vec<u8>>>("token_hash")?.unwrap_or_default(),
        resource_id: row.try_get("resource_id")?,
    }))
}

/// What should be watched, where its messages should go, and which scopes let it be watched.
pub struct Wanted<'a> {
    pub gmail: Option<&'a str>,
    pub gmail_scopes: &'a [&'a str],
    pub calendar: Option<&'a str>,
    pub calendar_scopes: &'a [&'a str],
}

/// Who has no such watch, or one that ends within `margin`, or one of Gmail's that is older than `every`.
pub async fn due(
    db: &Connection,
    wanted: &Wanted<'_>,
    now: Timestamp,
    margin: SignedDuration,
    every: SignedDuration,
    most: i32,
) -> Result<Vec<UserId>> {
    let sql = "-- watches::due
        select lookup.due_watches($1, $2, $3, $4, $5, make_interval(secs => $6), make_interval(secs => $7), $8) as user_id";
    let Wanted { gmail, gmail_scopes, calendar, calendar_scopes } = wanted;
    let (margin, every) = (margin.as_secs_f64(), every.as_secs_f64());
    let rows = db.rows(sql, &[gmail, gmail_scopes, calendar, calendar_scopes, &now, &margin, &every, &most]).await?;
    rows.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
}

fn watch(row: &Row) -> Result<Watch> {
    Ok(Watch {
        source: row.try_get::<_, &str>("source")?.parse()?,
        state: row.try_get::<_, &str>("state")?.parse()?,
        channel_id: row.try_get("channel_id")?,
        target: row.try_get("target")?,
        resource_id: row.try_get("resource_id")?,
        expires_at: row.try_get("expires_at")?,
        confirmed_at: row.try_get("confirmed_at")?,
        last_error: row.try_get("last_error")?,
        asked_at: row.try_get("asked_at")?,
    })
}
