//! An event as it is shown to a model: a header line, then what other people wrote, each line of it marked.

use crate::domain::rules::situation::Situation;
use crate::domain::rules::values;
use crate::model::event::Facts;
use crate::model::mail::Mailbox;

/// So much of a mail is read.
const LONGEST: usize = 6_000;

/// As passage 1. No text can end its own marking.
pub fn shown(situation: &Situation) -> String {
    let date = situation.event.occurred_at.to_zoned(situation.zone.clone()).strftime("%Y-%m-%d").to_string();
    let (header, text) = match &situation.event.facts {
        Facts::Email { gmail_id, from, to, subject, .. } => (
            format!(
                "email; from {}; to {}; on {date}; subject \"{}\"; email_id {}",
                mailbox(from),
                to.iter().map(mailbox).collect::<Vec<_>>().join(", "),
                one_line(subject),
                one_line(gmail_id)
            ),
            situation.letter.as_ref().map(|letter| letter.body.clone()).unwrap_or_default(),
        ),
        Facts::Calendar { summary, attendees, location, event_id, .. } => {
            let values = values::of(situation);
            let value = |name| one_line(values.get(name).map(String::as_str).unwrap_or_default());
            let invited = attendees.iter().map(mailbox).collect::<Vec<_>>().join(", ");
            (
                format!(
                    "calendar; title \"{}\"; event_id {}; from {}; until {}; attendees {invited}; {}",
                    one_line(summary),
                    one_line(event_id),
                    value("event_start"),
                    value("event_end"),
                    one_line(&situation.event.event_type)
                ),
                location.iter().map(|place| format!("Place: {place}")).collect(),
            )
        }
        Facts::Crm { object_type, object_id, name, email, property, value, .. } => {
            let mut lines = vec![format!("{} on {date}", situation.event.event_type)];
            lines.extend(property.iter().map(|property| format!("changed: {property}")));
            lines.extend(value.iter().map(|value| format!("now: {value}")));
            let email = situation.record_email().or_else(|| email.clone()).unwrap_or_default();
            (
                format!(
                    "{}; name {}; {}_id {}; email {}",
                    one_line(object_type),
                    one_line(name),
                    one_line(object_type),
                    one_line(object_id),
                    one_line(&email)
                ),
                lines.join("\n"),
            )
        }
    };
    let text: String = text.chars().take(LONGEST).collect();
    let lines = text.lines().map(|line| format!("| {}\n", line.trim_end()));
    format!("[1] {header}\n{}", lines.collect::<String>())
}

fn mailbox(mailbox: &Mailbox) -> String {
    one_line(&format!("{} <{}>", mailbox.name, mailbox.email))
}

fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control() || c == ';' || c == '"', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}
