//! What became of a write, as its tool said: done, waiting, under way or refused. Nothing is claimed that it did not say.

use serde_json::Value;

use super::super::Outcome;

/// The report of the writes called for, if there are any.
pub fn of(results: &[Outcome<'_>]) -> Option<String> {
    let told: Vec<String> = results.iter().filter(|result| !reads(&result.tool)).map(report).collect();
    (!told.is_empty()).then(|| told.join("\n\n"))
}

fn reads(tool: &str) -> bool {
    ["search", "get", "list", "find", "read", "lookup"].iter().any(|start| tool.starts_with(start))
}

fn report(outcome: &Outcome<'_>) -> String {
    let text = outcome.text.trim();
    let lower = text.to_lowercase();
    let what = what(&outcome.tool, &outcome.arguments);
    if let Some(why) =
        ["error:", "error "].iter().find_map(|start| lower.starts_with(start).then(|| text[start.len()..].trim()))
    {
        return format!("That did not work: {why}");
    }
    if lower.contains("approval") && ["wait", "pending"].iter().any(|word| lower.contains(word)) {
        return format!("{what} waits for your approval. Nothing has been done yet.");
    }
    if lower.contains("under way") || lower.contains("in progress") || lower.contains("in_progress") {
        return format!("{what} is under way. It is not certain yet that it was done.");
    }
    let body = text.strip_prefix("Done:").unwrap_or(text).trim();
    match serde_json::from_str::<Value>(body) {
        Ok(value) => of_json(&what, &value),
        Err(_) if lower.starts_with("done") => text.to_owned(),
        Err(_) => format!("{what}: {body}"),
    }
}

fn of_json(what: &str, value: &Value) -> String {
    let text = |key: &str| value[key].as_str().map(str::trim).filter(|text| !text.is_empty());
    let (status, message) = (text("status").unwrap_or_default(), text("message"));
    if let Some(error) = text("error") {
        return format!("That did not work: {error}");
    }
    match (status, message) {
        ("success" | "done" | "ok" | "sent" | "created" | "updated" | "cancelled" | "completed", _) => {
            format!("Done: {what}.")
        }
        (_, Some(message)) => message.to_owned(),
        ("exists", None) => format!("{what}: this is there already."),
        (other, None) if !other.is_empty() => format!("{what}: {}.", other.replace('_', " ")),
        _ => format!("{what}: {value}"),
    }
}

/// What was called for, by the call's own arguments: `The event “…”, beginning at …`.
fn what(tool: &str, arguments: &Value) -> String {
    let text = |keys: &[&str]| {
        keys.iter().find_map(|key| match &arguments[*key] {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Array(items) => {
                let all: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                (!all.is_empty()).then(|| all.join(", "))
            }
            _ => None,
        })
    };
    let with = |start: &str, more: &[Option<String>]| {
        let known: Vec<&str> = more.iter().flatten().map(String::as_str).collect();
        [&[start], known.as_slice()].concat().join(", ")
    };
    let begins = || text(&["start_time", "start"]).map(|at| format!("beginning {}", moment(&at)));
    let titled = |start: &str| text(&["summary", "title"]).map_or(start.to_owned(), |title| format!("{start} {title}"));
    if tool.contains("cancel") {
        "The cancellation of the event".to_owned()
    } else if tool.contains("update_event") || tool.contains("move") {
        with("The change of the event", &[begins()])
    } else if tool.contains("event") || tool.contains("schedule") {
        let invited = text(&["attendees"]).map(|people| format!("inviting {people}"));
        with(&titled("The event"), &[begins(), invited])
    } else if tool.contains("mail") {
        let to = text(&["to"]).map(|to| format!(" to {to}")).unwrap_or_default();
        let subject = text(&["subject"]).map(|subject| format!("with the subject {subject}"));
        with(&format!("The e-mail{to}"), &[subject])
    } else if tool.contains("create_contact") {
        format!("The new contact {}", text(&["email"]).unwrap_or_default())
    } else if tool.contains("contact") {
        "The change of the contact".to_owned()
    } else if tool.contains("note") {
        "The note".to_owned()
    } else if tool.contains("rule") || tool.contains("instruction") {
        "The standing instruction".to_owned()
    } else {
        tool.replace('_', " ")
    }
}

/// As it was put in the call: `2026-11-26T15:00:00-07:00`.
fn moment(at: &str) -> String {
    let local = at.get(..16).and_then(|local| local.parse::<jiff::civil::DateTime>().ok());
    local.map_or_else(|| at.to_owned(), |local| local.strftime("on %A, %-d %B %Y at %H:%M").to_string())
}
