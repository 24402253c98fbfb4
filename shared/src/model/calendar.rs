//! The advisor's calendar, as Google holds it: events, series, and the dates of a series that differ from it.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::mail::Mailbox;
use crate::error::Error;

/// One event; with a `recurrence` a series, with a `series` a date of one that was changed or cancelled on its own.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarEvent {
    pub google_id: String,
    pub etag: String,
    pub status: Status,
    pub summary: String,
    pub description: String,
    pub location: String,
    /// `None` when Google said no more than that it is cancelled.
    pub span: Option<Span>,
    /// IANA name of the zone it was made in: a series keeps its hour there.
    pub time_zone: Option<String>,
    /// `RRULE:…`, `RDATE…:…` and `EXDATE…:…` lines.
    pub recurrence: Vec<String>,
    pub series: Option<Series>,
    pub organizer: Option<Mailbox>,
    /// People only; rooms are left out.
    pub attendees: Vec<Attendee>,
    /// The advisor made it.
    pub own: bool,
    /// It takes the advisor's time: not marked as free, and not declined.
    pub busy: bool,
    pub video_link: Option<String>,
    /// Where Google shows it.
    pub html_link: String,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

impl CalendarEvent {
    pub fn is_cancelled(&self) -> bool {
        self.status == Status::Cancelled
    }

    pub fn is_series(&self) -> bool {
        !self.recurrence.is_empty()
    }

    /// Those who take part, without the advisor.
    pub fn guests(&self) -> impl Iterator<Item = &Attendee> {
        self.attendees.iter().filter(|attendee| !attendee.own)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Confirmed,
    Tentative,
    Cancelled,
}

impl Status {
    /// Google's word, as stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Tentative => "tentative",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Confirmed, Self::Tentative, Self::Cancelled]
            .into_iter()
            .find(|status| status.name() == text)
            .ok_or_else(|| Error::internal("Stored data names an unknown status of an event."))
    }
}

/// From when to when. The end is the first moment, or the first day, that is no longer part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Time {
        from: Timestamp,
        until: Timestamp,
    },
    /// Whole days, wherever the reader is.
    Days {
        from: Date,
        until: Date,
    },
}

impl Span {
    pub fn is_all_day(&self) -> bool {
        matches!(self, Self::Days { .. })
    }

    pub fn start(&self) -> Start {
        match *self {
            Self::Time { from, .. } => Start::At(from),
            Self::Days { from, .. } => Start::On(from),
        }
    }

    /// Its first moment, and the first after it, for somebody in this zone.
    pub fn bounds(&self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        match *self {
            Self::Time { from, until } => (from, until),
            Self::Days { from, until } => (midnight(from, zone), midnight(until, zone)),
        }
    }
}

fn midnight(date: Date, zone: &TimeZone) -> Timestamp {
    date.to_zoned(zone.clone()).as_ref().map_or(Timestamp::MAX, Zoned::timestamp)
}

/// When an event begins: what tells one date of a series from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    At(Timestamp),
    On(Date),
}

/// Which date of which series an event stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Google's id of the series.
    pub id: String,
    /// When it would have been.
    pub original: Option<Start>,
}

/// Somebody who was invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// Empty when Google gives none.
    pub name: String,
    /// Lower case.
    pub email: String,
    /// Google's word: `needsAction`, `accepted`, `tentative` or `declined`.
    pub response: String,
    pub organizer: bool,
    /// The advisor.
    pub own: bool,
}

impl Attendee {
    pub fn mailbox(&self) -> Mailbox {
        Mailbox { name: self.name.clone(), email: self.email.clone() }
    }
}
