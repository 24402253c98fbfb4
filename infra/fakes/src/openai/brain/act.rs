//! Requests to do something, and which offered tool does it.

use super::super::turn::Tool;
use super::super::words::words;
use super::arguments::{Known, address_in, time_in};
use super::passage::Passage;
use super::question::Question;

/// What a request begins with or holds, and what the tools that do it are called.
const DEEDS: &[(&[&str], &[&str])] = &[
    (
        &[
            "remember",
            "whenever",
            "always",
            "from now on",
            "when someone",
            "when a",
            "when i",
            "add a rule",
            "add rule",
        ],
        &["rule", "instruction", "memory", "remember"],
    ),
    (&["note"], &["note"]),
    (
        &["schedule", "book", "arrange", "set up", "invite", "appointment"],
        &["event", "schedule", "appointment", "calendar", "meeting", "book"],
    ),
    (&["create a contact", "add a contact", "new contact", "create contact", "add contact"], &["contact"]),
    (&["email", "mail", "send", "write", "reply", "draft"], &["email", "mail", "draft", "reply"]),
    (&["remind", "task", "follow up"], &["task", "remind"]),
];

const OPENERS: [&str; 23] = [
    "add", "always", "arrange", "book", "cancel", "create", "delete", "draft", "email", "forward", "invite", "log",
    "mail", "make", "remember", "remind", "reply", "schedule", "send", "set", "update", "whenever", "write",
];

/// The offered tool that does what is asked for; none if nothing is to be done.
pub fn tool_for<'a>(text: &str, tools: &'a [Tool]) -> Option<&'a Tool> {
    let lower = text.to_lowercase();
    let polite = ["please ", "can you ", "could you ", "would you "];
    let bare = polite.iter().fold(lower.as_str(), |text, start| text.strip_prefix(start).unwrap_or(text));
    let first = words(bare).into_iter().next().unwrap_or_default();
    let standing = bare.starts_with("when ") && bare.contains(',') && !bare.ends_with('?');
    if !OPENERS.contains(&first.as_str()) && !standing {
        return None;
    }
    let (_, names) = DEEDS.iter().find(|(said, _)| said.iter().any(|said| bare.contains(said)))?;
    let writes = |tool: &&Tool| !reads(tool) && names.iter().any(|name| tool.name.to_lowercase().contains(name));
    tools.iter().find(writes)
}

pub fn reads(tool: &Tool) -> bool {
    ["search", "get", "list", "find", "read", "lookup"].iter().any(|start| tool.name.to_lowercase().starts_with(start))
}

/// What the request and the contact found for it say.
pub fn known(question: &Question, contact: Option<&Passage>, query: &str) -> Known {
    let text = &question.text;
    let field = |keys: &[&str]| contact.and_then(|contact| contact.field(keys)).map(str::to_owned);
    Known {
        query: query.to_owned(),
        request: text.clone(),
        matter: matter(text),
        name: question.names.first().cloned(),
        email: address_in(text).or_else(|| field(&["email"])).or_else(|| address_in(&contact?.lines.join(" "))),
        contact_id: field(CONTACT_ID),
        when: time_in(text),
    }
}

/// The fields a contact's id may be in.
pub const CONTACT_ID: &[&str] = &["contact_id", "id", "contactid", "hs_object_id"];

/// What is to be said: after `saying`, a colon, `that` or `about`; else the whole request.
fn matter(text: &str) -> String {
    let said =
        [" saying ", ": ", " that ", " about "].iter().find_map(|mark| text.split_once(mark)).map(|(_, said)| said);
    said.unwrap_or(text).trim().trim_matches('"').to_owned()
}
