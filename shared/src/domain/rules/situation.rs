//! What is known of an event when standing instructions look at it: read from our own tables, nobody is asked.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::domain::sync;
use crate::error::{Error, Result};
use crate::model::crm::Contact;
use crate::model::event::{Event, Facts};
use crate::model::mail::Mailbox;
use crate::model::user::{Provider, User};
use crate::store::emails::{self, Letter};
use crate::store::{Tenant, connections, contacts, sync_cursors, users};

/// Rooms and other things that are invited like people.
const THINGS: &str = "@resource.calendar.google.com";

/// Ids a reply refers to; a header has to end somewhere.
const MOST_REFERENCES: i64 = 20;

#[derive(Debug, Clone)]
pub struct Situation {
    pub event: Event,
    pub advisor: User,
    pub zone: TimeZone,
    pub hubspot: Hubspot,
    /// The mail itself, if it is one and still there.
    pub letter: Option<Letter>,
    /// The ids of what was said in its thread before, oldest first.
    pub said_before: Vec<String>,
    /// Of the people in it, those who are HubSpot contacts, by their address.
    pub known: BTreeMap<String, Contact>,
    /// The contact a change of HubSpot's is about.
    pub contact: Option<Contact>,
}

/// How much can be said of who is in HubSpot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hubspot {
    Read,
    /// It is connected, and has not been read to its end yet.
    Reading,
    Away,
}

impl Situation {
    pub async fn of(db: &Tenant<'_>, event: Event) -> Result<Self> {
        let advisor = users::get(db).await?.ok_or_else(Error::unauthenticated)?;
        let zone = TimeZone::get(&advisor.time_zone).unwrap_or(TimeZone::UTC);
        let mut situation = Self {
            hubspot: hubspot(db).await?,
            zone,
            letter: None,
            said_before: Vec::new(),
            known: BTreeMap::new(),
            contact: None,
            advisor,
            event,
        };
        match &situation.event.facts {
            Facts::Email { gmail_id, .. } => {
                situation.letter = emails::letter(db, gmail_id).await?;
                if let Some(letter) = &situation.letter {
                    situation.said_before =
                        emails::said_before(db, &letter.thread_id, letter.received_at, MOST_REFERENCES).await?;
                }
            }
            Facts::Crm { object_type, object_id, .. } if object_type == "contact" => {
                situation.contact = contacts::get(db, object_id).await?;
            }
            Facts::Calendar { .. } | Facts::Crm { .. } => {}
        }
        for person in situation.people().into_iter().map(|person| person.email.clone()).collect::<Vec<_>>() {
            if let Some(contact) = contacts::by_email(db, &person).await?.into_iter().next() {
                situation.known.insert(person, contact);
            }
        }
        Ok(situation)
    }

    /// The sender of a mail, or those invited to a meeting.
    pub fn people(&self) -> Vec<&Mailbox> {
        match &self.event.facts {
            Facts::Email { from, .. } => vec![from],
            Facts::Calendar { attendees, .. } => {
                let own = self.advisor.email.to_lowercase();
                let mut people: Vec<&Mailbox> = Vec::new();
                for attendee in attendees {
                    let is_new = people.iter().all(|known| known.email != attendee.email);
                    let is_person = !attendee.email.ends_with(THINGS) && attendee.email.contains('@');
                    if is_new && is_person && attendee.email != own {
                        people.push(attendee);
                    }
                }
                people
            }
            Facts::Crm { .. } => Vec::new(),
        }
    }

    pub fn sender(&self) -> Option<&Mailbox> {
        match &self.event.facts {
            Facts::Email { from, .. } => Some(from),
            _ => None,
        }
    }

    /// The address of the record a change is about.
    pub fn record_email(&self) -> Option<String> {
        let Facts::Crm { email, .. } = &self.event.facts else { return None };
        let known = self.contact.as_ref().and_then(|contact| contact.email.clone());
        known.or_else(|| email.clone()).map(|email| email.to_lowercase()).filter(|email| email.contains('@'))
    }
}

async fn hubspot(db: &Tenant<'_>) -> Result<Hubspot> {
    if connections::get(db, Provider::HubSpot).await?.is_none() {
        return Ok(Hubspot::Away);
    }
    let progress = sync_cursors::progress(db).await?;
    let read = progress.iter().any(|source| source.source == sync::HUBSPOT && source.synced_at.is_some());
    Ok(if read { Hubspot::Read } else { Hubspot::Reading })
}
