//! Texts with placeholders. Which there are is fixed and checked when a rule is made; what stands for them is put on one line
//! and shortened, so that nobody who writes to the advisor can add a line, a header or a placeholder of their own.

use std::collections::BTreeMap;

use super::kinds::{self, Scope};
use crate::model::rule::Family;

/// The longest value.
const LONGEST: usize = 300;

/// A placeholder, what it needs, and what it stands for.
pub struct Placeholder {
    pub name: &'static str,
    /// Which events have it; none for all of them.
    pub family: Option<Family>,
    /// Of these, only HubSpot contacts.
    contacts: bool,
    pub about: &'static str,
}

const fn of(family: Family, name: &'static str, about: &'static str) -> Placeholder {
    Placeholder { name, family: Some(family), contacts: false, about }
}

const fn of_contact(name: &'static str, about: &'static str) -> Placeholder {
    Placeholder { name, family: Some(Family::Crm), contacts: true, about }
}

const fn always(name: &'static str, about: &'static str) -> Placeholder {
    Placeholder { name, family: None, contacts: false, about }
}

pub const ALL: &[Placeholder] = &[
    of(Family::Mail, "sender_name", "the sender's name"),
    of(Family::Mail, "sender_first_name", "the sender's first name"),
    of(Family::Mail, "sender_email", "the sender's address"),
    of(Family::Mail, "subject", "the mail's subject"),
    of(Family::Mail, "snippet", "how the mail begins"),
    of(Family::Calendar, "event_summary", "the event's title"),
    of(Family::Calendar, "event_start", "when it begins"),
    of(Family::Calendar, "event_end", "when it ends"),
    of(Family::Calendar, "event_location", "where it is"),
    of(Family::Calendar, "event_url", "its link"),
    of_contact("contact_name", "the contact's name"),
    of_contact("contact_first_name", "the contact's first name"),
    of_contact("contact_email", "the contact's address"),
    of(Family::Crm, "record_name", "what the record is called"),
    of(Family::Crm, "record_type", "contact, company, deal or note"),
    of(Family::Crm, "property", "the property that changed"),
    of(Family::Crm, "value", "what it changed to"),
    always("date", "the day it happened"),
    always("advisor_name", "the advisor's name"),
];

impl Placeholder {
    pub fn is_in(&self, scope: &Scope) -> bool {
        self.family.is_none_or(|family| scope.is(family)) && (!self.contacts || scope.contacts)
    }
}

/// Whether every placeholder of a text has a value for such events. The error is a sentence.
pub fn check(text: &str, scope: &Scope) -> Result<(), String> {
    for part in parts(text)? {
        let Part::Value(name) = part else { continue };
        let known = ALL.iter().filter(|placeholder| placeholder.is_in(scope));
        if known.clone().any(|placeholder| placeholder.name == name) {
            continue;
        }
        let names: Vec<&str> = known.map(|placeholder| placeholder.name).collect();
        let there_are = names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
        return Err(match kinds::like(name, names.iter().copied()) {
            Some(meant) => format!("there is no placeholder {{{name}}} for such events. Did you mean {{{meant}}}?"),
            None => format!("there is no placeholder {{{name}}} for such events. There are {there_are}."),
        });
    }
    Ok(())
}

/// The text with its values. What is not known stands for nothing.
pub fn fill(text: &str, values: &BTreeMap<&'static str, String>) -> String {
    let Ok(parts) = parts(text) else { return text.to_owned() };
    let filled = parts.into_iter().map(|part| match part {
        Part::Text(text) => text.to_owned(),
        Part::Value(name) => values.get(name).map(|value| plain(value)).unwrap_or_default(),
    });
    filled.collect()
}

/// On one line, without what cannot be seen or turns the direction of writing, and not too long.
pub fn plain(value: &str) -> String {
    let seen = |c: char| {
        let is_hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}');
        if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { Some(' ') } else { (!is_hidden).then_some(c) }
    };
    let line: String = value.chars().filter_map(seen).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

enum Part<'a> {
    Text(&'a str),
    Value(&'a str),
}

/// `{name}` is a value, `{{` and `}}` are braces.
fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        parts.push(Part::Text(&rest[..at]));
        let from = &rest[at..];
        if from.starts_with("{{") || from.starts_with("}}") {
            parts.push(Part::Text(&from[..1]));
            rest = &from[2..];
            continue;
        }
        let name = from.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        match name {
            Some((name, after)) if is_name(name.trim()) => {
                parts.push(Part::Value(name.trim()));
                rest = after;
            }
            _ => return Err("a brace that belongs to no placeholder is written {{ or }}.".into()),
        }
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(name: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([("sender_name", name.to_owned()), ("subject", "Saturday".to_owned())])
    }

    #[test]
    fn a_value_takes_the_place_of_its_name() {
        let text = "Hi {sender_name},\n\n{{{subject}}} { subject }";
        assert_eq!(fill(text, &values("Nora")), "Hi Nora,\n\n{Saturday} Saturday");
    }

    #[test]
    fn a_value_cannot_bring_a_line_or_a_placeholder_of_its_own() {
        let filled = fill("Hi {sender_name}!", &values("Nora\r\nBcc: all@evil.example\n{subject}\u{202e}"));
        assert_eq!(filled, "Hi Nora Bcc: all@evil.example {subject}!");
    }

    #[test]
    fn names_are_checked_against_what_sets_the_rule_off() {
        let mail = Scope::of("gmail.message.received");
        assert_eq!(check("Hi {sender_first_name}, {{really}}", &mail), Ok(()));
        assert!(check("{sender_frist_name}", &mail).unwrap_err().contains("Did you mean {sender_first_name}?"));
        assert!(check("{event_start}", &mail).unwrap_err().contains("no placeholder"));
        assert!(check("{subject", &mail).is_err() && check("}", &mail).is_err());
        assert!(check("{contact_name}", &Scope::of("hubspot.contact.creation")).is_ok());
        assert!(check("{contact_name}", &Scope::of("hubspot.deal.creation")).is_err());
        assert!(check("{subject}", &Scope::of("*")).is_err());
    }

    proptest! {
        #[test]
        fn whatever_the_values_are_the_lines_of_a_text_stay(name in any::<String>()) {
            let filled = fill("Dear {sender_name},\nthank you.\n", &values(&name));
            prop_assert_eq!(filled.lines().count(), 2);
            prop_assert!(filled.starts_with("Dear ") && filled.ends_with(",\nthank you.\n"));
            prop_assert!(filled.chars().count() < 400);
        }
    }
}
