//! A new event. We choose its id, so that the calendar takes it once.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Desk;
use super::events::{guests, keep, landed, reference, shown, time};
use crate::clients::calendar::Notify;
use crate::domain::actions::ledger::{Halt, Landed, Probe, Write};
use crate::error::Result;
use crate::store::Tenant;
use crate::store::effects::Effect;

/// What is to be in the calendar.
pub(super) struct New<'a> {
    pub summary: &'a str,
    pub start: Timestamp,
    pub end: Timestamp,
    pub time_zone: &'a str,
    pub description: Option<&'a str>,
    pub location: Option<&'a str>,
    pub attendees: &'a [String],
}

struct Insert<'a> {
    desk: &'a Desk<'a>,
    new: &'a New<'a>,
}

pub(super) async fn run(desk: &Desk<'_>, new: &New<'_>) -> Result<Value, Halt> {
    let event = desk.ledger.write(&Insert { desk, new }).await?.response;
    Ok(json!({
        "status": "success", "event_id": event["id"], "event_link": event["htmlLink"], "summary": event["summary"],
        "start": shown(&event["start"]), "end": shown(&event["end"]), "attendees": guests(&event), "event": event,
    }))
}

impl Insert<'_> {
    fn id(&self) -> String {
        base32hex(&digest(&SHA256, format!("{}:0", self.desk.ledger.claim.id).as_bytes()).as_ref()[..20])
    }

    fn event(&self) -> Value {
        let New { summary, start, end, time_zone, description, location, attendees } = *self.new;
        let mut event = json!({
            "id": self.id(), "summary": summary, "start": time(start, time_zone), "end": time(end, time_zone),
        });
        for (name, value) in [("description", description), ("location", location)] {
            if let Some(value) = value {
                event[name] = json!(value);
            }
        }
        if !attendees.is_empty() {
            event["attendees"] = attendees.iter().map(|email| json!({ "email": email })).collect();
        }
        event
    }
}

impl Write for Insert<'_> {
    fn step(&self) -> i32 {
        0
    }

    fn request(&self) -> Value {
        json!({ "insert": self.event() })
    }

    fn makes(&self) -> Option<String> {
        Some(reference(&self.id()))
    }

    async fn call(&self, _: &Effect) -> Result<Landed> {
        let calendar = self.desk.calendar();
        let notify = Notify::guests_if(!self.new.attendees.is_empty());
        match calendar.insert(&self.event(), notify).await {
            Ok(event) => Ok(landed(&event, &self.id())),
            // The id is of this task and of nothing else: it is the event, whatever has been made of it since.
            Err(error) if error.upstream_status() == Some(409) => match calendar.get_raw(&self.id()).await? {
                Some(event) => Ok(landed(&event, &self.id())),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn probe(&self, _: &Effect) -> Result<Probe> {
        let found = self.desk.calendar().get_raw(&self.id()).await?;
        Ok(found.map_or(Probe::Absent, |event| Probe::Found(landed(&event, &self.id()))))
    }

    async fn keep(&self, db: &Tenant<'_>, _: &Effect, landed: &Landed) -> Result<()> {
        keep(db, &landed.response).await
    }
}

/// RFC 4648 §7 in lower case and without padding: the alphabet of Google's event ids.
fn base32hex(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let (mut text, mut buffer, mut bits) = (String::new(), 0_u32, 0);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(buffer >> bits) as usize & 31]));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(buffer << (5 - bits)) as usize & 31]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base32hex;

    #[test]
    fn ids_are_written_as_rfc_4648_has_it() {
        for (bytes, text) in [("", ""), ("f", "co"), ("fo", "cpng"), ("foo", "cpnmu"), ("foobar", "cpnmuoj1e8")] {
            assert_eq!(base32hex(bytes.as_bytes()), text);
        }
    }
}
