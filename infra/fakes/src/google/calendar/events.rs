//! Storing events: what the server adds to what a client sends, and the copies in other people's calendars.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::super::keys;
use super::super::refusal::{Answer, Refusal};
use super::super::state::State;
use super::store::{Calendar, Event, is_cancelled, string};
use super::{recurrence, times};
use crate::practice;

/// Fields a client cannot set.
const OURS: &[&str] = &[
    "kind",
    "etag",
    "htmlLink",
    "created",
    "updated",
    "creator",
    "organizer",
    "sequence",
    "recurringEventId",
    "originalStartTime",
    "hangoutLink",
    "locked",
    "privateCopy",
    "attendeesOmitted",
];

/// Drops what a client cannot set.
pub(super) fn only_theirs(mut event: Event) -> Event {
    event.retain(|name, value| !OURS.contains(&name.as_str()) && !value.is_null());
    event
}

/// Completes a new event, or one that replaces `old`, without storing it.
pub(super) fn complete(
    calendar: &Calendar,
    mut event: Event,
    old: Option<&Event>,
    url: &str,
    now: Timestamp,
) -> Result<Event, Refusal> {
    times::settle(&mut event, &calendar.time_zone)?;
    if let Some(lines) = event.get("recurrence").and_then(Value::as_array) {
        let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
        if !recurrence::is_valid(&lines) {
            let message = "Invalid recurrence rule.";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid", message));
        }
        if lines.is_empty() {
            event.remove("recurrence");
        }
    }
    attendees(&mut event, &calendar.id)?;
    let id = string(&event, "id").map(str::to_owned);
    let id = id.unwrap_or_else(|| format!("{:026x}", rand::random::<u128>() >> 24));
    let kept = |name: &str| old.and_then(|old| old.get(name)).cloned();
    let own = || json!({ "email": calendar.id, "self": true });
    let mut fill = |name: &str, value: Value| {
        event.entry(name.to_owned()).or_insert(value);
    };
    fill("status", json!("confirmed"));
    fill("iCalUID", kept("iCalUID").unwrap_or_else(|| json!(format!("{id}@google.com"))));
    fill("reminders", json!({ "useDefault": true }));
    fill("eventType", json!("default"));
    event.insert("kind".into(), json!("calendar#event"));
    event.insert("htmlLink".into(), json!(link(url, &id, &calendar.id)));
    event.insert("created".into(), kept("created").unwrap_or_else(|| json!(format!("{now:.0}"))));
    event.insert("creator".into(), kept("creator").unwrap_or_else(own));
    event.insert("organizer".into(), kept("organizer").unwrap_or_else(own));
    event.insert("sequence".into(), json!(next_sequence(old, &event)));
    for name in ["recurringEventId", "originalStartTime"] {
        if let Some(value) = kept(name) {
            event.insert(name.to_owned(), value);
        }
    }
    event.insert("id".into(), json!(id));
    Ok(event)
}

/// Grows when an attendee would have to know.
fn next_sequence(old: Option<&Event>, event: &Event) -> u64 {
    let Some(old) = old else { return 0 };
    let sequence = old.get("sequence").and_then(Value::as_u64).unwrap_or_default();
    let moved = ["start", "end", "recurrence", "location"].iter().any(|name| old.get(*name) != event.get(*name));
    sequence + u64::from(moved)
}

fn attendees(event: &mut Event, own: &str) -> Result<(), Refusal> {
    let Some(list) = event.get_mut("attendees").and_then(Value::as_array_mut) else { return Ok(()) };
    for attendee in list {
        let email = attendee.get("email").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !email.contains('@') {
            let message = "Invalid attendee email.";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid", message));
        }
        if attendee.get("responseStatus").is_none() {
            attendee["responseStatus"] = json!("needsAction");
        }
        if email.eq_ignore_ascii_case(own) {
            attendee["self"] = json!(true);
        } else if let Some(map) = attendee.as_object_mut() {
            map.remove("self");
        }
    }
    Ok(())
}

fn link(url: &str, id: &str, email: &str) -> String {
    format!("{url}/calendar/event?eid={}", URL_SAFE_NO_PAD.encode(format!("{id} {email}")))
}

/// Lets the links of stored events lead to this address, after a start on another port.
pub(in super::super) fn relink(state: &mut State, url: &str) {
    for calendar in state.calendars.values_mut() {
        let email = calendar.id.clone();
        for (id, stored) in &mut calendar.events {
            stored.event.insert("htmlLink".into(), json!(link(url, id, &email)));
        }
    }
}

/// Stores a completed event in its calendar, and copies into the calendars of attendees who are here.
pub(super) fn store(state: &mut State, email: &str, event: Event, url: &str, now: Timestamp) -> Answer {
    let calendar = state.calendars.get_mut(email).ok_or_else(Refusal::not_found)?;
    let stored = calendar.put(event, now);
    if organizes(&stored, email) {
        for guest in guests(&stored, email) {
            if let Some(other) = state.calendars.get_mut(&guest) {
                let copy = for_guest(&stored, other, url);
                other.put(copy, now);
            }
        }
    }
    Ok(Value::Object(stored))
}

fn organizes(event: &Event, email: &str) -> bool {
    event.get("organizer").and_then(|organizer| organizer.get("email")).and_then(Value::as_str) == Some(email)
}

fn guests(event: &Event, own: &str) -> Vec<String> {
    let list = event.get("attendees").and_then(Value::as_array).into_iter().flatten();
    let emails = list.filter_map(|attendee| attendee.get("email").and_then(Value::as_str));
    emails.filter(|email| !email.eq_ignore_ascii_case(own)).map(str::to_lowercase).collect()
}

/// The event as a guest sees it.
fn for_guest(event: &Event, guest: &Calendar, url: &str) -> Event {
    let mut copy = event.clone();
    for name in ["creator", "organizer"] {
        if let Some(person) = copy.get_mut(name).and_then(Value::as_object_mut) {
            person.remove("self");
        }
    }
    for attendee in copy.get_mut("attendees").and_then(Value::as_array_mut).into_iter().flatten() {
        let own = attendee.get("email").and_then(Value::as_str).is_some_and(|e| e.eq_ignore_ascii_case(&guest.id));
        if own {
            attendee["self"] = json!(true);
        } else if let Some(map) = attendee.as_object_mut() {
            map.remove("self");
        }
    }
    let zone = guest.zone();
    let id = string(&copy, "id").unwrap_or_default().to_owned();
    copy.insert("htmlLink".into(), json!(link(url, &id, &guest.id)));
    times::in_zone(copy, &zone)
}

/// Cancels an event and the guests' copies; `false` when it is unknown or cancelled already.
pub(in super::super) fn remove(state: &mut State, email: &str, id: &str, now: Timestamp) -> bool {
    let Some(calendar) = state.calendars.get_mut(email) else { return false };
    let Some(event) = calendar.events.get(id).map(|stored| stored.event.clone()) else { return false };
    if !calendar.cancel(id, now) {
        return false;
    }
    if organizes(&event, email) {
        for guest in guests(&event, email) {
            if let Some(other) = state.calendars.get_mut(&guest) {
                other.cancel(id, now);
            }
        }
    }
    true
}

/// Stores an event resource as its calendar's owner would, over an older one with its id.
pub(in super::super) fn save(state: &mut State, email: &str, event: Event, url: &str, now: Timestamp) -> Answer {
    let calendar = state.calendars.get(email).ok_or_else(Refusal::not_found)?;
    let old = string(&event, "id").and_then(|id| calendar.events.get(id)).map(|stored| &stored.event);
    let old = old.filter(|old| !is_cancelled(old));
    let event = complete(calendar, only_theirs(event), old, url, now)?;
    store(state, email, event, url, now)
}

/// Stores an event of the practice.
pub(in super::super) fn load(state: &mut State, event: &practice::Event, url: &str, now: Timestamp) {
    let Some(calendar) = state.calendars.get(&event.calendar) else { return };
    let zone = calendar.zone();
    let time = |at: Timestamp| {
        if event.all_day {
            json!({ "date": at.to_zoned(zone.clone()).date().to_string() })
        } else {
            json!({ "dateTime": times::rfc3339(at, &zone), "timeZone": calendar.time_zone })
        }
    };
    let (start, mut end) = (time(event.start), time(event.end));
    if event.all_day && start == end {
        // A whole day ends at the start of the next.
        let next = event.start.to_zoned(zone.clone()).date().saturating_add(1.day());
        end = json!({ "date": next.to_string() });
    }
    let mut resource = json!({ "summary": event.summary, "start": start, "end": end });
    if !event.id.is_empty() {
        resource["id"] = json!(event.id);
    }
    if let Some(text) = &event.description {
        resource["description"] = json!(text);
    }
    if let Some(text) = &event.location {
        resource["location"] = json!(text);
    }
    if !event.attendees.is_empty() {
        let list = event
            .attendees
            .iter()
            .map(|one| json!({ "email": one.email, "displayName": one.name, "responseStatus": "accepted" }));
        resource["attendees"] = list.collect();
    }
    if !event.recurrence.is_empty() {
        resource["recurrence"] = json!(event.recurrence);
    }
    let Value::Object(resource) = resource else { return };
    if let Err(refusal) = save(state, &event.calendar, resource, url, now) {
        tracing::warn!(id = event.id, reason = refusal.message, "an event of the practice was refused");
    }
}

/// Adds a made-up video call where the client asked for one.
pub(super) fn conference(event: &mut Event) {
    let Some(request) = event.get("conferenceData").and_then(|data| data.get("createRequest")).cloned() else { return };
    let letters: String =
        keys::secret(24).to_lowercase().chars().filter(char::is_ascii_lowercase).chain("abcdefghij".chars()).collect();
    let id = format!("{}-{}-{}", &letters[..3], &letters[3..7], &letters[7..10]);
    let uri = format!("https://meet.google.com/{id}");
    let mut request = request;
    request["status"] = json!({ "statusCode": "success" });
    event.insert("hangoutLink".into(), json!(uri));
    event.insert(
        "conferenceData".into(),
        json!({
            "createRequest": request,
            "entryPoints": [{ "entryPointType": "video", "uri": uri, "label": format!("meet.google.com/{id}") }],
            "conferenceSolution": { "key": { "type": "hangoutsMeet" }, "name": "Google Meet" },
            "conferenceId": id,
        }),
    );
}
