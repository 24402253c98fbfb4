//! How far a portal was read, and in what order it goes on.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::old;
use crate::clients::hubspot::Window;
use crate::model::crm::ObjectType;

/// What was modified this long before is looked at again: the search index lags.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);
/// After this long everything is listed again.
const RELIST: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The types that were read whole once.
    pub read: BTreeMap<ObjectType, Mark>,
    pub place: Place,
}

/// How far one type was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Everything that was modified before this is known.
    pub changes: Timestamp,
    /// When the last listing of everything began; none if everything has to be listed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Place {
    /// Pipelines and owners.
    Directory,
    /// Everything of a type; `began` is when that began.
    Whole { object: ObjectType, began: Timestamp, after: Option<String> },
    /// What is known here and was not listed, by ids.
    Missing { object: ObjectType, began: Timestamp, after: String },
    /// What was modified; `seen` is the newest of it so far.
    Changed { object: ObjectType, window: Window, after: Option<String>, seen: Timestamp },
    /// What is in the recycling bin.
    Archived { object: ObjectType, after: Option<String> },
    /// Everything was read, once.
    End,
}

/// A cursor as it is stored, by whichever version.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Current(Cursor),
    Old(old::Cursor),
}

impl Cursor {
    /// From the beginning.
    pub fn new() -> Self {
        Self { read: BTreeMap::new(), place: Place::Directory }
    }

    /// The stored one, in today's words; none when there is none that can be read.
    pub fn from_stored(stored: serde_json::Value) -> Option<Self> {
        match serde_json::from_value(stored).ok()? {
            Stored::Current(cursor) => Some(cursor),
            Stored::Old(cursor) => Some(cursor.today()),
        }
    }

    /// Where the reading of a type begins.
    pub fn begin(&self, object: ObjectType, now: Timestamp) -> Place {
        match self.read.get(&object) {
            Some(Mark { changes, listed: Some(listed) }) if now.duration_since(*listed) < RELIST => {
                Place::changed(object, *changes)
            }
            _ => Place::Whole { object, began: now, after: None },
        }
    }

    /// Where it goes on when a type was read.
    pub fn after(&self, object: ObjectType, now: Timestamp) -> Place {
        match next(object) {
            Some(object) => self.begin(object, now),
            None => Place::Archived { object: ObjectType::ALL[0], after: None },
        }
    }

    /// Where it goes on when the recycling bin of a type was looked through.
    pub fn after_archived(object: ObjectType) -> Place {
        next(object).map_or(Place::End, |object| Place::Archived { object, after: None })
    }

    /// Every type was read whole.
    pub fn is_whole(&self) -> bool {
        ObjectType::ALL.iter().all(|object| self.read.contains_key(object))
    }

    /// Everything of these types is to be listed again with the next reading: what they refer to is called otherwise now.
    pub fn list_again(&mut self, objects: &[ObjectType]) {
        for object in objects {
            if let Some(mark) = self.read.get_mut(object) {
                mark.listed = None;
            }
        }
    }
}

impl Place {
    pub fn changed(object: ObjectType, changes: Timestamp) -> Self {
        Self::Changed { object, window: Window::Since(changes - OVERLAP), after: None, seen: changes }
    }
}

fn next(object: ObjectType) -> Option<ObjectType> {
    ObjectType::ALL.into_iter().skip_while(|one| *one != object).nth(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_cursor_of_the_version_before_goes_on_where_it_was() {
        let stored = json!({ "phase": "notes", "since": "2026-05-04T10:00:00Z", "after": "417" });

        let cursor = Cursor::from_stored(stored).unwrap();

        let began = at("2026-05-04T10:00:00Z");
        assert_eq!(cursor.place, Place::Whole { object: ObjectType::Note, began, after: Some("417".into()) });
        assert_eq!(cursor.read[&ObjectType::Contact].changes, began);
        assert!(!cursor.is_whole(), "companies and deals are not read yet");
    }

    #[test]
    fn every_place_of_the_version_before_is_understood() {
        for phase in ["changed_contacts", "changed_notes", "archived_contacts", "archived_notes"] {
            let stored = json!({
                "phase": phase, "contacts": "2026-05-04T10:00:00Z", "notes": "2026-05-04T11:00:00Z", "after": null,
            });
            let cursor = Cursor::from_stored(stored).unwrap_or_else(|| panic!("{phase}"));
            assert_eq!(cursor.read[&ObjectType::Note].changes, at("2026-05-04T11:00:00Z"), "{phase}");
            // The types that are new are read from the start.
            assert!(matches!(cursor.begin(ObjectType::Deal, at("2026-05-04T12:00:00Z")), Place::Whole { .. }));
        }
        let stored = json!({ "phase": "contacts", "since": "2026-05-04T10:00:00Z", "after": null });
        assert!(Cursor::from_stored(stored).unwrap().read.is_empty());
    }

    #[test]
    fn nothing_stored_is_no_cursor_and_ours_is_itself() {
        assert_eq!(Cursor::from_stored(json!({})), None);
        let place = Place::changed(ObjectType::Deal, at("2026-05-04T10:00:00Z"));
        let cursor = Cursor { place, ..Cursor::new() };
        assert_eq!(Cursor::from_stored(serde_json::to_value(&cursor).unwrap()), Some(cursor));
    }

    #[test]
    fn everything_is_listed_again_after_a_day() {
        let noon = at("2026-05-04T12:00:00Z");
        let mark = Mark { changes: noon, listed: Some(noon) };
        let mut cursor = Cursor { read: BTreeMap::from([(ObjectType::Deal, mark)]), ..Cursor::new() };

        assert!(matches!(cursor.begin(ObjectType::Deal, noon + SignedDuration::from_hours(23)), Place::Changed { .. }));
        assert!(matches!(cursor.begin(ObjectType::Deal, noon + SignedDuration::from_hours(24)), Place::Whole { .. }));
        cursor.list_again(&[ObjectType::Deal]);
        assert!(matches!(cursor.begin(ObjectType::Deal, noon), Place::Whole { .. }));
    }
}
