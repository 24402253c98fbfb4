//! Arguments for a tool: only what its schema declares, and all it requires.

use serde_json::{Map, Value, json};

use super::super::turn::Tool;
use super::super::words::words;

/// What is known that an argument may be made of.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// For searches.
    pub query: String,
    /// The request as it was put.
    pub request: String,
    /// What is to be said or noted.
    pub matter: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub contact_id: Option<String>,
    pub when: Option<String>,
}

pub fn for_tool(tool: &Tool, known: &Known) -> Value {
    let empty = Map::new();
    let properties = tool.parameters["properties"].as_object().unwrap_or(&empty);
    let required = |name: &str| {
        let list = tool.parameters["required"].as_array();
        list.is_some_and(|list| list.iter().any(|item| item == name))
    };
    let mut arguments = Map::new();
    for (name, schema) in properties {
        let value = value(name, known).and_then(|text| fitting(schema, &text));
        match value {
            Some(value) => arguments.insert(name.clone(), value),
            None if required(name) => arguments.insert(name.clone(), filler(schema, known)),
            None => continue,
        };
    }
    Value::Object(arguments)
}

/// What a property of this name means.
fn value(name: &str, known: &Known) -> Option<String> {
    let has = |parts: &[&str]| parts.iter().any(|part| name.to_lowercase().contains(part));
    let name_parts = || known.name.as_deref().map(|name| name.split_once(' ').unwrap_or((name, "")));
    if has(&["query", "keyword", "search"]) || name == "q" {
        Some(known.query.clone())
    } else if name == "id" || has(&["contact_id", "contactid"]) {
        known.contact_id.clone()
    } else if has(&["email", "recipient", "attendee", "invitee"]) || name == "to" {
        known.email.clone()
    } else if has(&["first"]) {
        name_parts().map(|(first, _)| first.to_owned())
    } else if has(&["last", "surname"]) {
        name_parts().map(|(_, last)| last.to_owned())
    } else if has(&["name", "contact", "person"]) {
        known.name.clone()
    } else if has(&["subject", "title", "summary"]) {
        Some(known.matter.split_whitespace().take(8).collect::<Vec<_>>().join(" "))
    } else if has(&["body", "message", "content", "note", "text", "description"]) {
        Some(known.matter.clone())
    } else if has(&["instruction", "rule"]) {
        Some(known.request.clone())
    } else if has(&["start", "when", "time", "date"]) {
        known.when.clone()
    } else {
        None
    }
}

/// The text as the schema wants it; none if it cannot be that.
fn fitting(schema: &Value, text: &str) -> Option<Value> {
    if let Some(options) = schema["enum"].as_array() {
        return options.iter().find(|option| **option == text).cloned();
    }
    if is(schema, "string") || schema["type"].is_null() {
        return Some(json!(text));
    }
    if is(schema, "array") {
        return Some(json!([text]));
    }
    let number = text.parse::<i64>().ok()?;
    (is(schema, "integer") || is(schema, "number")).then(|| json!(number))
}

/// The least a required property can be.
fn filler(schema: &Value, known: &Known) -> Value {
    if is(schema, "null") {
        return Value::Null;
    }
    if let Some(first) = schema["enum"].as_array().and_then(|options| options.first()) {
        return first.clone();
    }
    if is(schema, "integer") || is(schema, "number") {
        let usual = 10.max(schema["minimum"].as_i64().unwrap_or(i64::MIN));
        return json!(usual.min(schema["maximum"].as_i64().unwrap_or(i64::MAX)));
    }
    if is(schema, "boolean") {
        return json!(false);
    }
    if is(schema, "array") {
        return json!([]);
    }
    if is(schema, "object") {
        return json!({});
    }
    json!(known.request)
}

fn is(schema: &Value, kind: &str) -> bool {
    let direct = match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => false,
    };
    direct || schema["anyOf"].as_array().is_some_and(|options| options.iter().any(|option| is(option, kind)))
}

/// A mail address in a text.
pub fn address_in(text: &str) -> Option<String> {
    let trimmed = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    trimmed
        .into_iter()
        .find(|word| word.contains('@') && word.rsplit('@').next().is_some_and(|host| host.contains('.')))
        .map(str::to_owned)
}

/// The words that say when, such as `next Tuesday at 3`.
pub fn time_in(text: &str) -> Option<String> {
    const STARTS: [&str; 12] = [
        "today",
        "tomorrow",
        "tonight",
        "next",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "at",
    ];
    let all: Vec<&str> = text.split_whitespace().collect();
    let start = all.iter().position(|word| words(word).first().is_some_and(|word| STARTS.contains(&word.as_str())))?;
    let end = all[start..].iter().position(|word| ["to", "about", "for", "with", "saying"].contains(word));
    let when = all[start..].iter().take(end.unwrap_or(6)).copied().collect::<Vec<_>>().join(" ");
    Some(when.trim_end_matches(['.', '?', '!']).to_owned())
}
