//! What stands for the placeholders of a policy's texts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::situation::Situation;
use super::template::plain;
use crate::model::crm::Contact;
use crate::model::event::Facts;
use crate::model::mail::Mailbox;

/// How much of a mail's beginning is told.
const SNIPPET: usize = 200;
/// For somebody whose name is not known, after "Hi".
const SOMEBODY: &str = "there";

pub fn of(situation: &Situation) -> BTreeMap<&'static str, String> {
    let mut values = BTreeMap::from([
        ("date", day(situation.event.occurred_at, &situation.zone)),
        ("advisor_name", situation.advisor.name.clone().unwrap_or_else(|| situation.advisor.email.clone())),
    ]);
    match &situation.event.facts {
        Facts::Email { from, subject, .. } => {
            let known = situation.known.get(&from.email);
            values.extend([
                ("sender_name", called(from, known)),
                ("sender_first_name", first_name(from, known)),
                ("sender_email", from.email.clone()),
                ("subject", if subject.trim().is_empty() { "(no subject)".into() } else { subject.clone() }),
                ("snippet", snippet(situation)),
            ]);
        }
        Facts::Calendar { summary, start, end, all_day, location, url, .. } => {
            let moment = |at: &Option<Timestamp>| match (at, all_day) {
                (None, _) => String::new(),
                // A day is the same one everywhere.
                (Some(at), true) => day(*at, &TimeZone::UTC),
                (Some(at), false) => {
                    at.to_zoned(situation.zone.clone()).strftime("%A, %-d %B %Y, %H:%M %Z").to_string()
                }
            };
            values.extend([
                ("event_summary", if summary.trim().is_empty() { "(no title)".into() } else { summary.clone() }),
                ("event_start", moment(start)),
                ("event_end", moment(end)),
                ("event_location", location.clone().filter(|place| !place.is_empty()).unwrap_or_else(|| "–".into())),
                ("event_url", url.clone()),
            ]);
        }
        Facts::Crm { object_type, name, property, value, .. } => {
            let contact = situation.contact.as_ref();
            let first = contact.map(|contact| contact.first_name.trim()).filter(|first| !first.is_empty());
            values.extend([
                ("record_name", name.clone()),
                ("record_type", object_type.clone()),
                ("property", property.clone().unwrap_or_default()),
                ("value", value.clone().unwrap_or_default()),
                ("contact_name", contact.map_or_else(|| name.clone(), Contact::name)),
                ("contact_first_name", first.unwrap_or(SOMEBODY).to_owned()),
                ("contact_email", situation.record_email().unwrap_or_default()),
            ]);
        }
    }
    values
}

fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%A, %-d %B %Y").to_string()
}

fn snippet(situation: &Situation) -> String {
    let Some(letter) = &situation.letter else { return String::new() };
    let text = if letter.body.trim().is_empty() { &letter.snippet } else { &letter.body };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SNIPPET) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

fn called(from: &Mailbox, known: Option<&Contact>) -> String {
    match (known, from.name.trim()) {
        (Some(contact), _) => contact.name(),
        (None, "") => from.email.clone(),
        (None, name) => name.to_owned(),
    }
}

fn first_name(from: &Mailbox, known: Option<&Contact>) -> String {
    let known = known.map(|contact| contact.first_name.trim()).filter(|first| !first.is_empty());
    let given = known.map_or_else(|| parts(&from.name).0, str::to_owned);
    if given.is_empty() { SOMEBODY.into() } else { given }
}

/// First and last name of a name as mail has it; empty where there is none, or an address stands in its place.
pub fn parts(name: &str) -> (String, String) {
    const LONGEST: usize = 100;
    let name = plain(name.trim_matches(['"', '\'', ' ']));
    if name.contains('@') || name.chars().count() > LONGEST {
        return Default::default();
    }
    let (first, last) = match name.split_once(',') {
        Some((last, first)) => (first, last),
        None => name.split_once(' ').unwrap_or((&name, "")),
    };
    (first.trim().to_owned(), last.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_as_people_write_them() {
        let parts = |name| {
            let (first, last) = parts(name);
            format!("{first}|{last}")
        };
        assert_eq!(parts("Nora Ellison"), "Nora|Ellison");
        assert_eq!(parts("\"Ellison, Nora\""), "Nora|Ellison");
        assert_eq!(parts("Juan de la Cruz"), "Juan|de la Cruz");
        assert_eq!(parts("Cher"), "Cher|");
        assert_eq!(parts("nora@ellison.example"), "|");
    }
}
