//! The cursor of the version that read contacts and notes only, as it may still be stored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::cursor::{self, Mark, Place};
use crate::model::crm::ObjectType;

#[derive(Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Cursor {
    Contacts { since: Timestamp, after: Option<String> },
    Notes { since: Timestamp, after: Option<String> },
    ChangedContacts(Changes),
    ChangedNotes(Changes),
    ArchivedContacts(Changes),
    ArchivedNotes(Changes),
}

#[derive(Deserialize)]
pub struct Changes {
    contacts: Timestamp,
    notes: Timestamp,
    after: Option<String>,
}

impl Cursor {
    /// Pages of a listing are gone on with; a search for changes, which is short, begins anew.
    pub fn today(self) -> cursor::Cursor {
        let (contact, note) = (ObjectType::Contact, ObjectType::Note);
        match self {
            Self::Contacts { since, after } => {
                let place = Place::Whole { object: contact, began: since, after };
                cursor::Cursor { read: BTreeMap::new(), place }
            }
            Self::Notes { since, after } => {
                let place = Place::Whole { object: note, began: since, after };
                cursor::Cursor { read: BTreeMap::from([(contact, known(since))]), place }
            }
            Self::ChangedContacts(changes) => {
                let place = Place::changed(contact, changes.contacts);
                changes.at(place)
            }
            Self::ChangedNotes(changes) => {
                let place = Place::changed(note, changes.notes);
                changes.at(place)
            }
            Self::ArchivedContacts(changes) => {
                let place = Place::Archived { object: contact, after: changes.after.clone() };
                changes.at(place)
            }
            Self::ArchivedNotes(changes) => {
                let place = Place::Archived { object: note, after: changes.after.clone() };
                changes.at(place)
            }
        }
    }
}

impl Changes {
    fn at(self, place: Place) -> cursor::Cursor {
        let read = [(ObjectType::Contact, known(self.contacts)), (ObjectType::Note, known(self.notes))];
        cursor::Cursor { read: read.into(), place }
    }
}

/// Read whole, but without what is kept of a record today: it is listed again.
fn known(changes: Timestamp) -> Mark {
    Mark { changes, listed: None }
}
