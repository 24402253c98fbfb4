//! An event taken out of the calendar; one that is out already is done with.

use serde_json::{Value, json};

use super::Desk;
use super::events::{is_off, keep, landed};
use crate::clients::calendar::Notify;
use crate::domain::actions::ledger::{Halt, Landed, Probe, Write};
use crate::error::{Error, Kind, Result};
use crate::store::Tenant;
use crate::store::effects::Effect;

struct Cancel<'a> {
    desk: &'a Desk<'a>,
    event_id: &'a str,
    send_updates: bool,
    etag: Option<&'a str>,
}

pub(super) async fn run(
    desk: &Desk<'_>,
    event_id: &str,
    send_updates: bool,
    etag: Option<&str>,
) -> Result<Value, Halt> {
    desk.ledger.write(&Cancel { desk, event_id, send_updates, etag }).await?;
    Ok(json!({ "status": "success", "event_id": event_id, "message": "The event is cancelled." }))
}

impl Cancel<'_> {
    fn landed(&self, effect: &Effect) -> Landed {
        let mut event = effect.before.clone().unwrap_or_else(|| json!({ "id": self.event_id }));
        event["status"] = json!("cancelled");
        landed(&event, self.event_id)
    }
}

impl Write for Cancel<'_> {
    fn step(&self) -> i32 {
        0
    }

    fn request(&self) -> Value {
        json!({ "delete": self.event_id, "send_updates": self.send_updates, "etag": self.etag })
    }

    async fn before(&self) -> Result<Option<Value>> {
        self.desk.calendar().get_raw(self.event_id).await
    }

    async fn call(&self, effect: &Effect) -> Result<Landed> {
        let notify = Notify::guests_if(self.send_updates);
        match self.desk.calendar().delete(self.event_id, self.etag, notify).await {
            Ok(()) => Ok(self.landed(effect)),
            Err(error) => match error.upstream_status() {
                Some(404 | 410) => Ok(self.landed(effect)),
                Some(412) => {
                    let why = "The event was changed by somebody else since it was looked at, so it was not cancelled. \
                               Please look at it again.";
                    Err(Error::new(Kind::Conflict, why).answered(412, "conditionNotMet"))
                }
                _ => Err(error),
            },
        }
    }

    async fn probe(&self, effect: &Effect) -> Result<Probe> {
        let event = self.desk.calendar().get_raw(self.event_id).await?;
        let off = event.as_ref().is_none_or(is_off);
        Ok(if off { Probe::Found(self.landed(effect)) } else { Probe::Absent })
    }

    async fn keep(&self, db: &Tenant<'_>, _: &Effect, landed: &Landed) -> Result<()> {
        keep(db, &landed.response).await
    }
}
