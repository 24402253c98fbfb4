//! `events.list` and `events.instances`: windows, expansion, paging and sync tokens.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::keys;
use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::store::{Calendar, Event, is_cancelled, span, string};
use super::{calendar, recurrence, times};

/// Parameters that cannot stand beside a sync token.
const NOT_WITH_SYNC: &[&str] = &[
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
];
/// With these there is no sync token in the answer.
const NO_TOKEN: &[&str] =
    &["iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "updatedMin"];

/// The part of a list request that a sync token remembers.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Window {
    single: bool,
    min: Option<Timestamp>,
    max: Option<Timestamp>,
}

/// A page token, or a sync token.
#[derive(Serialize, Deserialize)]
struct Token {
    kind: String,
    /// Of the calendar, when the first page was asked for.
    sequence: u64,
    /// Where an incremental list started.
    since: Option<u64>,
    window: Window,
    offset: usize,
    /// Of the request's other parameters.
    request: String,
}

impl Token {
    fn write(&self) -> String {
        // Scrambled, so that nobody comes to depend on what is inside.
        let text = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE.encode(text.iter().map(|byte| byte ^ 0x5a).collect::<Vec<u8>>())
    }

    fn read(text: &str, kind: &str) -> Option<Self> {
        let bytes: Vec<u8> = URL_SAFE.decode(text).ok()?.iter().map(|byte| byte ^ 0x5a).collect();
        serde_json::from_slice(&bytes).ok().filter(|token: &Self| token.kind == kind)
    }
}

fn bad(reason: &'static str, message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, reason, message)
}

fn gone() -> Refusal {
    let message = "Sync token is no longer valid, a full sync is required.";
    Refusal::new(StatusCode::GONE, "fullSyncRequired", message).in_domain("calendar").at("parameter", "syncToken")
}

/// All parameters but those that may change from page to page.
fn fingerprint(call: &Call) -> String {
    let mut rest: Vec<_> = call.query.iter().filter(|(name, _)| name != "pageToken" && name != "maxResults").collect();
    rest.sort();
    keys::sha256_url(&format!("{rest:?}")).chars().take(12).collect()
}

pub(super) fn list(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let calendar = calendar(scope)?;
    let size = call.page_size(250, 2500)?;
    let (single, deleted) = (call.flag("singleEvents")?, call.flag("showDeleted")?);
    let order = call.param("orderBy");
    if order.is_some_and(|order| !matches!(order, "startTime" | "updated")) || (order == Some("startTime") && !single) {
        let message = "The requested ordering is not available for the particular query.";
        return Err(bad("badRequest", message));
    }
    let asked = Window { single, min: call.time("timeMin")?, max: call.time("timeMax")? };
    if asked.min.zip(asked.max).is_some_and(|(min, max)| min >= max) {
        return Err(bad("timeRangeEmpty", "The specified time range is empty.").in_domain("calendar"));
    }
    let updated_min = call.time("updatedMin")?;
    let sync = sync_token(call, calendar, deleted)?;
    let page = match call.param("pageToken") {
        None => None,
        Some(text) => {
            let token = Token::read(text, "page").filter(|token| token.request == fingerprint(call));
            Some(token.ok_or_else(|| bad("invalid", "Invalid page token value.").at("parameter", "pageToken"))?)
        }
    };
    let since = sync.as_ref().map(|token| token.sequence);
    let window = sync.map_or(asked, |token| token.window);
    let sequence = page.as_ref().map_or(calendar.sequence, |token| token.sequence);
    let offset = page.map_or(0, |token| token.offset);

    let zone = output_zone(call, calendar)?;
    let select = Select { window: &window, since, upto: sequence, deleted: deleted || updated_min.is_some(), now };
    let mut items = select.events(calendar);
    items.retain(|event| matches(event, call, updated_min));
    match order {
        Some("startTime") => items.sort_by_key(|event| span(event, &zone).map(|(start, _)| start)),
        Some(_) => items.sort_by_key(|event| string(event, "updated").unwrap_or_default().to_owned()),
        None => {}
    }
    let total = items.len();
    let shown = items.into_iter().skip(offset).take(size).map(|event| Value::Object(show(event, &zone)));
    let mut answer = envelope(calendar, &shown.collect::<Vec<_>>(), &zone);
    let token = |kind: &str, offset| {
        let (kind, window, request) = (kind.to_owned(), window.clone(), fingerprint(call));
        Token { kind, sequence, since, window, offset, request }.write()
    };
    if offset + size < total {
        answer["nextPageToken"] = json!(token("page", offset + size));
    } else if !NO_TOKEN.iter().any(|name| call.param(name).is_some()) {
        answer["nextSyncToken"] = json!(token("sync", 0));
    }
    Ok(answer)
}

fn sync_token(call: &Call, calendar: &Calendar, deleted: bool) -> Result<Option<Token>, Refusal> {
    let Some(text) = call.param("syncToken") else { return Ok(None) };
    if NOT_WITH_SYNC.iter().any(|name| call.param(name).is_some()) || (call.param("showDeleted").is_some() && !deleted)
    {
        return Err(bad("badRequest", "Sync token cannot be used with the other parameters of the request."));
    }
    match Token::read(text, "sync") {
        Some(token) if token.sequence >= calendar.oldest && token.sequence <= calendar.sequence => Ok(Some(token)),
        _ => Err(gone()),
    }
}

/// The zone of the `timeZone` parameter, else the calendar's.
pub(super) fn output_zone(call: &Call, calendar: &Calendar) -> Result<TimeZone, Refusal> {
    match call.param("timeZone") {
        None => Ok(calendar.zone()),
        Some(name) => TimeZone::get(name).map_err(|_| bad("invalid", "Invalid time zone.").at("parameter", "timeZone")),
    }
}

fn envelope(calendar: &Calendar, items: &[Value], zone: &TimeZone) -> Value {
    let updated = calendar.events.values().filter_map(|stored| string(&stored.event, "updated")).max();
    json!({
        "kind": "calendar#events",
        "etag": format!("\"p{:016}g\"", calendar.sequence),
        "summary": calendar.summary,
        "description": "",
        "updated": updated.unwrap_or("1970-01-01T00:00:00.000Z"),
        "timeZone": zone.iana_name().unwrap_or("UTC"),
        "accessRole": "owner",
        "defaultReminders": [{ "method": "popup", "minutes": 10 }],
        "items": items,
    })
}

/// As it goes out: cancelled events keep only what identifies them.
pub(super) fn show(event: Event, zone: &TimeZone) -> Event {
    if !is_cancelled(&event) {
        return times::in_zone(event, zone);
    }
    let kept = ["kind", "etag", "id", "status", "recurringEventId", "originalStartTime"];
    event.into_iter().filter(|(name, _)| kept.contains(&name.as_str())).collect()
}

/// Which stored events a list is about.
struct Select<'a> {
    window: &'a Window,
    since: Option<u64>,
    upto: u64,
    deleted: bool,
    now: Timestamp,
}

impl Select<'_> {
    fn events(&self, calendar: &Calendar) -> Vec<Event> {
        let zone = calendar.zone();
        let horizon = self.window.max.unwrap_or(self.now + SignedDuration::from_hours(24 * 730));
        let mut stored: Vec<_> = calendar
            .events
            .values()
            .filter(|stored| self.since.is_none_or(|since| stored.changed > since))
            // What changed while the pages were read comes with the next sync, and still belongs to a first one.
            .filter(|stored| self.since.is_none() || stored.changed <= self.upto)
            .collect();
        stored.sort_by_key(|stored| stored.changed);
        let mut found = Vec::new();
        for one in stored {
            let event = &one.event;
            if self.window.single && event.contains_key("recurrence") {
                found.extend(self.instances(calendar, event, &zone, horizon));
            } else if is_cancelled(event) {
                if self.shows_cancelled(event) {
                    found.push(event.clone());
                }
            } else if self.inside(event, &zone, horizon) {
                found.push(event.clone());
            }
        }
        found
    }

    fn shows_cancelled(&self, event: &Event) -> bool {
        // Without expansion the client needs to know which dates of a series are off.
        self.since.is_some() || self.deleted || (!self.window.single && event.contains_key("recurringEventId"))
    }

    /// The dates of a series, without those that are events of their own.
    fn instances(&self, calendar: &Calendar, master: &Event, zone: &TimeZone, horizon: Timestamp) -> Vec<Event> {
        if is_cancelled(master) && !self.shows_cancelled(master) {
            return Vec::new();
        }
        let made = recurrence::occurrences(master, zone, horizon);
        made.iter()
            .filter(|one| self.window.min.is_none_or(|min| one.end > min))
            .map(|one| recurrence::instance(master, one, zone))
            .filter(|event| string(event, "id").is_none_or(|id| !calendar.events.contains_key(id)))
            .collect()
    }

    /// `timeMin` bounds the end, `timeMax` the start, both exclusively; a series counts when one of its dates does.
    fn inside(&self, event: &Event, zone: &TimeZone, horizon: Timestamp) -> bool {
        let fits = |start: Timestamp, end: Timestamp| {
            self.window.min.is_none_or(|min| end > min) && self.window.max.is_none_or(|max| start < max)
        };
        if event.contains_key("recurrence") {
            return recurrence::occurrences(event, zone, horizon).iter().any(|one| fits(one.start, one.end));
        }
        span(event, zone).is_some_and(|(start, end)| fits(start, end))
    }
}

/// The filters that look at the event itself.
fn matches(event: &Event, call: &Call, updated_min: Option<Timestamp>) -> bool {
    let property = |kind: &str, wanted: &str| {
        let Some((name, value)) = wanted.split_once('=') else { return false };
        let map = event.get("extendedProperties").and_then(|all| all.get(kind));
        map.and_then(|map| map.get(name)).and_then(Value::as_str) == Some(value)
    };
    let updated = || string(event, "updated").and_then(|text| text.parse::<Timestamp>().ok());
    call.param("iCalUID").is_none_or(|uid| string(event, "iCalUID") == Some(uid))
        && call.params("privateExtendedProperty").all(|wanted| property("private", wanted))
        && call.params("sharedExtendedProperty").all(|wanted| property("shared", wanted))
        && (call.param("eventTypes").is_none()
            || call.params("eventTypes").any(|kind| string(event, "eventType") == Some(kind)))
        && updated_min.is_none_or(|min| updated().is_some_and(|at| at >= min))
        && call.param("q").is_none_or(|q| says(event, q))
}

/// Free text: every word must be in the event's texts or attendees.
fn says(event: &Event, q: &str) -> bool {
    let mut text: String = ["summary", "description", "location"]
        .iter()
        .filter_map(|name| string(event, name))
        .collect::<Vec<_>>()
        .join(" ");
    for attendee in event.get("attendees").and_then(Value::as_array).into_iter().flatten() {
        for name in ["email", "displayName"] {
            text.push(' ');
            text.push_str(attendee.get(name).and_then(Value::as_str).unwrap_or_default());
        }
    }
    let text = text.to_lowercase();
    q.split_whitespace().all(|word| text.contains(&word.to_lowercase()))
}

pub(super) fn instances(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let calendar = calendar(scope)?;
    let size = call.page_size(250, 2500)?;
    let deleted = call.flag("showDeleted")?;
    let master = &calendar.events.get(call.path("eventId")).ok_or_else(Refusal::not_found)?.event;
    let zone = output_zone(call, calendar)?;
    let own = calendar.zone();
    let max = call.time("timeMax")?.unwrap_or(now + SignedDuration::from_hours(24 * 730));
    let min = call.time("timeMin")?;
    let mut items = Vec::new();
    for one in recurrence::occurrences(master, &own, max) {
        let plain = recurrence::instance(master, &one, &own);
        let changed = string(&plain, "id").and_then(|id| calendar.events.get(id)).map(|stored| stored.event.clone());
        let event = changed.unwrap_or(plain);
        let late = min.is_none_or(|min| span(&event, &own).is_none_or(|(_, end)| end > min));
        let original = call.param("originalStart").is_none_or(|text| {
            one.original_start.get("dateTime").or(one.original_start.get("date")).and_then(Value::as_str) == Some(text)
        });
        if late && original && (deleted || !is_cancelled(&event)) {
            items.push(Value::Object(show(event, &zone)));
        }
    }
    let offset = match call.param("pageToken") {
        None => 0,
        Some(text) => Token::read(text, "page").ok_or_else(|| bad("invalid", "Invalid page token value."))?.offset,
    };
    let total = items.len();
    let shown: Vec<Value> = items.into_iter().skip(offset).take(size).collect();
    let mut answer = envelope(calendar, &shown, &zone);
    if offset + size < total {
        let token = Token {
            kind: "page".to_owned(),
            sequence: calendar.sequence,
            since: None,
            window: Window::default(),
            offset: offset + size,
            request: String::new(),
        };
        answer["nextPageToken"] = json!(token.write());
    }
    Ok(answer)
}
