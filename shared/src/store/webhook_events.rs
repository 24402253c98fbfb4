//! The `webhook_events` table: what the providers told us, each delivery once.

use jiff::Timestamp;
use serde_json::Value;

use super::{Connection, Tenant};
use crate::error::Result;
use crate::model::TaskId;
use crate::model::event::Source;
use crate::telemetry::family::WEBHOOK_EVENTS;

/// One event of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered {
    /// The same for the same event, however often it is delivered.
    pub dedupe_key: String,
    pub event_type: String,
    pub payload: Value,
    pub occurred_at: Timestamp,
}

/// Keeps what is new, and answers its keys.
pub async fn add(db: &Tenant<'_>, source: Source, delivered: &[Delivered]) -> Result<Vec<String>> {
    // Always in the same order: two copies of one delivery wait for each other and never in a circle.
    let mut sorted: Vec<&Delivered> = delivered.iter().collect();
    sorted.sort_by(|one, other| one.dedupe_key.cmp(&other.dedupe_key));
    let keys: Vec<&str> = sorted.iter().map(|event| event.dedupe_key.as_str()).collect();
    let types: Vec<&str> = sorted.iter().map(|event| event.event_type.as_str()).collect();
    let payloads: Vec<&Value> = sorted.iter().map(|event| &event.payload).collect();
    let times: Vec<Timestamp> = sorted.iter().map(|event| event.occurred_at).collect();
    let sql = "-- webhook_events::add
        insert into webhook_events (user_id, source, dedupe_key, event_type, payload, occurred_at)
        select $1, $2, n.dedupe_key, n.event_type, n.payload, n.occurred_at
          from unnest($3::text[], $4::text[], $5::jsonb[], $6::timestamptz[])
               with ordinality as n (dedupe_key, event_type, payload, occurred_at, at)
         order by n.at
        on conflict on constraint webhook_events_dedupe_key do nothing
        returning dedupe_key";
    let rows = db.rows(sql, &[&db.owner.0, &source.name(), &keys, &types, &payloads, &times]).await?;
    let new: Vec<String> = rows.iter().map(|row| row.try_get("dedupe_key")).collect::<Result<_, _>>()?;
    for event in sorted.iter().filter(|event| new.contains(&event.dedupe_key)) {
        db.count(&WEBHOOK_EVENTS, &[source.name(), known(&event.event_type)], 1);
    }
    Ok(new)
}

/// A kind of event as it is counted: as many as there are in this list, whatever providers come up with.
fn known(event_type: &str) -> &str {
    let (object, change) = event_type.split_once('.').unwrap_or_default();
    let is_known = match object {
        "gmail" | "calendar" => change == "push",
        "contact" | "company" | "deal" | "object" => {
            ["creation", "deletion", "merge", "restore", "propertyChange", "associationChange", "privacyDeletion"]
                .contains(&change)
        }
        _ => false,
    };
    if is_known { event_type } else { "other" }
}

/// Notes which task sees to them.
pub async fn put_task(db: &Tenant<'_>, source: Source, dedupe_keys: &[impl AsRef<str>], task: TaskId) -> Result<()> {
    let sql = "-- webhook_events::put_task
        update webhook_events set task_id = $4 where user_id = $1 and source = $2 and dedupe_key = any($3)";
    let dedupe_keys: Vec<&str> = dedupe_keys.iter().map(AsRef::as_ref).collect();
    db.execute(sql, &[&db.owner.0, &source.name(), &dedupe_keys, &task.0]).await?;
    Ok(())
}

/// How many deliveries are remembered, of all advisors.
pub async fn remembered(db: &Connection) -> Result<i64> {
    let sql = "-- webhook_events::remembered
        select coalesce(sum(remembered), 0)::bigint from lookup.webhook_totals()";
    Ok(db.row(sql, &[]).await?.try_get(0)?)
}

/// Forgets what is older; no provider delivers that late. Answers how many.
pub async fn forget(db: &Connection, before: Timestamp, most: i32) -> Result<i64> {
    let sql = "-- webhook_events::forget\nselect lookup.forget_webhook_events($1, $2)";
    Ok(db.row(sql, &[&before, &most]).await?.try_get(0)?)
}
