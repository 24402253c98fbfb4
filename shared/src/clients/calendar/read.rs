//! Reading events: all of them in pages, then what changed.

use serde::Deserialize;

use super::Calendar;
use super::wire::Wire;
use crate::error::{Error, Result};
use crate::model::calendar::CalendarEvent;

/// Events in one page. Google gives up to 2,500.
const PAGE: u32 = 250;

/// What a list answers.
#[derive(Debug)]
pub enum Listing {
    Page(Page),
    /// The sync token is too old: what is there has to be read again from the start.
    TooOld,
}

/// Some events of a calendar.
#[derive(Debug)]
pub struct Page {
    pub events: Vec<CalendarEvent>,
    pub next: Option<String>,
    /// Where the next reading goes on; only the last page has one.
    pub sync_token: Option<String>,
    /// IANA name of the zone the calendar is set to.
    pub time_zone: Option<String>,
}

impl Calendar<'_> {
    /// A page of everything, or of what changed since `sync_token`. Series come as they are, not date by date, together
    /// with those of their dates that were changed or cancelled.
    ///
    /// The parameters are the same in every call, as Google wants them to be for a sync token to mean anything.
    pub async fn list(&self, sync_token: Option<&str>, page_token: Option<&str>) -> Result<Listing> {
        let mut parameters = vec![("singleEvents", "false".to_owned()), ("maxResults", PAGE.to_string())];
        parameters.extend(sync_token.map(|token| ("syncToken", token.to_owned())));
        parameters.extend(page_token.map(|token| ("pageToken", token.to_owned())));
        let request = self.http.get(self.events_url()).query(&parameters).bearer_auth(self.token);
        let answer: Answer = match request.send_json("calendar.list").await {
            Ok(answer) => answer,
            Err(error) if error.upstream_status() == Some(410) => return Ok(Listing::TooOld),
            Err(error) => return Err(error),
        };
        Ok(Listing::Page(Page {
            events: answer.items.into_iter().filter_map(Wire::event).collect(),
            next: answer.next_page_token,
            sync_token: answer.next_sync_token,
            time_zone: answer.time_zone,
        }))
    }

    /// `None` when it is gone for good; one that was deleted lately is still there, as cancelled.
    pub async fn get(&self, id: &str) -> Result<Option<CalendarEvent>> {
        let request = self.http.get(self.event_url(id)).bearer_auth(self.token);
        let gone = |error: &Error| matches!(error.upstream_status(), Some(404 | 410));
        match request.send_json::<Wire>("calendar.get").await {
            Ok(wire) => Ok(wire.event()),
            Err(error) if gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    // Without a list there is no answer, and nothing may be learnt from it: no default.
    items: Vec<Wire>,
    next_page_token: Option<String>,
    next_sync_token: Option<String>,
    time_zone: Option<String>,
}
