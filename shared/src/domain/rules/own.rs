//! Whether something that happened was our own doing: standing instructions do not answer to themselves.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
use crate::model::event::{CALENDAR_CREATED, Event, Facts, MESSAGE_RECEIVED};
use crate::store::{Tenant, actions, effects};

/// What we made stays ours.
const MADE: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// What is heard of a record this long after we wrote to it is what came of the writing.
const CHANGED: Duration = Duration::from_secs(10 * 60);
/// How long an event waits for a write that is under way.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    Ours,
    Theirs,
    /// A write of ours is under way that may be what was heard of.
    NotKnown,
}

pub async fn doing(db: &Tenant<'_>, event: &Event, now: Timestamp) -> Result<Doing> {
    let (reference, tools): (String, &[&str]) = match &event.facts {
        Facts::Email { gmail_id, .. } => (format!("gmail:messages:{gmail_id}"), &[]),
        Facts::Calendar { event_id, .. } => {
            (format!("calendar:events:{event_id}"), &["schedule_event", "update_event", "cancel_event"])
        }
        Facts::Crm { object_type, object_id, change_source, .. } => {
            let plural = match object_type.as_str() {
                "company" => "companies".to_owned(),
                other => format!("{other}s"),
            };
            // Somebody at a screen is not us.
            let is_person = change_source == "CRM_UI" || change_source == "MOBILE";
            let tools: &[&str] = if is_person { &[] } else { &["create_contact", "update_contact", "create_note"] };
            (format!("hubspot:{plural}:{object_id}"), tools)
        }
    };
    let is_made = event.event_type == CALENDAR_CREATED
        || event.event_type == MESSAGE_RECEIVED
        || event.event_type.ends_with(".creation");
    let within = if is_made { MADE } else { CHANGED };
    if effects::author(db, &reference, within).await?.is_some() {
        return Ok(Doing::Ours);
    }
    let waits = now.duration_since(event.created_at) < PATIENCE;
    if waits && !tools.is_empty() && actions::under_way(db, tools).await? {
        return Ok(Doing::NotKnown);
    }
    Ok(Doing::Theirs)
}
