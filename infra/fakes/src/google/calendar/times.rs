//! `start` and `end`: checking what a client sends, and writing times in a zone.

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::store::{Event, instant, span};

/// RFC 3339 with the zone's offset.
pub(super) fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned(zone.clone());
    if zoned.offset().is_zero() {
        return zoned.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    }
    zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn bad(reason: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, reason, message)
}

/// Checks both ends of an event and writes them in the calendar's zone.
pub(super) fn settle(event: &mut Event, calendar_zone: &str) -> Result<(), Refusal> {
    let zone = TimeZone::get(calendar_zone).unwrap_or(TimeZone::UTC);
    let recurring = event.get("recurrence").and_then(Value::as_array).is_some_and(|lines| !lines.is_empty());
    for name in ["start", "end"] {
        let given = event.get(name).filter(|time| time.is_object());
        let given = given.ok_or_else(|| bad("required", format!("Missing {name} time.")))?;
        let settled = one(given, name, recurring, calendar_zone, &zone)?;
        event.insert(name.to_owned(), settled);
    }
    let is_date = |name: &str| event.get(name).is_some_and(|time| time.get("date").is_some());
    if is_date("start") != is_date("end") {
        return Err(bad("invalid", "Start and end times must either both be date or both be dateTime."));
    }
    let (start, end) = span(event, &zone).ok_or_else(|| bad("badRequest", "Bad Request"))?;
    if end < start || (is_date("start") && end == start) {
        return Err(bad("timeRangeEmpty", "The specified time range is empty.").in_domain("calendar"));
    }
    Ok(())
}

fn one(given: &Value, name: &str, recurring: bool, own: &str, zone: &TimeZone) -> Result<Value, Refusal> {
    let text = |field: &str| given.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("date"), text("dateTime")) {
        (Some(_), Some(_)) => Err(bad("invalid", format!("Invalid {name} time."))),
        (Some(date), None) => match date.parse::<Date>() {
            Ok(date) => Ok(json!({ "date": date.to_string() })),
            Err(_) => Err(bad("badRequest", "Bad Request")),
        },
        (None, Some(time)) => {
            let named = text("timeZone");
            if named.is_some_and(|zone| TimeZone::get(zone).is_err()) {
                return Err(bad("invalid", format!("Invalid time zone definition for {name} time.")));
            }
            let offset = time.parse::<Timestamp>().is_ok();
            if !offset && time.parse::<DateTime>().is_err() {
                return Err(bad("badRequest", "Bad Request"));
            }
            if named.is_none() && (!offset || recurring) {
                return Err(bad("required", format!("Missing time zone definition for {name} time.")));
            }
            let at = instant(given, zone).ok_or_else(|| bad("badRequest", "Bad Request"))?;
            Ok(json!({ "dateTime": rfc3339(at, zone), "timeZone": named.unwrap_or(own) }))
        }
        (None, None) => Err(bad("required", format!("Missing {name} time."))),
    }
}

/// The event with its times written in another zone, for the `timeZone` parameter.
pub(super) fn in_zone(mut event: Event, zone: &TimeZone) -> Event {
    for name in ["start", "end", "originalStartTime"] {
        let Some(time) = event.get_mut(name) else { continue };
        let parsed = time.get("dateTime").and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
        if let Some(at) = parsed {
            time["dateTime"] = json!(rfc3339(at, zone));
        }
    }
    event
}
