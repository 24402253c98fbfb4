//! What somebody looks for in a calendar: words, and the addresses of the people the words may name.

use crate::domain::tools::Caller;
use crate::error::Result;
use crate::model::calendar::CalendarEvent;
use crate::store::contacts;

/// Words that say that something is an event, or that tie others together.
const SAY_NOTHING: &[&str] = &[
    "a",
    "about",
    "an",
    "and",
    "any",
    "appointment",
    "appointments",
    "at",
    "calendar",
    "call",
    "calls",
    "do",
    "event",
    "events",
    "for",
    "have",
    "i",
    "in",
    "is",
    "last",
    "me",
    "meet",
    "meeting",
    "meetings",
    "my",
    "next",
    "of",
    "on",
    "our",
    "schedule",
    "scheduled",
    "the",
    "there",
    "to",
    "upcoming",
    "was",
    "what",
    "when",
    "with",
];
/// People of one name at most.
const PEOPLE: i64 = 20;

/// Nothing wanted fits everything.
#[derive(Default)]
pub struct Wanted {
    /// Lower case; all have to be there.
    words: Vec<String>,
    /// Of the contacts that have all the words: one person is known by several.
    addresses: Vec<String>,
}

impl Wanted {
    pub async fn read(caller: &Caller<'_>, text: Option<&str>) -> Result<Self> {
        let words: Vec<String> = text
            .unwrap_or_default()
            .to_lowercase()
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '?' | '!' | '"' | '<' | '>' | '(' | ')'))
            .map(|word| word.trim_end_matches("'s").trim_matches(['.', ':', ';', '\'']).to_owned())
            .filter(|word| !word.is_empty() && !SAY_NOTHING.contains(&word.as_str()))
            .collect();
        if words.is_empty() {
            return Ok(Self::default());
        }
        let mut db = caller.world.db().await?;
        let tenant = db.tenant(caller.owner).await?;
        let people = contacts::find(&tenant, &words, PEOPLE).await?;
        tenant.commit().await?;
        let addresses = people.into_iter().flat_map(|person| person.email.into_iter().chain(person.other_emails));
        Ok(Self { words, addresses: addresses.collect() })
    }

    /// Whether somebody wanted takes part.
    pub fn is_with(&self, event: &CalendarEvent) -> bool {
        self.is_in(&people(event)) || self.knows(event)
    }

    /// Whether it is about what is wanted, or with whom.
    pub fn is_about(&self, event: &CalendarEvent) -> bool {
        let text = format!("{} {} {} {}", event.summary, event.location, event.description, people(event));
        self.is_in(&text) || self.knows(event)
    }

    fn is_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.words.iter().all(|word| text.contains(word.as_str()))
    }

    fn knows(&self, event: &CalendarEvent) -> bool {
        event.attendees.iter().any(|attendee| self.addresses.contains(&attendee.email))
    }
}

fn people(event: &CalendarEvent) -> String {
    let mut text = String::new();
    for attendee in &event.attendees {
        text += &format!("{} {} ", attendee.name, attendee.email);
    }
    if let Some(organizer) = &event.organizer {
        text += &format!("{} {}", organizer.name, organizer.email);
    }
    text
}
