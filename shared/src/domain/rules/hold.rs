//! Whether the conditions of a policy hold: plain comparisons over facts, without a model.

use schemars::JsonSchema;
use serde::Serialize;

use super::situation::{Hubspot, Situation};
use super::template::plain;
use crate::model::event::Facts;
use crate::model::rule::{Condition, Fact};

/// One condition, and what was found of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RuleConditionHeld")]
pub struct Held {
    /// The condition, in words.
    pub condition: String,
    pub holds: bool,
    /// What it was compared with: other people's words, on one line.
    pub value: String,
}

pub fn all(situation: &Situation, conditions: &[Condition]) -> Vec<Held> {
    conditions.iter().map(|condition| one(situation, condition)).collect()
}

fn one(situation: &Situation, condition: &Condition) -> Held {
    let (so, value) = so(situation, condition);
    let holds = so.is_some_and(|so| so != condition.negated);
    Held { condition: condition.words(), holds, value: plain(&value) }
}

/// Whether the fact is so, if that can be said at all; and what was looked at.
fn so(situation: &Situation, condition: &Condition) -> (Option<bool>, String) {
    let fact = condition.fact;
    if fact.needs_hubspot() && situation.hubspot == Hubspot::Away {
        return (None, "HubSpot is not connected".into());
    }
    let wanted = condition.value.as_deref().unwrap_or_default();
    match &situation.event.facts {
        Facts::Email { from, to, cc, subject, .. } => match fact {
            Fact::SenderInHubspot => (Some(situation.known.contains_key(&from.email)), from.email.clone()),
            Fact::SenderAddress => (Some(from.email == wanted), from.email.clone()),
            Fact::SenderDomain => (Some(is_at(&from.email, wanted)), from.email.clone()),
            Fact::SenderName => (Some(contains(&from.name, wanted)), from.name.clone()),
            Fact::Recipient => {
                let all: Vec<&str> = to.iter().chain(cc).map(|mailbox| mailbox.email.as_str()).collect();
                (Some(all.contains(&wanted)), all.join(", "))
            }
            Fact::SubjectContains => (Some(contains(subject, wanted)), subject.clone()),
            Fact::TextContains => {
                let body = situation.letter.as_ref().map(|letter| letter.body.as_str()).unwrap_or_default();
                let text = format!("{subject}\n{body}");
                (Some(contains(&text, wanted)), text)
            }
            _ => (None, "not an e-mail's".into()),
        },
        Facts::Calendar { summary, location, own, all_day, .. } => {
            let people = situation.people();
            let addresses = || people.iter().map(|person| person.email.as_str()).collect::<Vec<_>>().join(", ");
            match fact {
                Fact::OrganizerIsAdvisor => (Some(*own), if *own { "you" } else { "somebody else" }.into()),
                Fact::HasAttendees => (Some(!people.is_empty()), addresses()),
                Fact::AttendeeInHubspot => {
                    let known = people.iter().filter(|person| situation.known.contains_key(&person.email));
                    let known: Vec<&str> = known.map(|person| person.email.as_str()).collect();
                    (Some(!known.is_empty()), known.join(", "))
                }
                Fact::AttendeeAddress => (Some(people.iter().any(|person| person.email == wanted)), addresses()),
                Fact::AttendeeDomain => (Some(people.iter().any(|person| is_at(&person.email, wanted))), addresses()),
                Fact::SummaryContains => (Some(contains(summary, wanted)), summary.clone()),
                Fact::LocationContains => {
                    let location = location.clone().unwrap_or_default();
                    (Some(contains(&location, wanted)), location)
                }
                Fact::AllDay => (Some(*all_day), if *all_day { "all day" } else { "at a time" }.into()),
                _ => (None, "not a calendar event's".into()),
            }
        }
        Facts::Crm { object_type, name, property, value, .. } => {
            let said = |text: &Option<String>| text.clone().unwrap_or_default();
            match fact {
                Fact::RecordType => (Some(object_type == wanted), object_type.clone()),
                Fact::RecordNameContains => (Some(contains(name, wanted)), name.clone()),
                Fact::HasEmail => {
                    let email = situation.record_email();
                    (Some(email.is_some()), email.unwrap_or_default())
                }
                Fact::EmailDomain => {
                    let email = situation.record_email().unwrap_or_default();
                    (Some(is_at(&email, wanted)), email)
                }
                Fact::PropertyIs => {
                    (Some(property.as_deref().is_some_and(|p| p.eq_ignore_ascii_case(wanted))), said(property))
                }
                Fact::ValueIs => (Some(value.as_deref().is_some_and(|v| same(v, wanted))), said(value)),
                _ => (None, "not a HubSpot record's".into()),
            }
        }
    }
}

fn contains(text: &str, wanted: &str) -> bool {
    spaced(text).contains(&spaced(wanted))
}

fn same(text: &str, wanted: &str) -> bool {
    spaced(text) == spaced(wanted)
}

fn spaced(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether an address is at a domain, or at one below it.
fn is_at(email: &str, domain: &str) -> bool {
    let Some((_, host)) = email.rsplit_once('@') else { return false };
    let host = host.to_lowercase();
    host == domain || host.strip_suffix(domain).is_some_and(|below| below.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_whole_labels() {
        assert!(is_at("a@firm.example", "firm.example") && is_at("a@mail.firm.example", "firm.example"));
        assert!(!is_at("a@notfirm.example", "firm.example") && !is_at("firm.example", "firm.example"));
        assert!(!is_at("a@firm.example.evil.example", "firm.example"));
    }

    #[test]
    fn texts_are_compared_without_case_and_spacing() {
        assert!(contains("Out  of\nOffice: back Monday", "out of office"));
        assert!(!contains("In the office", "out of office"));
    }
}
