//! What the names of choices mean in plain English.

use super::super::super::words::{stem, words};

/// Parts of a name, and the words that say the same.
const SENSES: &[(&str, &[&str])] = &[
    ("gmail", &["email", "mail", "gmail", "inbox", "write", "message"]),
    ("email", &["email", "mail", "reply", "respond", "answer", "write"]),
    ("message", &["message", "email", "mail", "write"]),
    ("received", &["receive", "get", "come", "arrive", "email", "mail", "write", "send", "ask", "mention", "contact"]),
    ("calendar", &["calendar"]),
    ("event", &["event", "meeting", "appointment"]),
    ("created", &["create", "add", "make", "new", "schedule", "book", "put"]),
    ("updated", &["update", "change", "move", "reschedule", "edit"]),
    ("cancelled", &["cancel", "delete", "remove"]),
    ("hubspot", &["hubspot", "crm"]),
    ("contact", &["contact", "client", "lead", "person"]),
    ("company", &["company", "companies", "firm", "account"]),
    ("deal", &["deal", "opportunity"]),
    ("note", &["note"]),
    ("creation", &["create", "add", "make", "new"]),
    ("change", &["change", "update", "edit"]),
    ("deletion", &["delete", "remove"]),
    ("merge", &["merge"]),
    ("restore", &["restore"]),
    ("association", &["associate", "association", "link"]),
    ("send", &["send", "write", "reply", "email", "respond", "answer", "thank"]),
    ("create", &["create", "add", "make", "leave", "put", "open"]),
    ("task", &["task", "todo", "remind", "reminder", "follow"]),
    ("log", &["log", "record"]),
    ("attendee", &["attendee", "guest", "invitee", "participant", "everyone", "everybody"]),
    ("attendees", &["attendee", "guest", "invitee", "participant", "everyone", "everybody"]),
    ("sender", &["sender"]),
    ("reply", &["reply", "respond", "answer", "back"]),
];

/// Small words of a name: `hubspot.contact.propertyChange` is hubspot, contact, property, change.
pub fn tokens(name: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    for c in name.chars() {
        if c == '*' {
            tokens.push("*".into());
        } else if !c.is_alphanumeric() {
            tokens.push(String::new());
        } else if c.is_uppercase() {
            tokens.push(c.to_lowercase().collect());
        } else if let Some(last) = tokens.last_mut() {
            last.push(c);
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// Where in a text a name's part is spoken of, by the number of the word.
pub fn place(text: &str, token: &str) -> Option<usize> {
    let senses = SENSES.iter().find(|(name, _)| *name == token).map_or(&[][..], |(_, senses)| senses);
    let wanted: Vec<String> = senses.iter().copied().chain([token]).map(stem).collect();
    words(text).iter().position(|word| wanted.contains(&stem(word)))
}

pub fn says(text: &str, token: &str) -> bool {
    place(text, token).is_some()
}

/// The choice most of whose parts are spoken of; the widest when none is.
pub fn best(options: &[String], text: &str) -> Option<String> {
    let score = |option: &String| {
        let tokens = tokens(option);
        let said = tokens.iter().filter(|token| says(text, token)).count();
        let missing = tokens.len() - said;
        said as f32 - 0.4 * missing as f32
    };
    let mut best: Option<(&String, f32)> = None;
    for option in options {
        let score = score(option);
        if best.is_none_or(|(_, known)| score > known) {
            best = Some((option, score));
        }
    }
    let (option, score) = best?;
    let widest = options.iter().find(|option| *option == "*");
    Some(widest.filter(|_| score <= 0.0).unwrap_or(option).clone())
}

/// Who an event is about.
pub fn subject(event: &str) -> &'static str {
    let tokens = tokens(event);
    let is = |name: &str| tokens.iter().any(|token| token == name);
    if is("gmail") || is("message") || is("email") {
        "sender"
    } else if is("calendar") || is("event") {
        "attendee"
    } else {
        "contact"
    }
}

/// Whether a fact can be one of such an event, by whom or what it names first.
pub fn is_about(fact: &str, event: &str) -> bool {
    const OF_MAIL: [&str; 4] = ["sender", "recipient", "subject", "text"];
    const OF_MEETINGS: [&str; 5] = ["organizer", "attendee", "attendees", "summary", "location"];
    let tokens = tokens(fact);
    let names = |list: &[&str]| tokens.iter().any(|token| list.contains(&token.as_str()));
    match subject(event) {
        "sender" => names(&OF_MAIL),
        "attendee" => names(&OF_MEETINGS),
        _ => !names(&OF_MAIL) && !names(&OF_MEETINGS),
    }
}
