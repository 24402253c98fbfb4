//! Arguments for a tool: only what its schema declares, and all it requires.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::turn::Tool;
use super::super::words::words;

/// What is known that an argument may be made of, by what it means: `email`, `start`, `body`, …
#[derive(Clone, Debug, Default)]
pub struct Facts {
    by_meaning: BTreeMap<&'static str, Value>,
    /// The request as it was put, for what is required and not known.
    pub request: String,
}

impl Facts {
    pub fn of(request: &str) -> Self {
        Self { request: request.to_owned(), ..Self::default() }
    }

    pub fn with(mut self, meaning: &'static str, value: impl Into<Value>) -> Self {
        self.by_meaning.insert(meaning, value.into());
        self
    }

    pub fn with_some(self, meaning: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(meaning, value),
            None => self,
        }
    }

    fn get(&self, meaning: &str) -> Option<&Value> {
        self.by_meaning.get(meaning)
    }
}

pub fn for_tool(tool: &Tool, facts: &Facts) -> Value {
    object(&tool.parameters, &tool.name, facts).0
}

/// An object of the schema, and whether anything known stands in it.
fn object(schema: &Value, tool: &str, facts: &Facts) -> (Value, bool) {
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    let required = |name: &str| {
        let list = schema["required"].as_array();
        list.is_some_and(|list| list.iter().any(|item| item == name))
    };
    let mut is_known = false;
    let mut arguments = Map::new();
    for (name, schema) in properties {
        if let Some(value) = value(name, tool, schema, facts) {
            is_known = true;
            arguments.insert(name.clone(), value);
        } else if required(name) {
            arguments.insert(name.clone(), filler(schema, facts));
        }
    }
    (Value::Object(arguments), is_known)
}

fn value(name: &str, tool: &str, schema: &Value, facts: &Facts) -> Option<Value> {
    if let Some(nested) = branches(schema).into_iter().find(|branch| branch["properties"].is_object()) {
        return Some(object(nested, tool, facts)).filter(|(_, is_known)| *is_known).map(|(value, _)| value);
    }
    let fact = meanings(name, tool).iter().find_map(|meaning| facts.get(meaning))?;
    fitting(schema, fact)
}

/// What a property of this name may mean, the nearest first.
fn meanings(name: &str, tool: &str) -> &'static [&'static str] {
    let lower = name.to_lowercase();
    // In tools that look for a time, start and end bound the search; in those that make an event, they are the event's.
    let looks = tool.contains("free") || tool.contains("deal");
    match lower.as_str() {
        "from" if looks => return &["from_day"],
        "to" if looks => return &["last_day"],
        _ => {}
    }
    if let Some((_, meanings)) = NAMED.iter().find(|(names, _)| names.split(' ').any(|name| name == lower)) {
        return meanings;
    }
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if lower == "id" {
        return if tool.contains("event") { &["event_id"] } else { &["contact_id"] };
    }
    if has(&["query", "keyword", "search"]) || lower == "q" {
        &["query"]
    } else if has(&["attendee", "invitee"]) {
        &["attendees"]
    } else if has(&["recipient"]) || lower == "to" {
        &["to"]
    } else if has(&["email"]) {
        &["email"]
    } else if has(&["subject", "title", "summary"]) {
        &["title"]
    } else if has(&["instruction", "rule"]) {
        &["rule"]
    } else if has(&["body", "message", "content", "note", "text"]) {
        &["body"]
    } else if has(&["name", "contact", "person"]) {
        &["name"]
    } else if has(&["start", "when", "time_min"]) {
        if looks { &["from"] } else { &["start"] }
    } else if has(&["end", "time_max"]) {
        if looks { &["last"] } else { &["end"] }
    } else {
        &[]
    }
}

/// Names of properties, and what they mean.
const NAMED: &[(&str, &[&str])] = &[
    ("reply_to in_reply_to reply_to_email_id reply_to_message_id email_id message_id", &["reply_to"]),
    ("contact_id contactid", &["contact_id"]),
    ("event_id eventid", &["event_id"]),
    ("deal_id dealid", &["deal_id"]),
    ("attendee_filter attendee with", &["attendee"]),
    ("sender_filter sender from_filter", &["sender"]),
    ("date_filter date day period", &["date_filter"]),
    ("cc", &["cc"]),
    ("bcc", &["bcc"]),
    ("first_name firstname given_name", &["first_name"]),
    ("last_name lastname family_name surname", &["last_name"]),
    ("phone phone_number mobile", &["phone"]),
    ("company employer", &["company"]),
    ("job_title jobtitle", &["job_title"]),
    ("website", &["website"]),
    ("city town", &["city"]),
    ("state", &["state"]),
    ("zip_code zip postal_code", &["zip_code"]),
    ("country", &["country"]),
    ("lifecycle_stage lifecyclestage", &["lifecycle_stage"]),
    ("notes", &["notes"]),
    ("location where place", &["location"]),
    ("time_zone timezone", &["time_zone"]),
    ("send_updates notify", &["send_updates"]),
    ("duration duration_minutes minutes length_minutes", &["duration"]),
    ("from_date date_from start_date first_day closes_after close_after closing_after", &["from_day"]),
    ("to_date date_to end_date last_day closes_before close_before closing_before", &["last_day"]),
    ("earliest from after since not_before window_start", &["from"]),
    ("latest until before not_after window_end", &["last"]),
    ("description", &["description", "body"]),
    ("answer", &["answer"]),
    ("open_only", &["open_only"]),
    ("limit max_results", &["limit"]),
];

/// The schema with its definitions put where they are referred to; those that hold themselves end after a few levels.
pub fn without_references(schema: &Value) -> Value {
    const MOST_LEVELS: usize = 24;
    fn put(schema: &Value, root: &Value, level: usize) -> Value {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        match (target.and_then(|pointer| root.pointer(pointer)), schema) {
            _ if level > MOST_LEVELS => json!({ "type": "null" }),
            (Some(definition), _) => put(definition, root, level + 1),
            (None, Value::Object(fields)) => {
                let kept = fields.iter().filter(|(name, _)| *name != "$defs");
                Value::Object(kept.map(|(name, inner)| (name.clone(), put(inner, root, level + 1))).collect())
            }
            (None, Value::Array(items)) => items.iter().map(|inner| put(inner, root, level + 1)).collect(),
            _ => schema.clone(),
        }
    }
    put(schema, schema, 0)
}

/// The schema itself, or what it may be instead.
fn branches(schema: &Value) -> Vec<&Value> {
    match schema["anyOf"].as_array() {
        Some(options) => options.iter().collect(),
        None => vec![schema],
    }
}

/// The value as the schema wants it; none if it cannot be that.
fn fitting(schema: &Value, value: &Value) -> Option<Value> {
    if let Some(options) = schema["enum"].as_array() {
        return options.iter().find(|option| *option == value).cloned();
    }
    if schema["anyOf"].is_array() {
        return branches(schema).into_iter().find_map(|branch| fitting(branch, value));
    }
    let text = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(_) if is(schema, "array") => Some(value.clone()),
        Value::Array(items) => items.first().and_then(|first| fitting(schema, first)),
        _ if is(schema, "array") => Some(json!([value])),
        Value::Bool(_) if is(schema, "boolean") => Some(value.clone()),
        Value::Number(_) if is(schema, "integer") || is(schema, "number") => Some(value.clone()),
        _ if is(schema, "string") || schema["type"].is_null() => Some(json!(text())),
        _ if is(schema, "integer") || is(schema, "number") => text().parse::<i64>().ok().map(|number| json!(number)),
        _ => None,
    }
}

/// The least a required property can be.
fn filler(schema: &Value, facts: &Facts) -> Value {
    if is(schema, "null") {
        return Value::Null;
    }
    if !schema["const"].is_null() {
        return schema["const"].clone();
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
    if let Some(nested) = branches(schema).into_iter().find(|branch| branch["properties"].is_object()) {
        return object(nested, "", facts).0;
    }
    if is(schema, "object") {
        return json!({});
    }
    json!(facts.request)
}

fn is(schema: &Value, kind: &str) -> bool {
    let direct = match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => false,
    };
    direct || schema["anyOf"].as_array().is_some_and(|options| options.iter().any(|option| is(option, kind)))
}

/// The mail addresses in a text.
pub fn addresses_in(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c.is_whitespace() || "<>(),;\"".contains(c));
    let trimmed = parts.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let is_address = |word: &&str| match word.split_once('@') {
        Some((local, host)) => !local.is_empty() && host.contains('.') && words(host).len() > 1,
        None => false,
    };
    trimmed.filter(is_address).map(str::to_owned).collect()
}
