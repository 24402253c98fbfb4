//! The types of events a rule can be set off by, under all the names they go by.

use std::collections::BTreeSet;

use crate::model::event::{CALENDAR_CANCELLED, CALENDAR_CREATED, CALENDAR_UPDATED, MESSAGE_RECEIVED};
use crate::model::rule::{Family, glob};

/// All there are.
pub const ALL: &[&str] = &[
    MESSAGE_RECEIVED,
    CALENDAR_CREATED,
    CALENDAR_UPDATED,
    CALENDAR_CANCELLED,
    "hubspot.contact.creation",
    "hubspot.contact.propertyChange",
    "hubspot.contact.deletion",
    "hubspot.contact.merge",
    "hubspot.contact.restore",
    "hubspot.contact.associationChange",
    "hubspot.company.creation",
    "hubspot.company.propertyChange",
    "hubspot.company.deletion",
    "hubspot.company.merge",
    "hubspot.company.restore",
    "hubspot.company.associationChange",
    "hubspot.deal.creation",
    "hubspot.deal.propertyChange",
    "hubspot.deal.deletion",
    "hubspot.deal.merge",
    "hubspot.deal.restore",
    "hubspot.deal.associationChange",
    "hubspot.note.creation",
    "hubspot.note.propertyChange",
    "hubspot.note.deletion",
    "hubspot.note.restore",
    "hubspot.note.associationChange",
];

/// Other names for them: the seed's, and those people try. In lower case.
const ALIASES: &[(&str, &str)] = &[
    ("gmail.email_received", MESSAGE_RECEIVED),
    ("gmail.email.received", MESSAGE_RECEIVED),
    ("gmail.message.new", MESSAGE_RECEIVED),
    ("gmail.message_received", MESSAGE_RECEIVED),
    ("email.received", MESSAGE_RECEIVED),
    ("calendar.event.deleted", CALENDAR_CANCELLED),
    ("calendar.event.canceled", CALENDAR_CANCELLED),
    ("calendar.event.changed", CALENDAR_UPDATED),
    ("calendar.event_created", CALENDAR_CREATED),
    ("calendar.event_updated", CALENDAR_UPDATED),
    ("calendar.event_cancelled", CALENDAR_CANCELLED),
];

/// Verbs people write for HubSpot's nouns.
const CHANGES: &[(&str, &str)] = &[
    ("created", "creation"),
    ("updated", "propertyChange"),
    ("changed", "propertyChange"),
    ("propertychange", "propertyChange"),
    ("property_change", "propertyChange"),
    ("deleted", "deletion"),
    ("merged", "merge"),
    ("restored", "restore"),
    ("associationchange", "associationChange"),
];

/// The trigger under its own name. The error is a sentence.
pub fn resolve(given: &str) -> Result<String, String> {
    let lower = given.trim().to_lowercase();
    if let Some((_, name)) = ALIASES.iter().find(|(alias, _)| *alias == lower) {
        return Ok((*name).to_owned());
    }
    let changes = |part: &str| CHANGES.iter().find(|(verb, _)| *verb == part).map_or(part, |(_, noun)| noun).to_owned();
    let canonical = match lower.starts_with("hubspot.") || lower.starts_with("*.") {
        true => lower.split('.').map(changes).collect::<Vec<_>>().join("."),
        false => lower.clone(),
    };
    if ALL.iter().any(|known| glob(&canonical, known)) {
        return Ok(canonical);
    }
    let names = ALL.iter().copied().chain(ALIASES.iter().map(|(alias, _)| *alias));
    let meant = like(&lower, names).map(|name| ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |a| a.1));
    Err(match meant {
        Some(meant) => format!("there is no event `{given}`. Did you mean `{meant}`?"),
        None => format!(
            "there is no event `{given}`. There are {MESSAGE_RECEIVED}, {CALENDAR_CREATED}, {CALENDAR_UPDATED}, \
             {CALENDAR_CANCELLED}, and those of HubSpot such as hubspot.contact.creation; `*` stands for anything."
        ),
    })
}

/// The one of `known` that was probably meant.
pub fn like<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const ALIKE: f64 = 0.6;
    let scored = known.map(|name| (strsim::normalized_damerau_levenshtein(given, &name.to_lowercase()), name));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// What a rule with this trigger can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    families: BTreeSet<Family>,
    /// Only HubSpot contacts set it off.
    pub contacts: bool,
}

impl Scope {
    pub fn of(trigger: &str) -> Self {
        let types = || ALL.iter().filter(|known| glob(trigger, known));
        Self {
            families: types().map(|name| family(name)).collect(),
            contacts: types().all(|name| name.starts_with("hubspot.contact.")),
        }
    }

    /// Whether it is always about this, and never about something else.
    pub fn is(&self, family: Family) -> bool {
        self.families.len() == 1 && self.families.contains(&family)
    }
}

fn family(event_type: &str) -> Family {
    match event_type.split('.').next() {
        Some("gmail") => Family::Mail,
        Some("calendar") => Family::Calendar,
        _ => Family::Crm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_seed_and_of_habit_are_understood() {
        for (given, name) in [
            ("gmail.message.received", MESSAGE_RECEIVED),
            ("gmail.email_received", MESSAGE_RECEIVED),
            ("Calendar.Event.Deleted", CALENDAR_CANCELLED),
            ("hubspot.contact.creation", "hubspot.contact.creation"),
            ("hubspot.contact.created", "hubspot.contact.creation"),
            ("hubspot.deal.updated", "hubspot.deal.propertyChange"),
            ("hubspot.*.propertychange", "hubspot.*.propertyChange"),
            ("gmail.*", "gmail.*"),
            ("*", "*"),
        ] {
            assert_eq!(resolve(given).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_is_no_event_is_met_with_the_one_that_was_meant() {
        assert!(resolve("gmial.mesage.received").unwrap_err().ends_with("Did you mean `gmail.message.received`?"));
        assert!(resolve("gmail.email_recieved").unwrap_err().ends_with("Did you mean `gmail.message.received`?"));
        assert!(resolve("hubspot.contact.create").unwrap_err().contains("`hubspot.contact.creation`"));
        assert!(resolve("gmail.calendar.*").unwrap_err().contains("no event"));
        assert!(resolve("the phone rings").unwrap_err().contains("There are gmail.message.received"));
    }

    #[test]
    fn a_trigger_for_several_kinds_is_about_none_of_them_alone() {
        assert!(Scope::of("gmail.*").is(Family::Mail));
        assert!(Scope::of("hubspot.contact.*").contacts && Scope::of("hubspot.contact.creation").is(Family::Crm));
        assert!(!Scope::of("hubspot.*").contacts && Scope::of("hubspot.*").is(Family::Crm));
        assert!(!Scope::of("*").is(Family::Mail));
    }
}
