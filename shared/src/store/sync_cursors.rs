//! The `sync_cursors` table: how far each source has been read, and how that went.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;

/// What one step of a sync adds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Step {
    /// Records read from the provider.
    pub fetched: i64,
    /// Records written.
    pub stored: i64,
    pub expected: Option<i64>,
    /// Everything there was has now been read.
    pub complete: bool,
}

/// Where to go on; the default when nothing was read yet.
pub async fn get<C: DeserializeOwned + Default>(db: &Tenant<'_>, source: &str) -> Result<C> {
    let sql = "-- sync_cursors::get\nselect cursor from sync_cursors where user_id = $1 and source = $2";
    match db.maybe(sql, &[&db.owner.0, &source]).await? {
        // A cursor that cannot be read any more is no cursor: the source is read again from the start.
        Some(row) => Ok(serde_json::from_value(row.try_get("cursor")?).unwrap_or_default()),
        None => Ok(C::default()),
    }
}

/// Moves the cursor: the last write of a step, in the same transaction as what was read.
pub async fn put<C: Serialize>(db: &Tenant<'_>, source: &str, cursor: &C, step: Step) -> Result<()> {
    let sql = "-- sync_cursors::put
        insert into sync_cursors as c (user_id, source, cursor, fetched, stored, expected, synced_at)
        values ($1, $2, $3, $4, $5, $6, case when $7 then now() end)
        on conflict (user_id, source) do update
           set cursor = excluded.cursor, fetched = c.fetched + $4, stored = c.stored + $5,
               expected = coalesce(excluded.expected, c.expected), last_error = null,
               synced_at = coalesce(excluded.synced_at, c.synced_at), updated_at = now()";
    let cursor = serde_json::to_value(cursor)?;
    db.execute(sql, &[&db.owner.0, &source, &cursor, &step.fetched, &step.stored, &step.expected, &step.complete])
        .await?;
    Ok(())
}

pub async fn put_error(db: &Tenant<'_>, source: &str, error: &str) -> Result<()> {
    let sql = "-- sync_cursors::put_error
        insert into sync_cursors (user_id, source, last_error) values ($1, $2, $3)
        on conflict (user_id, source) do update set last_error = excluded.last_error, updated_at = now()";
    db.execute(sql, &[&db.owner.0, &source, &error]).await?;
    Ok(())
}

/// Forgets where the reading stood, so that it begins again; what was stored stays.
pub async fn restart(db: &Tenant<'_>, source: &str) -> Result<()> {
    let sql = "-- sync_cursors::restart
        update sync_cursors set cursor = '{}', fetched = 0, stored = 0, expected = null, last_error = null, synced_at = null, updated_at = now()
         where user_id = $1 and source = $2";
    db.execute(sql, &[&db.owner.0, &source]).await?;
    Ok(())
}

/// How the reading of one source goes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Progress {
    pub source: String,
    pub fetched: i64,
    pub stored: i64,
    pub expected: Option<i64>,
    pub last_error: Option<String>,
    pub synced_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

pub async fn progress(db: &Tenant<'_>) -> Result<Vec<Progress>> {
    let sql = "-- sync_cursors::progress
        select source, fetched, stored, expected, last_error, synced_at, updated_at
          from sync_cursors where user_id = $1 order by source";
    db.rows(sql, &[&db.owner.0]).await?.iter().map(row_progress).collect()
}

fn row_progress(row: &Row) -> Result<Progress> {
    Ok(Progress {
        source: row.try_get("source")?,
        fetched: row.try_get("fetched")?,
        stored: row.try_get("stored")?,
        expected: row.try_get("expected")?,
        last_error: row.try_get("last_error")?,
        synced_at: row.try_get("synced_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
