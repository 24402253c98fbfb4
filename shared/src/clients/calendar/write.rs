//! Writing events. They come as Google gives them, to be kept as the answer of a write; [`event_of`] reads them.

use reqwest::header::IF_MATCH;
use serde::Deserialize;
use serde_json::Value;

use super::Calendar;
use super::wire::Wire;
use crate::clients::http::Call;
use crate::error::{Error, Kind, Result};
use crate::model::calendar::CalendarEvent;

/// Who gets a mail about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    Everybody,
    Nobody,
}

impl Notify {
    pub fn guests_if(any: bool) -> Self {
        if any { Self::Everybody } else { Self::Nobody }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Everybody => "all",
            Self::Nobody => "none",
        }
    }
}

pub fn event_of(raw: &Value) -> Result<CalendarEvent> {
    let event = Wire::deserialize(raw)?.event();
    event.ok_or_else(|| Error::new(Kind::Upstream, "Google Calendar gave something that is no event."))
}

impl Calendar<'_> {
    /// `None` when it is gone for good; one that was deleted lately is still there, as cancelled.
    pub async fn get_raw(&self, id: &str) -> Result<Option<Value>> {
        match self.http.get(self.event_url(id)).bearer_auth(self.token).send_json("calendar.get").await {
            Ok(raw) => Ok(Some(raw)),
            Err(error) if matches!(error.upstream_status(), Some(404 | 410)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// 409 when the calendar has, or had, an event with the id that `event` names.
    pub async fn insert(&self, event: &Value, notify: Notify) -> Result<Value> {
        let request = self.http.post(self.events_url()).json(event);
        self.notifying(request, notify).send_json("calendar.insert").await
    }

    /// Changes what `change` names. 412 when the event is another than the one `etag` is of.
    pub async fn patch(&self, id: &str, change: &Value, etag: Option<&str>, notify: Notify) -> Result<Value> {
        let mut request = self.http.patch(self.event_url(id)).json(change);
        if let Some(etag) = etag {
            request = request.header(IF_MATCH, etag);
        }
        self.notifying(request, notify).send_json("calendar.patch").await
    }

    /// 404 or 410 when there is no such event any more.
    pub async fn delete(&self, id: &str, etag: Option<&str>, notify: Notify) -> Result<()> {
        let mut request = self.http.delete(self.event_url(id));
        if let Some(etag) = etag {
            request = request.header(IF_MATCH, etag);
        }
        self.notifying(request, notify).send_empty("calendar.delete").await
    }

    fn notifying(&self, request: Call, notify: Notify) -> Call {
        request.query(&[("sendUpdates", notify.name())]).bearer_auth(self.token)
    }
}
