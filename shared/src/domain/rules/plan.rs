//! From a policy and an event to what exactly is done. The same policy, event and facts make the same plan.

use std::collections::BTreeMap;

use super::check::is_mail_address;
use super::situation::Situation;
use super::template::{fill, plain};
use super::values;
use crate::model::RuleId;
use crate::model::action::{Action, ReplyTo};
use crate::model::crm::Contact;
use crate::model::event::Facts;
use crate::model::mail::Mailbox;
use crate::model::rule::{Deed, Party, Policy, Recipient};
use crate::model::task::Job;

/// A mail to more people than this is not what a rule is for.
const MOST_RECIPIENTS: usize = 50;

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Write(Action),
    /// By the assistant, in a task of its own.
    Task(Job),
    Log(String),
    /// Why there is nothing to do, as a sentence.
    Skip(String),
}

pub fn plan(situation: &Situation, rule: RuleId, policy: &Policy) -> Vec<Step> {
    let values = values::of(situation);
    policy.actions.iter().flat_map(|deed| steps(situation, rule, deed, &values)).collect()
}

fn steps(situation: &Situation, rule: RuleId, deed: &Deed, values: &BTreeMap<&'static str, String>) -> Vec<Step> {
    let event = situation.event.id;
    match deed {
        Deed::CreateTask { kind, priority, title, description } => {
            let told = [title, description].into_iter().flatten().map(|text| fill(text, values));
            let told = told.collect::<Vec<_>>().join(". ");
            let instruction = match told.is_empty() {
                true => format!("Do the task “{kind}” about what happened."),
                false => format!("Do the task “{kind}” about what happened: {told}"),
            };
            vec![Step::Task(Job::RunAgent {
                event,
                rule: Some(rule),
                instruction,
                kind: Some(kind.clone()),
                priority: Some(*priority),
            })]
        }
        Deed::Log { message } => {
            let usual = || format!("{} happened.", situation.event.event_type);
            vec![Step::Log(message.as_deref().map_or_else(usual, |text| fill(text, values)))]
        }
        Deed::CallLlm { prompt } => vec![Step::Task(Job::AskModel { rule, event, prompt: prompt.clone() })],
        Deed::RunAgent { instruction } => {
            let instruction = instruction.clone();
            vec![Step::Task(Job::RunAgent { event, rule: Some(rule), instruction, kind: None, priority: None })]
        }
        Deed::CreateContact { note } => {
            vec![create_contact(situation, note.as_deref().map(|note| fill(note, values)))]
        }
        Deed::CreateNote { on, body } => create_notes(situation, *on, &fill(body, values)),
        Deed::SendEmail { to, addresses, subject, body, reply } => {
            let text = Text { subject: plain(&fill(subject, values)), body: fill(body, values) };
            vec![send_email(situation, *to, addresses, text, *reply)]
        }
    }
}

fn create_contact(situation: &Situation, note: Option<String>) -> Step {
    let Some(sender) = situation.sender() else { return Step::Skip("There is no sender.".into()) };
    if situation.known.contains_key(&sender.email) {
        return Step::Skip(format!("{} is in HubSpot already.", sender.email));
    }
    if !is_mail_address(&sender.email) {
        return Step::Skip("The sender has no usable address.".into());
    }
    let (first, last) = values::parts(&sender.name);
    let names = [("firstname", first), ("lastname", last)].into_iter().filter(|(_, name)| !name.is_empty());
    let properties = names.map(|(property, name)| (property.to_owned(), name)).collect();
    Step::Write(Action::CreateContact { email: sender.email.clone(), properties, note })
}

fn create_notes(situation: &Situation, on: Party, body: &str) -> Vec<Step> {
    let on: Vec<&Contact> = match on {
        Party::Contact => situation.contact.iter().collect(),
        Party::Sender | Party::Attendees => {
            situation.people().into_iter().filter_map(|person| situation.known.get(&person.email)).collect()
        }
    };
    if on.is_empty() {
        return vec![Step::Skip("Nobody in it is a HubSpot contact to put a note on.".into())];
    }
    let note = |contact: &Contact| {
        Step::Write(Action::CreateNote {
            contact_id: contact.hubspot_id.clone(),
            name: plain(&contact.name()),
            note_body: body.to_owned(),
        })
    };
    on.into_iter().map(note).collect()
}

struct Text {
    subject: String,
    body: String,
}

fn send_email(situation: &Situation, to: Recipient, addresses: &[String], text: Text, reply: bool) -> Step {
    let to: Vec<String> = match to {
        Recipient::Addresses => addresses.to_vec(),
        Recipient::Contact => situation.record_email().into_iter().collect(),
        Recipient::Sender | Recipient::Attendees => {
            situation.people().into_iter().map(|person: &Mailbox| person.email.clone()).collect()
        }
    };
    let to: Vec<String> = to.into_iter().filter(|address| is_mail_address(address)).collect();
    if to.is_empty() {
        return Step::Skip("There is nobody with an e-mail address to write to.".into());
    }
    if to.len() > MOST_RECIPIENTS {
        return Step::Skip(format!("A rule does not write to more than {MOST_RECIPIENTS} people at once."));
    }
    if let Some(machine) = to.iter().find(|address| is_machine(address)) {
        return Step::Skip(format!("{machine} is a machine that reads no answers."));
    }
    let (subject, reply) = match (reply, reply_to(situation)) {
        (true, Some((subject, reply))) => (subject, Some(reply)),
        // The mail is gone, or never had an id: what can be sent is a mail of its own.
        (true, None) if text.subject.is_empty() => return Step::Skip("The mail to reply to is not there.".into()),
        (true, None) | (false, _) => (text.subject, None),
    };
    Step::Write(Action::SendEmail { to, cc: Vec::new(), bcc: Vec::new(), subject, body: text.body, reply })
}

/// The subject of a reply to the mail that set it off, and what keeps it in its thread.
pub fn reply_to(situation: &Situation) -> Option<(String, ReplyTo)> {
    let Facts::Email { thread_id, subject, .. } = &situation.event.facts else { return None };
    let letter = situation.letter.as_ref()?;
    let subject = plain(subject);
    let is_reply = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    let subject = if is_reply { subject } else { format!("Re: {subject}") };
    let reply = ReplyTo {
        thread_id: thread_id.clone(),
        message_id: letter.message_id.clone()?,
        references: situation.said_before.clone(),
    };
    Some((subject, reply))
}

/// Addresses that answer themselves, or nobody.
pub fn is_machine(address: &str) -> bool {
    const MACHINES: [&str; 9] = [
        "noreply",
        "donotreply",
        "mailerdaemon",
        "postmaster",
        "bounce",
        "bounces",
        "autoreply",
        "autoresponder",
        "nobody",
    ];
    let local = address.split('@').next().unwrap_or_default().split('+').next().unwrap_or_default();
    let local: String = local.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    MACHINES.contains(&local.as_str()) || local.starts_with("noreply") || local.starts_with("donotreply")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_not_written_to() {
        for address in
            ["no-reply@bank.example", "Do_Not_Reply@bank.example", "MAILER-DAEMON@x.example", "noreply+1@x.y"]
        {
            assert!(is_machine(address), "{address}");
        }
        assert!(!is_machine("nora@ellison.example") && !is_machine("postmasters.wife@x.example"));
    }
}
