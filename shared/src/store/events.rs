//! The `events` table: what happened in the practice.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;
use crate::model::EventId;
use crate::model::event::{Event, NewEvent, Source};

/// Keeps an event; nothing when it is known already.
pub async fn add(db: &Tenant<'_>, event: &NewEvent) -> Result<Option<EventId>> {
    let sql = "-- events::add
        insert into events (user_id, source, event_type, subject_id, dedupe_key, facts, depth, occurred_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict on constraint events_dedupe_key do nothing returning id";
    let NewEvent { source, event_type, subject_id, dedupe_key, facts, depth, occurred_at } = event;
    let facts = serde_json::to_value(facts)?;
    let row = db
        .maybe(sql, &[&db.owner.0, &source.name(), event_type, subject_id, dedupe_key, &facts, depth, occurred_at])
        .await?;
    Ok(row.map(|row| row.try_get("id").map(EventId)).transpose()?)
}

const COLUMNS: &str = "id, event_type, subject_id, facts, depth, occurred_at, created_at";

pub async fn get(db: &Tenant<'_>, id: EventId) -> Result<Option<Event>> {
    let sql = format!("-- events::get\nselect {COLUMNS} from events where user_id = $1 and id = $2");
    db.maybe(&sql, &[&db.owner.0, &id.0]).await?.as_ref().map(event).transpose()
}

/// An event no standing instruction has looked at yet, which nobody else looks at until the transaction ends.
pub async fn lock_new(db: &Tenant<'_>, id: EventId) -> Result<Option<Event>> {
    let sql = format!(
        "-- events::lock_new
        select {COLUMNS} from events where user_id = $1 and id = $2 and handled_at is null for update"
    );
    db.maybe(&sql, &[&db.owner.0, &id.0]).await?.as_ref().map(event).transpose()
}

/// All standing instructions have looked at it.
pub async fn handled(db: &Tenant<'_>, id: EventId) -> Result<()> {
    let sql = "-- events::handled\nupdate events set handled_at = now() where user_id = $1 and id = $2";
    db.execute(sql, &[&db.owner.0, &id.0]).await?;
    Ok(())
}

/// The newest that happened since.
pub async fn since(db: &Tenant<'_>, since: Timestamp, limit: i64) -> Result<Vec<Event>> {
    let sql = format!(
        "-- events::since
        select {COLUMNS} from events where user_id = $1 and occurred_at >= $2 order by id desc limit $3"
    );
    db.rows(&sql, &[&db.owner.0, &since, &limit]).await?.iter().map(event).collect()
}

/// The newest of types that match `like`, a pattern of SQL's `LIKE`.
pub async fn newest(db: &Tenant<'_>, like: &str, limit: i64) -> Result<Vec<Event>> {
    let sql = format!(
        "-- events::newest
        select {COLUMNS} from events where user_id = $1 and event_type like $2 order by id desc limit $3"
    );
    db.rows(&sql, &[&db.owner.0, &like, &limit]).await?.iter().map(event).collect()
}

/// Forgets everything about these subjects: they were erased where they came from.
pub async fn forget(db: &Tenant<'_>, source: Source, subject_ids: &[String]) -> Result<u64> {
    let sql = "-- events::forget\ndelete from events where user_id = $1 and source = $2 and subject_id = any($3)";
    db.execute(sql, &[&db.owner.0, &source.name(), &subject_ids]).await
}

/// The same for records of one type of HubSpot's, whose ids may be those of records of another type. That they were erased is
/// said in no words but a number, and stays.
pub async fn forget_records(db: &Tenant<'_>, object_type: &str, ids: &[String]) -> Result<u64> {
    let sql = "-- events::forget_records
        delete from events where user_id = $1 and source = 'hubspot' and subject_id = any($3) and facts->>'object_type' = $2
           and (facts->>'name' <> '' or facts->>'email' is not null)";
    db.execute(sql, &[&db.owner.0, &object_type, &ids]).await
}

fn event(row: &Row) -> Result<Event> {
    Ok(Event {
        id: EventId(row.try_get("id")?),
        event_type: row.try_get("event_type")?,
        subject_id: row.try_get("subject_id")?,
        facts: serde_json::from_value(row.try_get("facts")?)?,
        depth: row.try_get("depth")?,
        occurred_at: row.try_get("occurred_at")?,
        created_at: row.try_get("created_at")?,
    })
}
