//! What happened in the practice, as standing instructions see it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::EventId;
use super::mail::Mailbox;

/// The types of events that are made. The seed's other names for them are understood where rules are read.
pub const MESSAGE_RECEIVED: &str = "gmail.message.received";
pub const CALENDAR_CREATED: &str = "calendar.event.created";
pub const CALENDAR_UPDATED: &str = "calendar.event.updated";
pub const CALENDAR_CANCELLED: &str = "calendar.event.cancelled";

/// Where an event was heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Gmail,
    Calendar,
    Hubspot,
}

impl Source {
    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gmail => "gmail",
            Self::Calendar => "calendar",
            Self::Hubspot => "hubspot",
        }
    }
}

/// What can be said of a happening without asking anybody. Texts are other people's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Facts {
    /// A mail came in. Its text is read from the mail itself.
    Email { gmail_id: String, thread_id: String, from: Mailbox, to: Vec<Mailbox>, cc: Vec<Mailbox>, subject: String },
    /// An event of the advisor's calendar was made, changed or cancelled.
    Calendar {
        event_id: String,
        summary: String,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
        all_day: bool,
        location: Option<String>,
        organizer: Option<Mailbox>,
        /// The advisor made it.
        own: bool,
        /// Without the advisor.
        attendees: Vec<Mailbox>,
        url: String,
    },
    /// A record of the CRM was made, changed, deleted, merged or restored.
    Crm {
        /// HubSpot's singular name: `contact`, `company`, `deal`, `note`.
        object_type: String,
        object_id: String,
        /// What it is called, as far as it is known.
        name: String,
        email: Option<String>,
        /// The changed property, or the type of the record at the other end of an association.
        property: Option<String>,
        /// What it was changed to, or that record's id; nothing when an association was removed.
        value: Option<String>,
        /// HubSpot's word for who did it, such as `CRM_UI` or `INTEGRATION`; for a record that was found by reading, who
        /// made it, or empty. What this application did itself makes no event.
        change_source: String,
    },
}

/// An event to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    pub source: Source,
    /// Such as `gmail.message.received` or `hubspot.contact.creation`.
    pub event_type: String,
    pub subject_id: String,
    /// The same for the same happening, by whichever way it is heard of.
    pub dedupe_key: String,
    pub facts: Facts,
    pub depth: i32,
    pub occurred_at: Timestamp,
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    pub id: EventId,
    pub event_type: String,
    pub subject_id: String,
    pub facts: Facts,
    pub depth: i32,
    pub occurred_at: Timestamp,
    /// When it was heard of.
    pub created_at: Timestamp,
}
