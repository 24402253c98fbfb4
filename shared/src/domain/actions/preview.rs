//! What an action is, in words: plain text, a fact a line. What other people wrote may stand in it, so whoever shows it
//! escapes it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::action::Action;

pub fn text(action: &Action) -> String {
    let mut lines = Lines::default();
    match action {
        Action::SendEmail { to, cc, bcc, subject, body, reply } => {
            lines.say(if reply.is_some() { "Send a reply in its thread" } else { "Send an e-mail" });
            lines.list("To", to);
            lines.list("Cc", cc);
            lines.list("Bcc", bcc);
            lines.field("Subject", subject);
            lines.text(body);
        }
        Action::ScheduleEvent { summary, start, end, time_zone, description, location, attendees } => {
            lines.say("Create a calendar event");
            lines.field("What", summary);
            lines.field("When", &span(*start, *end, time_zone));
            lines.maybe("Where", location.as_deref());
            lines.list("Invited", attendees);
            lines.text(description.as_deref().unwrap_or_default());
        }
        Action::UpdateEvent { summary, start, end, description, location, attendees, guests, time_zone, .. } => {
            lines.say("Change a calendar event");
            lines.maybe("What", summary.as_deref());
            match (start, end) {
                (Some(start), Some(end)) => lines.field("When", &span(*start, *end, time_zone)),
                (Some(start), None) => lines.field("Begins", &moment(*start, time_zone)),
                (None, Some(end)) => lines.field("Ends", &moment(*end, time_zone)),
                (None, None) => {}
            }
            lines.maybe("Where", location.as_deref());
            lines.list("Invited", attendees.as_deref().unwrap_or_default());
            lines.list("Told", guests);
            lines.text(description.as_deref().unwrap_or_default());
        }
        Action::CancelEvent { summary, attendees, send_updates, .. } => {
            lines.say("Cancel a calendar event");
            lines.field("What", summary);
            lines.list(if *send_updates { "Told" } else { "Not told" }, attendees);
        }
        Action::CreateContact { email, properties, note } => {
            lines.say("Create a HubSpot contact");
            lines.field("E-mail", email);
            properties.iter().for_each(|(name, value)| lines.field(name, value));
            lines.maybe("Note", note.as_deref());
        }
        Action::UpdateContact { name, contact_id, properties } => {
            lines.say("Change a HubSpot contact");
            lines.field("Contact", &format!("{name} ({contact_id})"));
            properties.iter().for_each(|(name, value)| lines.field(name, value));
        }
        Action::CreateNote { name, contact_id, note_body } => {
            lines.say("Add a note to a HubSpot contact");
            lines.field("Contact", &format!("{name} ({contact_id})"));
            lines.text(note_body);
        }
        Action::CreateMemoryRule { rule_text, policy, note, .. } => {
            lines.say("Remember a standing instruction");
            lines.field("Instruction", rule_text);
            lines.maybe("Note", note.as_deref());
            lines.text(&policy.words());
        }
    }
    visible(&lines.0.join("\n"))
}

/// Signs that are not seen, or turn around what is, stand as their numbers: what is approved is what is read.
fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let shown = text.chars().map(|c| if is_hidden(c) { format!("‹U+{:04X}›", u32::from(c)) } else { c.to_string() });
    shown.collect()
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn say(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }

    /// One line, whatever stands in the value.
    fn field(&mut self, name: &str, value: &str) {
        self.0.push(format!("{name}: {}", value.split_whitespace().collect::<Vec<_>>().join(" ")));
    }

    fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            self.field(name, value);
        }
    }

    fn list(&mut self, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.field(name, &values.join(", "));
        }
    }

    fn text(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.0.push(String::new());
            self.0.extend(text.trim().lines().map(|line| line.trim_end().to_owned()));
        }
    }
}

/// `Tuesday, 3 March 2026, 15:00–16:00 (MST)`
fn span(start: Timestamp, end: Timestamp, time_zone: &str) -> String {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let (from, to) = (start.to_zoned(zone.clone()), end.to_zoned(zone));
    let ends =
        if from.date() == to.date() { to.strftime("%H:%M (%Z)") } else { to.strftime("%A, %-d %B %Y, %H:%M (%Z)") };
    format!("{}–{ends}", from.strftime("%A, %-d %B %Y, %H:%M"))
}

fn moment(at: Timestamp, time_zone: &str) -> String {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%A, %-d %B %Y, %H:%M (%Z)").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_zone_of_the_meeting() {
        let action = Action::ScheduleEvent {
            summary: "Review\nwith Sara".into(),
            start: "2026-11-03T22:00:00Z".parse().unwrap(),
            end: "2026-11-03T23:00:00Z".parse().unwrap(),
            time_zone: "America/Denver".into(),
            description: None,
            location: None,
            attendees: vec!["sara@smith.example".into()],
        };

        let text = text(&action);

        assert_eq!(
            text,
            "Create a calendar event\nWhat: Review with Sara\nWhen: Tuesday, 3 November 2026, 15:00–16:00 (MST)\n\
             Invited: sara@smith.example"
        );
    }

    #[test]
    fn what_is_not_seen_is_shown() {
        let action = Action::SendEmail {
            to: vec!["bill@example.com".into()],
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: "Pay \u{202e}live.exe".into(),
            body: "a\u{200b}b\tc\nd".into(),
            reply: None,
        };

        let text = text(&action);

        assert_eq!(text, "Send an e-mail\nTo: bill@example.com\nSubject: Pay ‹U+202E›live.exe\n\na‹U+200B›b\tc\nd");
    }
}
