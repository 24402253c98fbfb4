//! A policy in plain words, as the advisor is asked to confirm it.

use std::fmt::Write;

use super::{Condition, Deed, Fact, Party, Policy, Recipient, glob};
use crate::model::event::{CALENDAR_CANCELLED, CALENDAR_CREATED, CALENDAR_UPDATED, MESSAGE_RECEIVED};

impl Policy {
    /// One sentence for what sets it off, one line for each thing that is done, one for the cap.
    pub fn words(&self) -> String {
        let mut text = happens(&self.trigger);
        for (at, condition) in self.conditions.iter().enumerate() {
            text += if at == 0 { ", if " } else { " and " };
            text += &condition.words();
        }
        if let Some(question) = &self.question {
            text += if self.conditions.is_empty() { ", if" } else { " and" };
            let _ = write!(text, " the assistant answers “{}” with yes", one_line(question));
        }
        text += ":";
        for (at, deed) in self.actions.iter().enumerate() {
            let _ = write!(text, "\n{}. {}", at + 1, deed.words());
        }
        let times = if self.max_per_day == 1 { "once".to_owned() } else { format!("{} times", self.max_per_day) };
        let _ = write!(text, "\nAt most {times} a day.");
        text
    }
}

fn happens(trigger: &str) -> String {
    let record = |kind: &str, verb: &str| {
        let what = match kind {
            "*" => "a HubSpot record".to_owned(),
            kind => format!("a HubSpot {kind}"),
        };
        format!("When {what} {verb}")
    };
    match trigger {
        MESSAGE_RECEIVED => "When an e-mail comes in".into(),
        CALENDAR_CREATED => "When a calendar event is made".into(),
        CALENDAR_UPDATED => "When a calendar event is changed".into(),
        CALENDAR_CANCELLED => "When a calendar event is cancelled".into(),
        "*" => "When anything happens".into(),
        other => {
            let mut parts = other.split('.');
            match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some("hubspot"), Some(kind), Some(change), None) => match change {
                    "creation" => record(kind, "is created"),
                    "propertyChange" => record(kind, "is changed"),
                    "deletion" => record(kind, "is deleted"),
                    "merge" => record(kind, "is merged with another"),
                    "restore" => record(kind, "is restored"),
                    "associationChange" => record(kind, "is associated with another, or no longer"),
                    "*" => record(kind, "is created, changed or deleted"),
                    _ => format!("When `{other}` happens"),
                },
                (Some("hubspot"), Some("*"), None, None) => record("*", "is created, changed or deleted"),
                _ if glob(other, CALENDAR_CREATED) && other.starts_with("calendar") => {
                    "When a calendar event is made, changed or cancelled".into()
                }
                _ if other.starts_with("gmail") => "When an e-mail comes in".into(),
                _ => format!("When `{other}` happens"),
            }
        }
    }
}

impl Condition {
    /// A clause that follows "if".
    pub fn words(&self) -> String {
        let value = self.value.as_deref().map(one_line).unwrap_or_default();
        let is = if self.negated { "is not" } else { "is" };
        let contains = if self.negated { "does not contain" } else { "contains" };
        match self.fact {
            Fact::SenderInHubspot => format!("the sender {is} in HubSpot"),
            Fact::SenderAddress => format!("the sender {is} {value}"),
            Fact::SenderDomain => format!("the sender's address {is} at {value}"),
            Fact::SenderName => format!("the sender's name {contains} “{value}”"),
            Fact::Recipient => format!("{value} {is} among those it was sent to"),
            Fact::SubjectContains => format!("the subject {contains} “{value}”"),
            Fact::TextContains => format!("the e-mail {contains} “{value}”"),
            Fact::OrganizerIsAdvisor if self.negated => "you are not its organizer".into(),
            Fact::OrganizerIsAdvisor => "you are its organizer".into(),
            Fact::HasAttendees if self.negated => "nobody is invited".into(),
            Fact::HasAttendees => "somebody is invited".into(),
            Fact::AttendeeInHubspot if self.negated => "nobody who is invited is in HubSpot".into(),
            Fact::AttendeeInHubspot => "somebody who is invited is in HubSpot".into(),
            Fact::AttendeeAddress => format!("{value} {is} invited"),
            Fact::AttendeeDomain if self.negated => format!("nobody at {value} is invited"),
            Fact::AttendeeDomain => format!("somebody at {value} is invited"),
            Fact::SummaryContains => format!("its title {contains} “{value}”"),
            Fact::LocationContains => format!("its place {contains} “{value}”"),
            Fact::AllDay => format!("it {is} a whole day"),
            Fact::RecordType => format!("the record {is} a {value}"),
            Fact::RecordNameContains => format!("the record's name {contains} “{value}”"),
            Fact::HasEmail if self.negated => "it has no e-mail address".into(),
            Fact::HasEmail => "it has an e-mail address".into(),
            Fact::EmailDomain => format!("its e-mail address {is} at {value}"),
            Fact::PropertyIs => format!("what changed {is} `{value}`"),
            Fact::ValueIs => format!("the new value {is} “{value}”"),
        }
    }
}

impl Deed {
    /// A sentence, with its templates as they are.
    pub fn words(&self) -> String {
        match self {
            Self::CreateTask { kind, priority, title, description } => {
                let mut text = format!("Have the assistant work on a task “{}”", one_line(kind));
                let _ = write!(text, " of {} priority", priority.name());
                for more in [title, description].into_iter().flatten() {
                    let _ = write!(text, ": {}", one_line(more));
                }
                text + ". What it wants to write waits for your approval."
            }
            Self::Log { message: None } => "Write down that it happened.".into(),
            Self::Log { message: Some(message) } => format!("Write down “{}”.", one_line(message)),
            Self::CallLlm { prompt } => {
                format!("Ask the assistant “{}” about it, and keep the answer with the task.", one_line(prompt))
            }
            Self::CreateContact { note: None } => "Create a HubSpot contact for the sender.".into(),
            Self::CreateContact { note: Some(note) } => {
                format!("Create a HubSpot contact for the sender, with the note:\n{}", quoted(note))
            }
            Self::CreateNote { on, body } => format!(
                "Add a note to {} in HubSpot:\n{}",
                match on {
                    Party::Sender => "the sender",
                    Party::Contact => "the contact",
                    Party::Attendees => "everybody invited who is",
                },
                quoted(body)
            ),
            Self::SendEmail { to, addresses, subject, body, reply } => {
                let whom = match to {
                    Recipient::Sender => "the sender".to_owned(),
                    Recipient::Contact => "the contact".to_owned(),
                    Recipient::Attendees => "everybody invited".to_owned(),
                    Recipient::Addresses => addresses.join(", "),
                };
                match reply {
                    true => format!("Reply to {whom}, in the same thread:\n{}", quoted(body)),
                    false => {
                        format!("Send an e-mail to {whom}, with the subject “{}”:\n{}", one_line(subject), quoted(body))
                    }
                }
            }
            Self::RunAgent { instruction } => format!(
                "Have the assistant look at it and plan: “{}”. Whatever it wants to write waits for your approval.",
                one_line(instruction)
            ),
        }
    }
}

fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("   | {line}")).collect::<Vec<_>>().join("\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::Priority;
    use super::*;

    #[test]
    fn a_policy_reads_like_what_was_asked_for() {
        let policy = Policy {
            trigger: MESSAGE_RECEIVED.into(),
            conditions: vec![Condition { fact: Fact::SenderInHubspot, negated: true, value: None }],
            question: None,
            actions: vec![
                Deed::CreateContact { note: Some("Wrote about {subject}.".into()) },
                Deed::CreateTask { kind: "welcome".into(), priority: Priority::High, title: None, description: None },
            ],
            max_per_day: 20,
        };

        assert_eq!(
            policy.words(),
            "When an e-mail comes in, if the sender is not in HubSpot:\n\
             1. Create a HubSpot contact for the sender, with the note:\n   | Wrote about {subject}.\n\
             2. Have the assistant work on a task “welcome” of high priority. What it wants to write waits for your approval.\n\
             At most 20 times a day."
        );
    }
}
