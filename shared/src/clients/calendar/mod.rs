//! Google Calendar, as one advisor's token sees it: <https://developers.google.com/workspace/calendar/api/v3/reference>.
//!
//! Only the advisor's own calendar, which Google calls `primary`.

pub mod channels;
mod free_busy;
mod read;
mod wire;
mod write;

pub use free_busy::{Availability, Busy};
pub use read::{Listing, Page};
pub use write::{Notify, event_of};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::http::Client;

pub struct Calendar<'a> {
    pub http: &'a Client,
    pub base: &'a str,
    pub token: &'a str,
}

impl Calendar<'_> {
    fn events_url(&self) -> String {
        format!("{}/calendars/primary/events", self.base)
    }

    fn event_url(&self, id: &str) -> String {
        format!("{}/{}", self.events_url(), utf8_percent_encode(id, NON_ALPHANUMERIC))
    }
}

#[cfg(test)]
mod tests;
