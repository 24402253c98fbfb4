//! `events`: get, insert, import, patch, update, delete, move.

use axum::http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::super::call::Call;
use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::super::state::State;
use super::store::{Calendar, Event, is_cancelled, string};
use super::{calendar, calendar_id, events, list, recurrence};

/// A stored event, or a date of a stored series.
fn find(calendar: &Calendar, id: &str) -> Result<Event, Refusal> {
    if let Some(stored) = calendar.events.get(id) {
        return Ok(stored.event.clone());
    }
    let (series, suffix) = id.rsplit_once('_').ok_or_else(Refusal::not_found)?;
    let master = &calendar.events.get(series).ok_or_else(Refusal::not_found)?.event;
    let zone = calendar.zone();
    let day = suffix.get(..8).and_then(|day| jiff::civil::Date::strptime("%Y%m%d", day).ok());
    let day = day.and_then(|day| day.to_zoned(zone.clone()).ok()).ok_or_else(Refusal::not_found)?;
    let made = recurrence::occurrences(master, &zone, day.timestamp() + SignedDuration::from_hours(72));
    let one = made.iter().find(|one| one.suffix == suffix).ok_or_else(Refusal::not_found)?;
    Ok(recurrence::instance(master, one, &zone))
}

pub(super) fn get(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    let calendar = calendar(scope)?;
    let zone = list::output_zone(call, calendar)?;
    let event = find(calendar, call.path("eventId"))?;
    Ok(Value::Object(list::show(event, &zone)))
}

/// `If-Match` against the stored etag.
fn check_etag(call: &Call, event: &Event) -> Result<(), Refusal> {
    let Some(wanted) = call.header(header::IF_MATCH).filter(|wanted| *wanted != "*") else { return Ok(()) };
    let same = string(event, "etag").is_some_and(|etag| wanted.split(',').any(|one| one.trim() == etag));
    if same {
        return Ok(());
    }
    let refusal = Refusal::new(StatusCode::PRECONDITION_FAILED, "conditionNotMet", "Precondition Failed");
    Err(refusal.at("header", "If-Match"))
}

fn check_send_updates(call: &Call) -> Result<(), Refusal> {
    match call.param("sendUpdates") {
        None | Some("all" | "externalOnly" | "none") => Ok(()),
        Some(_) => {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, "invalidParameter", "Invalid value for: sendUpdates");
            Err(refusal.at("parameter", "sendUpdates"))
        }
    }
}

fn add(scope: &mut Scope<'_>, mut event: Event) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let calendar = calendar(scope)?;
    if let Some(id) = event.get("id").filter(|id| !id.is_null()) {
        let id = id.as_str().unwrap_or_default();
        let fine = (5..=1024).contains(&id.len()) && id.bytes().all(|byte| matches!(byte, b'a'..=b'v' | b'0'..=b'9'));
        if !fine {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid", "Invalid resource id value."));
        }
        if calendar.events.contains_key(id) {
            let message = "The requested identifier already exists.";
            return Err(Refusal::new(StatusCode::CONFLICT, "duplicate", message));
        }
    }
    if call.param("conferenceDataVersion") == Some("1") {
        events::conference(&mut event);
    } else {
        event.remove("conferenceData");
    }
    let link = event.get("hangoutLink").cloned();
    let mut event = events::only_theirs(event);
    if let Some(link) = link.filter(|_| event.contains_key("conferenceData")) {
        event.insert("hangoutLink".into(), link);
    }
    let url = scope.world.url.clone();
    let email = scope.token.email.clone();
    let calendar = scope.state.calendars.get(&email).ok_or_else(Refusal::not_found)?;
    let event = events::complete(calendar, event, None, &url, now)?;
    events::store(scope.state, &email, event, &url, now)
}

pub(super) fn insert(scope: &mut Scope<'_>) -> Answer {
    check_send_updates(scope.call)?;
    let mut event = scope.call.json()?;
    if event.get("eventType").and_then(Value::as_str) == Some("fromGmail") {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid", "Invalid event type."));
    }
    event.remove("iCalUID");
    add(scope, event)
}

pub(super) fn import(scope: &mut Scope<'_>) -> Answer {
    let mut event = scope.call.json()?;
    if string(&event, "iCalUID").is_none() {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "required", "Required"));
    }
    event.remove("id");
    add(scope, event)
}

pub(super) fn patch(scope: &mut Scope<'_>) -> Answer {
    change(scope, |old, body| {
        let mut event = events::only_theirs(old.clone());
        merge(&mut event, body);
        event
    })
}

pub(super) fn update(scope: &mut Scope<'_>) -> Answer {
    change(scope, |_, body| body)
}

fn change(scope: &mut Scope<'_>, apply: impl FnOnce(&Event, Event) -> Event) -> Answer {
    let (call, now) = (scope.call, scope.now);
    check_send_updates(call)?;
    let mut body = call.json()?;
    for name in ["id", "iCalUID"] {
        body.remove(name);
    }
    let calendar = calendar(scope)?;
    let old = find(calendar, call.path("eventId"))?;
    check_etag(call, &old)?;
    let revives = body.get("status").and_then(Value::as_str).is_some_and(|status| status != "cancelled");
    if is_cancelled(&old) && !revives {
        // A cancelled event can still be written; it stays cancelled unless the status is named.
        body.insert("status".into(), json!("cancelled"));
    }
    if body.get("status").and_then(Value::as_str) == Some("cancelled") && !is_cancelled(&old) {
        return cancel(scope, &old).map(|()| Value::Object(old));
    }
    // A new conference is made only for clients that say they know conferences; an old one stays.
    let knows = call.param("conferenceDataVersion") == Some("1");
    if knows {
        events::conference(&mut body);
    } else {
        body.remove("conferenceData");
    }
    let link = body.get("hangoutLink").or_else(|| old.get("hangoutLink")).cloned();
    let mut event = events::only_theirs(apply(&old, body));
    if let Some(data) = old.get("conferenceData").filter(|_| !knows) {
        event.insert("conferenceData".into(), data.clone());
    }
    if let Some(link) = link.filter(|_| event.contains_key("conferenceData")) {
        event.insert("hangoutLink".into(), link);
    }
    event.insert("id".into(), old.get("id").cloned().unwrap_or_default());
    let url = scope.world.url.clone();
    let email = scope.token.email.clone();
    let calendar = scope.state.calendars.get(&email).ok_or_else(Refusal::not_found)?;
    let event = events::complete(calendar, event, Some(&old), &url, now)?;
    events::store(scope.state, &email, event, &url, now)
}

/// Objects are merged, lists replaced, nulls remove.
fn merge(target: &mut Map<String, Value>, patch: Event) {
    for (name, value) in patch {
        match (target.get_mut(&name), value) {
            (_, Value::Null) => {
                target.remove(&name);
            }
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                target.insert(name, value);
            }
        }
    }
}

pub(super) fn delete(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    check_send_updates(call)?;
    let calendar = calendar(scope)?;
    let old = find(calendar, call.path("eventId"))?;
    if is_cancelled(&old) {
        return Err(Refusal::new(StatusCode::GONE, "deleted", "Resource has been deleted"));
    }
    check_etag(call, &old)?;
    cancel(scope, &old).map(|()| Value::Null)
}

/// Cancels an event; a date of a series becomes a stored exception first.
fn cancel(scope: &mut Scope<'_>, event: &Event) -> Result<(), Refusal> {
    let now = scope.now;
    let id = string(event, "id").unwrap_or_default().to_owned();
    let calendar = calendar(scope)?;
    if !calendar.events.contains_key(&id) {
        calendar.put(event.clone(), now);
    }
    let email = scope.token.email.clone();
    events::remove(scope.state, &email, &id, now);
    Ok(())
}

/// Changes an event, or a date of a series, as its calendar's owner would by hand.
pub(in super::super) fn amend(
    state: &mut State,
    email: &str,
    id: &str,
    patch: Event,
    url: &str,
    now: Timestamp,
) -> Answer {
    let calendar = state.calendars.get(email).ok_or_else(Refusal::not_found)?;
    let old = find(calendar, id)?;
    let mut event = events::only_theirs(old.clone());
    merge(&mut event, patch);
    for name in ["hangoutLink", "conferenceData"] {
        if let Some(value) = old.get(name) {
            event.insert(name.to_owned(), value.clone());
        }
    }
    event.insert("id".into(), json!(id));
    let event = events::complete(calendar, event, Some(&old), url, now)?;
    events::store(state, email, event, url, now)
}

/// Cancels an event, or a date of a series, as its calendar's owner would by hand; `false` when there is none.
pub(in super::super) fn call_off(state: &mut State, email: &str, id: &str, now: Timestamp) -> bool {
    let Some(calendar) = state.calendars.get_mut(email) else { return false };
    if let (false, Ok(date)) = (calendar.events.contains_key(id), find(calendar, id)) {
        calendar.put(date, now);
    }
    events::remove(state, email, id, now)
}

/// Only the account's own calendar exists, so that there is nowhere else to move to.
pub(super) fn move_to(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    calendar_id(scope)?;
    let Some(destination) = call.param("destination") else {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "required", "Required parameter: destination");
        return Err(refusal.at("parameter", "destination"));
    };
    let own = destination == "primary" || destination.eq_ignore_ascii_case(&scope.token.email);
    if !own {
        return Err(Refusal::not_found());
    }
    find(calendar(scope)?, call.path("eventId")).map(Value::Object)
}
