//! Changes to an event, over the version they were proposed for and no other.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Desk;
use super::events::{guests, instant, is_off, keep, landed, shown, time};
use crate::clients::calendar::Notify;
use crate::domain::actions::ledger::{Halt, Landed, Probe, UNCLEAR, Write};
use crate::error::{Error, Kind, Result};
use crate::store::Tenant;
use crate::store::effects::Effect;

/// What of an event changes; what is `None` stays.
pub(super) struct Changes<'a> {
    pub event_id: &'a str,
    pub summary: Option<&'a str>,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub time_zone: &'a str,
    pub description: Option<&'a str>,
    pub location: Option<&'a str>,
    pub attendees: Option<&'a [String]>,
    pub etag: Option<&'a str>,
}

struct Patch<'a> {
    desk: &'a Desk<'a>,
    changes: &'a Changes<'a>,
}

pub(super) async fn run(desk: &Desk<'_>, changes: &Changes<'_>) -> Result<Value, Halt> {
    let event = desk.ledger.write(&Patch { desk, changes }).await?.response;
    Ok(json!({
        "status": "success", "event_id": event["id"], "event_link": event["htmlLink"], "summary": event["summary"],
        "start": shown(&event["start"]), "end": shown(&event["end"]), "updated_at": event["updated"], "event": event,
    }))
}

impl Patch<'_> {
    fn body(&self, before: &Value) -> Value {
        let mut body = Map::new();
        let texts = [
            ("summary", self.changes.summary),
            ("description", self.changes.description),
            ("location", self.changes.location),
        ];
        for (name, value) in texts {
            body.extend(value.map(|value| (name.to_owned(), json!(value))));
        }
        for (name, at) in [("start", self.changes.start), ("end", self.changes.end)] {
            body.extend(at.map(|at| {
                let mut time = time(at, self.changes.time_zone);
                // A patch merges: a whole day would stay one.
                time["date"] = Value::Null;
                (name.to_owned(), time)
            }));
        }
        if let Some(attendees) = self.changes.attendees {
            body.insert("attendees".into(), Value::Array(invited(attendees, before)));
        }
        Value::Object(body)
    }

    /// The version that is written over.
    fn etag<'b>(&'b self, before: &'b Value) -> Option<&'b str> {
        self.changes.etag.or(before["etag"].as_str())
    }

    fn is_in(&self, event: &Value) -> bool {
        let text = |name: &str| event[name].as_str().unwrap_or_default().trim().to_owned();
        let says = |name: &str, wanted: Option<&str>| wanted.is_none_or(|wanted| wanted.trim() == text(name));
        let at = |name: &str, wanted: Option<Timestamp>| wanted.is_none_or(|at| instant(&event[name]) == Some(at));
        let people = self.changes.attendees.is_none_or(|wanted| {
            let mut there: Vec<String> = guests(event).iter().map(|email| email.to_lowercase()).collect();
            let mut wanted = wanted.to_vec();
            there.sort_unstable();
            wanted.sort_unstable();
            there == wanted
        });
        people
            && says("summary", self.changes.summary)
            && says("description", self.changes.description)
            && says("location", self.changes.location)
            && at("start", self.changes.start)
            && at("end", self.changes.end)
    }
}

/// Who is invited from now on: those who were keep what they answered, and rooms and the advisor stay.
fn invited(wanted: &[String], before: &Value) -> Vec<Value> {
    let known = before["attendees"].as_array().cloned().unwrap_or_default();
    let is =
        |person: &Value, email: &str| person["email"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(email));
    let stays = |person: &&Value| {
        (person["self"] == true || person["resource"] == true) && !wanted.iter().any(|email| is(person, email))
    };
    let mut people: Vec<Value> = known.iter().filter(stays).cloned().collect();
    people.extend(wanted.iter().map(|email| {
        known.iter().find(|person| is(person, email)).cloned().unwrap_or_else(|| json!({ "email": email }))
    }));
    people
}

impl Write for Patch<'_> {
    fn step(&self) -> i32 {
        0
    }

    fn request(&self) -> Value {
        json!({ "patch": self.changes.event_id, "etag": self.changes.etag, "body": self.body(&Value::Null) })
    }

    async fn before(&self) -> Result<Option<Value>> {
        let event = self.desk.calendar().get_raw(self.changes.event_id).await?.filter(|event| !is_off(event));
        event.map(Some).ok_or_else(|| Error::not_found("event in the calendar any more"))
    }

    async fn call(&self, effect: &Effect) -> Result<Landed> {
        let before = effect.before.as_ref().unwrap_or(&Value::Null);
        let body = self.body(before);
        let notify = Notify::guests_if(!guests(before).is_empty() || self.changes.attendees.is_some());
        let answer = self.desk.calendar().patch(self.changes.event_id, &body, self.etag(before), notify).await;
        match answer {
            Ok(event) => Ok(landed(&event, self.changes.event_id)),
            Err(error) if error.upstream_status() == Some(412) => {
                let why = "The event was changed by somebody else since it was looked at, so nothing was changed. Please \
                           look at it again.";
                Err(Error::new(Kind::Conflict, why).answered(412, "conditionNotMet"))
            }
            Err(error) => Err(error),
        }
    }

    async fn probe(&self, effect: &Effect) -> Result<Probe> {
        let before = effect.before.as_ref().unwrap_or(&Value::Null);
        let Some(event) = self.desk.calendar().get_raw(self.changes.event_id).await? else { return Ok(Probe::Absent) };
        if self.is_in(&event) {
            return Ok(Probe::Found(landed(&event, self.changes.event_id)));
        }
        let untouched = event["etag"].as_str() == self.etag(before) || is_off(&event);
        Ok(if untouched { Probe::Absent } else { Probe::Unclear(UNCLEAR.into()) })
    }

    async fn keep(&self, db: &Tenant<'_>, _: &Effect, landed: &Landed) -> Result<()> {
        keep(db, &landed.response).await
    }
}
