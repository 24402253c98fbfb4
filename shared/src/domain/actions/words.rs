//! What the advisor's own words ask for: which kind of change, and whom or what it is about.
//!
//! By plain comparison, in English, as [`crate::domain::chat`] tells orders from questions: what is said otherwise is asked
//! about, never guessed.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use crate::model::action::Action;
use crate::model::calendar::{CalendarEvent, Span};
use crate::model::crm::Contact;

/// What says that a kind of change is wanted: one of these words, or one of the second list together with one of the third.
struct Cue {
    one_of: &'static [&'static str],
    or: &'static [&'static str],
    with: &'static [&'static str],
}

const MAIL: Cue = Cue {
    one_of: &[
        "email",
        "emails",
        "mail",
        "mails",
        "write",
        "send",
        "reply",
        "respond",
        "answer",
        "forward",
        "tell",
        "draft",
        "remind",
        "ask",
        "message",
        "thank",
        "invite",
        "confirm",
        "congratulate",
    ],
    or: &["let"],
    with: &["know"],
};
const NEW_EVENT: Cue = Cue {
    one_of: &[
        "schedule",
        "book",
        "arrange",
        "invite",
        "block",
        "reserve",
        "appointment",
        "meeting",
        "event",
        "calendar",
        "reminder",
    ],
    or: &["set", "plan", "put", "add", "create", "remind"],
    with: &["call", "review", "lunch", "session", "hour", "visit", "coffee", "dinner", "breakfast", "time", "check"],
};
const OTHER_EVENT: Cue = Cue {
    one_of: &[
        "move",
        "reschedule",
        "change",
        "postpone",
        "update",
        "shift",
        "push",
        "invite",
        "rename",
        "extend",
        "shorten",
        "bring",
        "delay",
        "include",
    ],
    or: &["add", "put", "make"],
    with: &["appointment", "meeting", "event", "calendar", "call", "review", "lunch", "session"],
};
const NO_EVENT: Cue =
    Cue { one_of: &["cancel", "delete", "remove", "drop", "decline", "clear"], or: &["call"], with: &["off"] };
const NEW_CONTACT: Cue = Cue {
    one_of: &["add", "create", "new", "save"],
    or: &["put", "set", "enter", "log"],
    with: &["contact", "hubspot", "crm"],
};
const OTHER_CONTACT: Cue = Cue {
    one_of: &["update", "change", "correct", "fix", "record", "mark"],
    or: &["add", "set", "put", "make", "move", "enter", "log"],
    with: &["phone", "number", "address", "contact", "crm", "hubspot", "record", "email", "title", "company", "stage"],
};
const NOTE: Cue = Cue {
    one_of: &["note", "notes", "log", "jot", "remember"],
    or: &["add", "put", "write", "keep", "save", "enter", "record"],
    with: &["record", "crm", "hubspot", "file", "contact", "that"],
};

/// What an order is made of besides names. A record that is called like that is not named by it, whatever else it is called.
const COMMON: &[&str] = &[
    "a",
    "about",
    "account",
    "add",
    "after",
    "again",
    "agenda",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "appointment",
    "appointments",
    "april",
    "are",
    "arrange",
    "as",
    "ask",
    "at",
    "attach",
    "august",
    "be",
    "because",
    "been",
    "before",
    "between",
    "block",
    "book",
    "but",
    "by",
    "calendar",
    "call",
    "called",
    "can",
    "cancel",
    "change",
    "city",
    "client",
    "clients",
    "confirm",
    "contact",
    "contacts",
    "copy",
    "could",
    "create",
    "crm",
    "date",
    "day",
    "deal",
    "december",
    "delete",
    "did",
    "do",
    "document",
    "documents",
    "done",
    "draft",
    "e",
    "email",
    "emails",
    "event",
    "everybody",
    "everyone",
    "everything",
    "family",
    "february",
    "file",
    "files",
    "for",
    "form",
    "forward",
    "free",
    "friday",
    "from",
    "get",
    "go",
    "had",
    "has",
    "have",
    "he",
    "hello",
    "her",
    "here",
    "him",
    "his",
    "hour",
    "hours",
    "how",
    "hubspot",
    "i",
    "if",
    "in",
    "instead",
    "into",
    "invite",
    "is",
    "it",
    "its",
    "january",
    "job",
    "july",
    "june",
    "just",
    "know",
    "last",
    "late",
    "let",
    "list",
    "ll",
    "log",
    "lunch",
    "m",
    "mail",
    "mails",
    "make",
    "march",
    "me",
    "meet",
    "meeting",
    "meetings",
    "message",
    "minute",
    "minutes",
    "mobile",
    "monday",
    "money",
    "month",
    "morning",
    "move",
    "my",
    "name",
    "need",
    "new",
    "next",
    "no",
    "noon",
    "not",
    "note",
    "notes",
    "november",
    "now",
    "number",
    "o",
    "october",
    "of",
    "off",
    "on",
    "one",
    "or",
    "our",
    "out",
    "papers",
    "people",
    "person",
    "phone",
    "plan",
    "please",
    "pm",
    "portfolio",
    "postpone",
    "put",
    "quarter",
    "re",
    "record",
    "remind",
    "reminder",
    "reply",
    "reschedule",
    "review",
    "s",
    "said",
    "saturday",
    "save",
    "say",
    "says",
    "schedule",
    "send",
    "september",
    "set",
    "she",
    "should",
    "soon",
    "stage",
    "subject",
    "sunday",
    "t",
    "tell",
    "text",
    "than",
    "thank",
    "thanks",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "they",
    "this",
    "thursday",
    "time",
    "title",
    "to",
    "today",
    "tomorrow",
    "tuesday",
    "until",
    "up",
    "update",
    "us",
    "ve",
    "want",
    "wants",
    "was",
    "we",
    "wednesday",
    "week",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "will",
    "with",
    "would",
    "write",
    "year",
    "yes",
    "yesterday",
    "yet",
    "you",
    "your",
];

/// What the advisor said: this message, and those of theirs that it goes on from.
pub struct Words {
    said: String,
    /// Of all of it, and of the last message alone.
    all: BTreeSet<String>,
    last: BTreeSet<String>,
    letters: String,
}

impl Words {
    /// `messages` are the advisor's own, oldest first.
    pub fn of(messages: &[String]) -> Self {
        let said = messages.join("\n").to_lowercase();
        let last = messages.last().map(|last| tokens(last)).unwrap_or_default();
        Self { all: tokens(&said), last, letters: letters(&said), said }
    }

    /// Whether they ask for a change of this kind.
    pub fn ask_for(&self, action: &Action) -> bool {
        let cue = match action {
            Action::SendEmail { .. } => MAIL,
            Action::ScheduleEvent { .. } => NEW_EVENT,
            Action::UpdateEvent { .. } => OTHER_EVENT,
            Action::CancelEvent { .. } => NO_EVENT,
            Action::CreateContact { .. } => NEW_CONTACT,
            Action::UpdateContact { .. } => OTHER_CONTACT,
            Action::CreateNote { .. } => NOTE,
            // It is always shown first.
            Action::CreateMemoryRule { .. } => return true,
        };
        let say = |words: &[&str]| words.iter().any(|word| self.all.contains(*word));
        say(cue.one_of) || say(cue.or) && say(cue.with)
    }

    /// Whether an address, in lower case, stands in them whole.
    pub fn have_address(&self, address: &str) -> bool {
        names(&self.said, address)
    }

    /// Whether a value stands in them, however its letters and digits are set apart.
    pub fn hold(&self, value: &str) -> bool {
        let value = letters(&value.to_lowercase());
        value.is_empty() || self.letters.contains(&value)
    }

    /// The parts of a contact's name that stand in them.
    pub fn name_of(&self, contact: &Contact) -> BTreeSet<String> {
        let name = tokens(&format!("{} {}", contact.first_name, contact.last_name));
        name.into_iter().filter(|part| is_telling(part) && self.all.contains(part)).collect()
    }

    /// Whether they fit `other` as well as they fit `contact`, or better. What tells namesakes apart counts only where the
    /// advisor was asked which of them is meant: in a message that has no name in it.
    pub fn fit_also(&self, other: &Contact, contact: &Contact) -> bool {
        let name = self.name_of(contact);
        if !self.name_of(other).is_superset(&name) {
            return false;
        }
        let answers = name.is_disjoint(&self.last);
        !answers || self.marks(other).is_superset(&self.marks(contact))
    }

    /// What of the last message tells a contact from namesakes.
    fn marks(&self, contact: &Contact) -> BTreeSet<String> {
        let facts = [&contact.job_title, &contact.company, &contact.email, &contact.phone];
        let facts = facts.into_iter().flatten().map(String::as_str);
        let places = ["city", "state"].iter().filter_map(|name| contact.property(name));
        let own = [contact.first_name.as_str(), &contact.last_name, &contact.hubspot_id];
        let all: Vec<&str> = own.into_iter().chain(facts).chain(places).collect();
        tokens(&all.join(" ")).into_iter().filter(|fact| is_telling(fact) && self.last.contains(fact)).collect()
    }

    /// Whether they name an event: a word of its title, somebody who is invited, or the time at which it begins.
    pub fn name_event(&self, event: &CalendarEvent, zone: &TimeZone) -> bool {
        let guests: Vec<&str> = event.guests().flat_map(|guest| [guest.name.as_str(), guest.email.as_str()]).collect();
        let called = tokens(&format!("{} {}", event.summary, guests.join(" ")));
        // A meeting may well be called one.
        let is_called = called.iter().any(|part| part.chars().count() > 3 && self.all.contains(part));
        is_called || matches!(event.span, Some(Span::Time { from, .. }) if self.have_hour(&from.to_zoned(zone.clone())))
    }

    /// `3 pm`, `3pm`, `15:00`, `3:30`; `noon`.
    fn have_hour(&self, at: &jiff::Zoned) -> bool {
        let (hour, minute) = (at.hour(), at.minute());
        let half = if hour < 12 { "am" } else { "pm" };
        let small = if hour % 12 == 0 { 12 } else { hour % 12 };
        let mut ways = vec![format!("{hour}:{minute:02}"), format!("{small}:{minute:02}")];
        if minute == 0 {
            ways.extend([format!("{small} {half}"), format!("{small}{half}"), format!("{small} o'clock")]);
        }
        if (hour, minute) == (12, 0) {
            ways.push("noon".into());
        }
        ways.iter().any(|way| {
            self.said.match_indices(way.as_str()).any(|(at, _)| {
                let before = self.said[..at].chars().next_back();
                let after = self.said[at + way.len()..].chars().next();
                !before.is_some_and(|c| c.is_ascii_digit() || c == ':') && !after.is_some_and(char::is_alphanumeric)
            })
        })
    }
}

/// Whether a word can be part of a name that an order names.
fn is_telling(word: &str) -> bool {
    word.chars().count() > 1 && !COMMON.contains(&word)
}

fn tokens(text: &str) -> BTreeSet<String> {
    let text = text.to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether an address stands in the text whole, and not as a part of a longer one. Both are in lower case.
pub fn names(words: &str, address: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@' | '%');
    words.match_indices(address).any(|(at, _)| {
        let before = words[..at].chars().next_back();
        let mut after = words[at + address.len()..].chars();
        let next = after.next();
        // A full stop may end the sentence.
        let ends = match next {
            Some('.') => !after.next().is_some_and(inside),
            Some(c) => !inside(c),
            None => true,
        };
        !before.is_some_and(inside) && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(messages: &[&str]) -> Words {
        Words::of(&messages.iter().map(|message| (*message).to_owned()).collect::<Vec<_>>())
    }

    fn contact(id: &str, first: &str, last: &str, job: &str) -> Contact {
        Contact {
            hubspot_id: id.into(),
            first_name: first.into(),
            last_name: last.into(),
            email: None,
            other_emails: Vec::new(),
            phone: None,
            company: None,
            job_title: Some(job.into()),
            lifecycle_stage: None,
            owner_id: None,
            company_ids: Vec::new(),
            properties: Default::default(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            updated_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_address_is_named_only_whole() {
        assert!(names("write to bill@example.com.", "bill@example.com"));
        assert!(names("bill@example.com, please", "bill@example.com"));
        assert!(!names("write to bill@example.com.evil.example", "bill@example.com"));
        assert!(!names("write to otherbill@example.com", "bill@example.com"));
        assert!(!names("write to bill@example.community", "bill@example.com"));
    }

    #[test]
    fn a_name_is_parts_of_a_name_and_no_words_of_the_order() {
        let said = words(&["Send Greg’s mother-in-law Ann-Lee a mail about the note"]);
        let parts =
            |first: &str, last: &str| said.name_of(&contact("1", first, last, "")).into_iter().collect::<Vec<_>>();

        assert_eq!(parts("Greg", "Hall"), ["greg"]);
        assert_eq!(parts("Ann-Lee", "Novak"), ["ann", "lee"]);
        assert!(parts("Gregory", "Halls").is_empty());
        assert!(parts("Mail", "The Note About").is_empty(), "nobody is called like an order");
        assert!(parts("S", "A").is_empty());
    }

    #[test]
    fn namesakes_are_told_apart_only_where_the_advisor_was_asked() {
        let (hall, novak) = (contact("1", "Greg", "Hall", "Retired engineer"), contact("2", "Greg", "Novak", "Brewer"));
        let lunch = contact("3", "Greg", "", "Phone lunch brewer");

        let said = words(&["Change Greg's phone to 970-555-0199"]);
        assert!(said.fit_also(&novak, &hall) && said.fit_also(&hall, &novak) && said.fit_also(&hall, &lunch));
        let said = words(&["Change Greg's phone to 970-555-0199", "the retired engineer"]);
        assert!(!said.fit_also(&novak, &hall) && said.fit_also(&hall, &novak) && said.fit_also(&hall, &lunch));
        let whole = words(&["Change Greg Hall's phone"]);
        assert!(!whole.fit_also(&novak, &hall) && !whole.fit_also(&lunch, &hall) && whole.fit_also(&hall, &lunch));
        let more = contact("4", "Greg Hall", "Send", "");
        assert!(whole.fit_also(&more, &hall), "whoever has more of a name in it may be meant as well");
    }

    #[test]
    fn an_order_asks_for_its_own_kind_of_change() {
        let kinds = [
            ("send_email", serde_json::json!({ "to": [], "subject": "x", "body": "x" })),
            (
                "schedule_event",
                serde_json::json!({ "summary": "x", "start": "2027-03-02T15:00:00Z", "end": "2027-03-02T16:00:00Z", "time_zone": "UTC" }),
            ),
            ("update_event", serde_json::json!({ "event_id": "x", "time_zone": "UTC" })),
            ("cancel_event", serde_json::json!({ "event_id": "x", "summary": "x", "send_updates": true })),
            ("update_contact", serde_json::json!({ "contact_id": "1", "name": "x", "properties": {} })),
            ("create_note", serde_json::json!({ "contact_id": "1", "name": "x", "note_body": "x" })),
        ];
        for (said, wanted) in [
            ("Add a note to Greg's file: called about the closing.", "create_note"),
            ("Let Greg know that I am late", "send_email"),
            ("Set up a call with Nora tomorrow at 3", "schedule_event"),
            ("Move my 3 pm to Friday", "update_event"),
            ("Call off my 3 pm", "cancel_event"),
            ("Correct Greg's number: 970 555 0199", "update_contact"),
        ] {
            for (tool, fields) in &kinds {
                let mut json = fields.clone();
                json["tool"] = (*tool).into();
                let action: Action = serde_json::from_value(json).unwrap();
                assert_eq!(words(&[said]).ask_for(&action), *tool == wanted, "{said}: {tool}");
            }
        }
    }

    #[test]
    fn values_stand_in_the_words_however_they_are_written() {
        let said = words(&["Greg's new number is 970-555-0199, and he lives in Fort Collins"]);
        assert!(said.hold("(970) 555 0199") && said.hold("Fort Collins"));
        assert!(!said.hold("+1 900 555 0199") && !said.hold("greg@evil.example"));
    }

    #[test]
    fn an_hour_is_recognised_as_people_write_it() {
        let at = |time: &str| time.parse::<jiff::Zoned>().unwrap();
        let three = at("2026-11-27T15:00:00-07:00[America/Denver]");
        for said in ["Move my 3 pm to Friday", "cancel the 3pm", "Move the 15:00", "my 3 o'clock"] {
            assert!(words(&[said]).have_hour(&three), "{said}");
        }
        for said in ["Move my 13 pm", "cancel the 3 pmx", "at 15:00:30? 215:00"] {
            assert!(!words(&[said]).have_hour(&at("2026-11-27T15:30:00-07:00[America/Denver]")), "{said}");
        }
        assert!(!words(&["my 13 pm"]).have_hour(&three));
        assert!(words(&["the lunch at noon"]).have_hour(&at("2026-11-27T12:00:00-07:00[America/Denver]")));
    }
}
