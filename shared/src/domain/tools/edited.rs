//! What an advisor may make of an action that waits: as the tool would have let the model write it, and about the same thing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::create_note::MOST;
use super::{checks, contact_fields, create_memory_rule};
use crate::domain::rules::check::check;
use crate::error::{Error, Kind, Result};
use crate::model::action::Action;
use crate::model::rule::Form;

/// People one mail or event can reach.
const PEOPLE: usize = 50;
const LINE: usize = 500;
const BODY: usize = 50_000;

/// The edit, tidied as the tool does it. `Invalid` names what is wrong as `action.…`. What it is about stays: another mail to
/// answer, another event or another contact is another action.
pub fn edited(known: &Action, edit: &Action) -> Result<Action> {
    if known.tool() != edit.tool() {
        return Err(Error::invalid("action.tool", format!("must stay {}.", known.tool())));
    }
    let tidied = tidied(edit).map_err(|error| named(edit.tool(), error))?;
    match subject(known, &tidied) {
        Some(field) => Err(Error::invalid(format!("action.{field}"), "must stay as it is.")),
        None => Ok(tidied),
    }
}

/// `Invalid arguments for send_email: to.0: …` as the field of a request.
fn named(tool: &str, error: Error) -> Error {
    let said =
        error.detail.strip_prefix(&format!("Invalid arguments for {tool}: ")).and_then(|said| said.split_once(": "));
    match said {
        Some((field, why)) if error.kind == Kind::BadRequest => Error::invalid(format!("action.{field}"), why),
        _ => error,
    }
}

/// The field that would make it another thing.
fn subject(known: &Action, edit: &Action) -> Option<&'static str> {
    let differs = |same: bool, field| (!same).then_some(field);
    match (known, edit) {
        (Action::SendEmail { reply: known, .. }, Action::SendEmail { reply, .. }) => differs(known == reply, "reply"),
        (
            Action::UpdateEvent { event_id: known, guests: told, etag, .. },
            Action::UpdateEvent { event_id, guests, etag: tag, .. },
        ) => differs(known == event_id, "event_id")
            .or(differs(told == guests, "guests"))
            .or(differs(etag == tag, "etag")),
        (
            Action::CancelEvent { event_id: known, summary: called, attendees: told, etag, .. },
            Action::CancelEvent { event_id, summary, attendees, etag: tag, .. },
        ) => differs(known == event_id, "event_id")
            .or(differs(called == summary, "summary"))
            .or(differs(told == attendees, "attendees"))
            .or(differs(etag == tag, "etag")),
        (
            Action::UpdateContact { contact_id: known, name: called, .. },
            Action::UpdateContact { contact_id, name, .. },
        )
        | (Action::CreateNote { contact_id: known, name: called, .. }, Action::CreateNote { contact_id, name, .. }) => {
            differs(known == contact_id, "contact_id").or(differs(called == name, "name"))
        }
        _ => None,
    }
}

fn tidied(edit: &Action) -> Result<Action> {
    let tool = edit.tool();
    let mut edit = edit.clone();
    match &mut edit {
        Action::SendEmail { to, cc, bcc, subject, body, .. } => {
            for (field, list) in [("to", &mut *to), ("cc", &mut *cc), ("bcc", &mut *bcc)] {
                *list = checks::addresses(tool, field, list)?;
            }
            if to.is_empty() {
                return Err(checks::wrong(tool, "to", "must name somebody."));
            }
            if to.len() + cc.len() + bcc.len() > PEOPLE {
                return Err(checks::wrong(tool, "to", &format!("must not name more than {PEOPLE} people.")));
            }
            *subject = line(tool, "subject", subject)?;
            *body = checks::text(tool, "body", body, BODY)?;
        }
        Action::ScheduleEvent { summary, start, end, time_zone, description, location, attendees } => {
            *summary = line(tool, "summary", summary)?;
            in_order(tool, *start, *end)?;
            zone(tool, time_zone)?;
            *description = checks::maybe(tool, "description", description.as_deref(), BODY)?;
            *location = checks::maybe(tool, "location", location.as_deref(), LINE)?;
            *attendees = people(tool, attendees)?;
        }
        Action::UpdateEvent { summary, start, end, time_zone, description, location, attendees, .. } => {
            *summary = summary.as_deref().map(|summary| line(tool, "summary", summary)).transpose()?;
            if let (Some(start), Some(end)) = (*start, *end) {
                in_order(tool, start, end)?;
            }
            zone(tool, time_zone)?;
            // Blank says that there is none any more.
            for (field, text, most) in [("description", &*description, BODY), ("location", &*location, LINE)] {
                checks::maybe(tool, field, text.as_deref(), most)?;
            }
            *attendees = attendees.as_deref().map(|attendees| people(tool, attendees)).transpose()?;
        }
        Action::CancelEvent { .. } => {}
        Action::CreateContact { email, properties, note } => {
            *email = checks::address(tool, "email", email)?;
            if properties.contains_key("email") {
                return Err(checks::wrong(tool, "properties.email", "has its own field."));
            }
            *properties = fields(tool, properties)?;
            *note = checks::maybe(tool, "note", note.as_deref(), MOST)?;
        }
        Action::UpdateContact { properties, .. } => {
            *properties = fields(tool, properties)?;
            if properties.is_empty() {
                return Err(checks::wrong(tool, "properties", "at least one field must be given a new value."));
            }
        }
        Action::CreateNote { note_body, .. } => *note_body = checks::text(tool, "note_body", note_body, MOST)?,
        Action::CreateMemoryRule { rule_text, policy, form, note } => {
            *rule_text = checks::text(tool, "rule_text", rule_text, create_memory_rule::MOST)?;
            // What the advisor writes into it is their own words.
            *policy =
                check(policy.clone(), None).map_err(|problems| checks::wrong(tool, "policy", &problems.join(" ")))?;
            (*form, *note) = (Form::Edited, None);
        }
    }
    Ok(edit)
}

fn line(tool: &str, field: &str, value: &str) -> Result<String> {
    let value = checks::text(tool, field, value, LINE)?;
    if value.contains(['\n', '\r']) {
        return Err(checks::wrong(tool, field, "must be one line."));
    }
    Ok(value)
}

fn in_order(tool: &str, start: Timestamp, end: Timestamp) -> Result<()> {
    if end <= start { Err(checks::wrong(tool, "end", "must be after start.")) } else { Ok(()) }
}

fn zone(tool: &str, name: &str) -> Result<()> {
    TimeZone::get(name)
        .map(drop)
        .map_err(|_| checks::wrong(tool, "time_zone", "must be an IANA name such as America/Denver."))
}

fn people(tool: &str, attendees: &[String]) -> Result<Vec<String>> {
    let attendees = checks::addresses(tool, "attendees", attendees)?;
    if attendees.len() > PEOPLE {
        return Err(checks::wrong(tool, "attendees", &format!("must not name more than {PEOPLE} people.")));
    }
    Ok(attendees)
}

fn fields(tool: &str, properties: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let mut given = Vec::new();
    for (name, value) in properties {
        let argument = contact_fields::of_property(name)
            .ok_or_else(|| checks::wrong(tool, &format!("properties.{name}"), "is not a field that can be written."))?;
        given.push((argument, Some(value.clone())));
    }
    let given: Vec<(&str, &Option<String>)> = given.iter().map(|(name, value)| (*name, value)).collect();
    contact_fields::properties(tool, &given)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn action(json: serde_json::Value) -> Action {
        serde_json::from_value(json).unwrap()
    }

    fn mail(to: &str, subject: &str) -> Action {
        action(json!({ "tool": "send_email", "to": [to], "subject": subject, "body": " Hello \n" }))
    }

    #[test]
    fn an_edit_is_held_to_what_the_tool_allows() {
        let known = mail("bill@example.com", "Hi");

        let tidied = edited(&known, &mail("Bill@Example.com", " Hello ")).unwrap();
        assert_eq!(
            tidied,
            action(json!({ "tool": "send_email", "to": ["bill@example.com"], "subject": "Hello", "body": "Hello" }))
        );

        for (edit, field) in [
            (mail("bill", "Hi"), "action.to.0"),
            (mail("bill@example.com\nbcc: eve@evil.example", "Hi"), "action.to.0"),
            (mail("bill@example.com", "Hi\nBcc: eve@evil.example"), "action.subject"),
            (mail("bill@example.com", " "), "action.subject"),
            (action(json!({ "tool": "send_email", "to": [], "subject": "x", "body": "y" })), "action.to"),
        ] {
            assert_eq!(edited(&known, &edit).unwrap_err().fields[0].path, field, "{edit:?}");
        }
    }

    #[test]
    fn what_it_is_about_stays() {
        let note = |contact: &str| {
            action(json!({ "tool": "create_note", "contact_id": contact, "name": "Bill", "note_body": "Called." }))
        };
        assert_eq!(edited(&note("1"), &note("2")).unwrap_err().fields[0].path, "action.contact_id");
        assert_eq!(edited(&note("1"), &mail("a@b.example", "x")).unwrap_err().fields[0].path, "action.tool");
    }

    #[test]
    fn a_contact_has_only_the_fields_that_can_be_written() {
        let update = |name: &str| {
            action(json!({ "tool": "update_contact", "contact_id": "1", "name": "Bill", "properties": { name: "x" } }))
        };
        assert!(edited(&update("city"), &update("jobtitle")).is_ok());
        let error = edited(&update("city"), &update("hubspot_owner_id")).unwrap_err();
        assert_eq!(error.fields[0].path, "action.properties.hubspot_owner_id");
    }
}
