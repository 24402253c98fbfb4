//! The `erasures` table: what is known of accounts that are gone, without saying whose they were.

use jiff::Timestamp;
use serde_json::Value;

use super::{Connection, Tenant};
use crate::error::Result;
use crate::model::UserId;
use crate::model::user::Provider;

/// An erasure, as the receipt shows it.
pub struct Erasure {
    pub asked_at: Timestamp,
    pub erased_at: Option<Timestamp>,
    /// Rows that are gone, by table.
    pub counts: Value,
    /// Which providers heard that the consent is over.
    pub told: Value,
}

pub async fn begin(db: &Tenant<'_>, receipt_hash: &[u8]) -> Result<()> {
    db.execute("-- erasures::begin\ninsert into erasures (receipt_hash) values ($1)", &[&receipt_hash]).await?;
    Ok(())
}

/// So many rows of this table are gone: written with their end, or not at all.
pub async fn count(db: &Tenant<'_>, receipt_hash: &[u8], table: &str, rows: u64) -> Result<()> {
    let sql = "-- erasures::count
        update erasures set counts = jsonb_set(counts, array[$2], to_jsonb(coalesce((counts ->> $2)::bigint, 0) + $3))
         where receipt_hash = $1";
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    db.execute(sql, &[&receipt_hash, &table, &rows]).await?;
    Ok(())
}

/// Whether this provider heard of it.
pub async fn told(db: &Tenant<'_>, receipt_hash: &[u8], provider: Provider, told: bool) -> Result<()> {
    let sql = "-- erasures::told
        update erasures set told = jsonb_set(told, array[$2], to_jsonb($3::boolean)) where receipt_hash = $1";
    db.execute(sql, &[&receipt_hash, &provider.code(), &told]).await?;
    Ok(())
}

pub async fn finish(db: &Tenant<'_>, receipt_hash: &[u8]) -> Result<()> {
    db.execute("-- erasures::finish\nupdate erasures set erased_at = now() where receipt_hash = $1", &[&receipt_hash])
        .await?;
    Ok(())
}

pub async fn get(db: &Connection, receipt_hash: &[u8]) -> Result<Option<Erasure>> {
    let sql = "-- erasures::get\nselect asked_at, erased_at, counts, told from erasures where receipt_hash = $1";
    let Some(row) = db.maybe(sql, &[&receipt_hash]).await? else { return Ok(None) };
    Ok(Some(Erasure {
        asked_at: row.try_get("asked_at")?,
        erased_at: row.try_get("erased_at")?,
        counts: row.try_get("counts")?,
        told: row.try_get("told")?,
    }))
}

/// Those that no task sees to.
pub async fn due(db: &Connection, quiet: std::time::Duration, most: i32) -> Result<Vec<UserId>> {
    let sql = "-- erasures::due\nselect lookup.due_erasures(make_interval(secs => $1), $2) as user_id";
    let rows = db.rows(sql, &[&quiet.as_secs_f64(), &most]).await?;
    rows.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
}

/// Receipts nobody needs any more.
pub async fn forget(db: &Connection, before: Timestamp) -> Result<()> {
    db.rows("-- erasures::forget\ndelete from erasures where erased_at < $1 returning 1", &[&before]).await?;
    Ok(())
}
