//! The demo practice: a seeded book of households, as plain data the fake providers are filled with.

pub mod questions;

mod calendar;
mod crm;
mod demo;
pub mod dice;
mod filler;
mod mails;
mod noise;
mod people;
mod script;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::crm::{contact_id, note_id};
pub use self::mails::mail_id;

/// Everything the fakes are filled with. All ids and texts are the same for the same anchor day.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Practice {
    /// Who can sign in. The first is the demo advisor.
    pub advisors: Vec<Advisor>,
    pub mails: Vec<Mail>,
    pub events: Vec<Event>,
    pub contacts: Vec<CrmObject>,
    pub companies: Vec<CrmObject>,
    pub notes: Vec<CrmObject>,
    pub deals: Vec<CrmObject>,
}

/// One Google account with the HubSpot portal it belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Advisor {
    /// Google's account id: digits.
    pub sub: String,
    pub email: String,
    pub name: String,
    pub given_name: String,
    pub family_name: String,
    /// IANA name.
    pub time_zone: String,
    /// HubSpot's hub id.
    pub portal_id: i64,
    /// The advisor's user id and owner id in that portal.
    pub hubspot_user_id: i64,
    pub hubspot_owner_id: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mailbox {
    pub name: String,
    pub email: String,
}

/// One message in one mailbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mail {
    /// The advisor whose mailbox it is in, by address.
    pub mailbox: String,
    /// Gmail's message id: 16 hexadecimal digits.
    pub id: String,
    pub thread_id: String,
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub subject: String,
    pub date: Timestamp,
    /// The plain-text part; `None` for mail that has HTML only.
    pub text: Option<String>,
    pub html: Option<String>,
    /// Gmail's label ids, such as `INBOX`, `SENT`, `UNREAD`, `CATEGORY_PROMOTIONS`.
    pub label_ids: Vec<String>,
    /// With angle brackets.
    pub message_id: String,
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    /// Further headers, such as `List-Unsubscribe`.
    pub headers: Vec<(String, String)>,
}

/// One event of an advisor's primary calendar.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    pub calendar: String,
    pub id: String,
    pub summary: String,
    pub description: Option<String>,
    pub location: Option<String>,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Whole days: `start` and `end` are read as dates in the advisor's zone.
    pub all_day: bool,
    pub attendees: Vec<Mailbox>,
    /// `RRULE:…` lines.
    pub recurrence: Vec<String>,
}

/// One record of a HubSpot portal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CrmObject {
    pub portal_id: i64,
    /// Digits.
    pub id: String,
    pub properties: BTreeMap<String, String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// `(object type, id)`, such as `("contacts", "101")`.
    pub associations: Vec<(String, String)>,
}
