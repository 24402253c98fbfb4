//! One account's primary calendar: events as the API shows them, and the order they changed in.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(in super::super) type Event = Map<String, Value>;

#[derive(Default, Serialize, Deserialize)]
pub(in super::super) struct Calendar {
    /// The account's address.
    pub id: String,
    pub summary: String,
    pub time_zone: String,
    pub events: BTreeMap<String, Stored>,
    /// Grows by one with each change.
    pub sequence: u64,
    /// Sync tokens from before this are gone.
    pub oldest: u64,
    /// Channels know of changes up to here.
    pub announced: u64,
    pub channels: Vec<Channel>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(in super::super) struct Stored {
    pub event: Event,
    pub changed: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(in super::super) struct Channel {
    pub id: String,
    pub token: Option<String>,
    pub address: String,
    pub resource_id: String,
    pub resource_uri: String,
    pub expires: Timestamp,
    pub client_id: String,
    pub messages: u64,
}

impl Calendar {
    pub fn new(email: &str, time_zone: &str) -> Self {
        Self { id: email.to_owned(), summary: email.to_owned(), time_zone: time_zone.to_owned(), ..Self::default() }
    }

    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Stores an event under its id with a new etag and `updated`.
    pub fn put(&mut self, mut event: Event, now: Timestamp) -> Event {
        self.sequence += 1;
        // Differs from all earlier ones, also within one millisecond.
        let etag = now.as_microsecond().unsigned_abs() + self.sequence;
        event.insert("etag".into(), json!(format!("\"{etag}\"")));
        event.insert("updated".into(), json!(format!("{now:.3}")));
        let id = event.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.events.insert(id, Stored { event: event.clone(), changed: self.sequence });
        event
    }

    /// Marks an event, or an occurrence, as cancelled; `false` when it is unknown or was cancelled before.
    pub fn cancel(&mut self, id: &str, now: Timestamp) -> bool {
        let Some(stored) = self.events.get(id) else { return false };
        if is_cancelled(&stored.event) {
            return false;
        }
        let mut event = stored.event.clone();
        event.insert("status".into(), json!("cancelled"));
        let master = event.contains_key("recurrence");
        self.put(event, now);
        if master {
            // Exceptions go with their series.
            let prefix = format!("{id}_");
            let exceptions: Vec<String> = self.events.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
            for exception in exceptions {
                self.cancel(&exception, now);
            }
        }
        true
    }

    pub fn expire_sync_tokens(&mut self) {
        self.sequence += 1;
        self.oldest = self.sequence;
        self.announced = self.sequence;
    }
}

pub(super) fn is_cancelled(event: &Event) -> bool {
    event.get("status").and_then(Value::as_str) == Some("cancelled")
}

pub(in super::super) fn string<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    event.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The instant of a `start` or `end`; a date is its midnight in the zone.
pub(super) fn instant(time: &Value, zone: &TimeZone) -> Option<Timestamp> {
    if let Some(date) = time.get("date").and_then(Value::as_str) {
        let date: Date = date.parse().ok()?;
        return Some(date.to_zoned(zone.clone()).ok()?.timestamp());
    }
    let text = time.get("dateTime")?.as_str()?;
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let local: DateTime = text.parse().ok()?;
    let own = time.get("timeZone").and_then(Value::as_str).and_then(|name| TimeZone::get(name).ok());
    Some(local.to_zoned(own.unwrap_or_else(|| zone.clone())).ok()?.timestamp())
}

/// Start and end of an event.
pub(super) fn span(event: &Event, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let start = instant(event.get("start")?, zone)?;
    let end = event.get("end").and_then(|end| instant(end, zone)).unwrap_or(start + SignedDuration::from_hours(1));
    Some((start, end))
}
