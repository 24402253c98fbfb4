//! `freebusy.query`.

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::super::call::text;
use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::store::{Calendar, Event, is_cancelled, span, string};
use super::{recurrence, times};

pub(super) fn query(scope: &mut Scope<'_>) -> Answer {
    let body = scope.call.json()?;
    let bad = |reason: &'static str, message: &str| Refusal::new(StatusCode::BAD_REQUEST, reason, message);
    let time = |name: &str| -> Result<Timestamp, Refusal> {
        let given = text(&body, name).ok_or_else(|| bad("required", "Required"))?;
        given.parse().map_err(|_| bad("badRequest", "Bad Request"))
    };
    let (min, max) = (time("timeMin")?, time("timeMax")?);
    if max <= min {
        return Err(bad("timeRangeEmpty", "The specified time range is empty.").in_domain("calendar"));
    }
    let zone = match text(&body, "timeZone") {
        None => TimeZone::UTC,
        Some(name) => TimeZone::get(name).map_err(|_| bad("invalid", "Invalid time zone."))?,
    };
    let items = body.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let most = body.get("calendarExpansionMax").and_then(Value::as_u64).map_or(50, |most| most.min(50));
    if items.len() as u64 > most {
        return Err(bad("tooManyCalendarsRequested", "The requested calendar count is too large."));
    }
    let mut calendars = Map::new();
    for id in items.iter().filter_map(|item| item.get("id")).filter_map(Value::as_str) {
        let own = id == "primary" || id.eq_ignore_ascii_case(&scope.token.email);
        let answer = match scope.state.calendars.get(&scope.token.email).filter(|_| own) {
            Some(calendar) => {
                let show = |(start, end): &(Timestamp, Timestamp)| json!({ "start": times::rfc3339(*start, &zone), "end": times::rfc3339(*end, &zone) });
                json!({ "busy": busy(calendar, min, max).iter().map(show).collect::<Vec<_>>() })
            }
            None => json!({ "errors": [{ "domain": "global", "reason": "notFound" }], "busy": [] }),
        };
        calendars.insert(id.to_owned(), answer);
    }
    Ok(json!({
        "kind": "calendar#freeBusy",
        "timeMin": format!("{min:.3}"),
        "timeMax": format!("{max:.3}"),
        "calendars": calendars,
    }))
}

/// The busy spans in the window, cut to it and joined where they touch.
fn busy(calendar: &Calendar, min: Timestamp, max: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let zone = calendar.zone();
    let mut spans = Vec::new();
    for stored in calendar.events.values().filter(|stored| takes_time(&stored.event)) {
        let event = &stored.event;
        if event.contains_key("recurrence") {
            let id = string(event, "id").unwrap_or_default();
            let own = |suffix: &str| calendar.events.contains_key(&format!("{id}_{suffix}"));
            let made = recurrence::occurrences(event, &zone, max);
            spans.extend(made.into_iter().filter(|one| !own(&one.suffix)).map(|one| (one.start, one.end)));
        } else {
            spans.extend(span(event, &zone));
        }
    }
    spans.retain(|(start, end)| *end > min && *start < max && end > start);
    spans.sort_unstable();
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (start, end) in spans {
        let (start, end) = (start.max(min), end.min(max));
        match joined.last_mut() {
            Some((_, last)) if start <= *last => *last = (*last).max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

fn takes_time(event: &Event) -> bool {
    let declined = event.get("attendees").and_then(Value::as_array).into_iter().flatten().any(|attendee| {
        attendee.get("self").and_then(Value::as_bool) == Some(true)
            && attendee.get("responseStatus").and_then(Value::as_str) == Some("declined")
    });
    !is_cancelled(event) && !declined && string(event, "transparency") != Some("transparent")
}
