//! What the three writes to the calendar have in common.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::clients::calendar::event_of;
use crate::domain::actions::ledger::Landed;
use crate::domain::knowledge::{documents, mail_text};
use crate::error::Result;
use crate::model::document::Kind;
use crate::store::{self, Tenant, calendar_events, users};

pub(super) fn landed(raw: &Value, id: &str) -> Landed {
    Landed { provider_ref: reference(id), response: raw.clone() }
}

/// An event among everybody's records.
pub(super) fn reference(id: &str) -> String {
    format!("calendar:events:{id}")
}

/// A moment as Google wants it; what was a whole day is none any more.
pub(super) fn time(at: Timestamp, time_zone: &str) -> Value {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let text = at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    json!({ "dateTime": text, "timeZone": time_zone })
}

/// Of a start or an end as Google gives it: the moment or the day.
pub(super) fn shown(time: &Value) -> Value {
    let either = [&time["dateTime"], &time["date"]];
    either.into_iter().find(|value| !value.is_null()).cloned().unwrap_or_default()
}

pub(super) fn guests(raw: &Value) -> Vec<&str> {
    let all = raw["attendees"].as_array().into_iter().flatten();
    all.filter(|person| person["self"] != true && person["resource"] != true)
        .filter_map(|person| person["email"].as_str())
        .collect()
}

pub(super) fn is_off(raw: &Value) -> bool {
    raw["status"] == "cancelled"
}

/// The moment a start or an end names.
pub(super) fn instant(time: &Value) -> Option<Timestamp> {
    time["dateTime"].as_str()?.parse().ok()
}

/// Our copy of an event, as the readings keep it.
pub(super) async fn keep(db: &Tenant<'_>, raw: &Value) -> Result<()> {
    let mut event = event_of(raw)?;
    let ids = [event.google_id.clone()];
    if event.is_cancelled() {
        store::documents::delete(db, Kind::Calendar, &ids).await?;
        if event.series.is_none() {
            calendar_events::delete(db, &ids).await?;
            calendar_events::doubt_dates(db, &ids).await?;
            return Ok(());
        }
    }
    event.description = mail_text::plain(&event.description);
    let reading = calendar_events::newest_reading(db).await?;
    calendar_events::put(db, &event, reading).await?;
    // A date of a series that is off stays, so that the series does not show it.
    if event.is_cancelled() {
        return Ok(());
    }
    let user = users::get(db).await?;
    let zone = user.and_then(|user| TimeZone::get(&user.time_zone).ok()).unwrap_or(TimeZone::UTC);
    documents::put(db, &documents::of_event(&event, &zone)).await?;
    Ok(())
}
