//! The structured language:
//!
//! ```text
//! when gmail.message.received if sender_in_hubspot=no then create_contact note="Wrote about {subject}"
//! when hubspot.contact.creation then create_task type=welcome_email priority=high and log
//! ```
//! `if` is followed by facts (`fact=value`, `fact!=value`), `then` by actions with their parameters; both go on with `and`.
//! Values with spaces stand in quotation marks. An error says at which character it is, and what was probably meant.

mod left;
mod tokens;

use left::Left;
use tokens::{Op, Token, tokens};

use super::kinds;
use crate::model::rule::{Condition, Deed, Fact, MOST_PER_DAY, Party, Policy, Priority, Recipient, USUAL_PER_DAY};

/// What is wrong, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    at: usize,
    what: String,
}

impl Problem {
    fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }

    /// A sentence that points at the place.
    pub fn told(&self, text: &str) -> String {
        let at = text.get(..self.at).map_or(0, |before| before.chars().count()) + 1;
        format!("At character {at}: {}", self.what)
    }
}

/// Whether a text means to be in this language.
pub fn is_meant(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let is = |word: Option<&str>, one_of: &[&str]| {
        word.is_some_and(|word| one_of.iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    if !is(words.next(), &["when"]) {
        return false;
    }
    let event = words.next().unwrap_or_default().to_lowercase();
    let is_name = event.chars().all(|c| c.is_ascii_alphanumeric() || "._*-".contains(c));
    let is_known = ["gmail.", "calendar.", "hubspot."].iter().any(|source| event.starts_with(source));
    is_name && (is_known || event.contains('*') || is(words.next(), &["then", "if"]))
}

pub fn parse(text: &str) -> Result<Policy, Problem> {
    let mut left = Left { tokens: tokens(text)?, at: 0, end: text.len() };
    left.keyword("when")?;
    let event = left.word("an event, such as gmail.message.received")?;
    let trigger = kinds::resolve(event.word).map_err(|what| Problem::new(event.at, what))?;
    let mut conditions = Vec::new();
    if left.skip("if") {
        conditions.push(condition(&left.any("a fact, such as sender_in_hubspot=no")?)?);
        while left.skip("and") {
            conditions.push(condition(&left.any("a fact")?)?);
        }
    }
    left.keyword("then")?;
    let mut policy = Policy { trigger, conditions, question: None, actions: Vec::new(), max_per_day: USUAL_PER_DAY };
    loop {
        let name = left.word("an action, such as create_task")?;
        let mut given = Given { action: name.word, at: name.at, pairs: left.pairs()? };
        if let Some((most, at)) = given.take("max_per_day") {
            let number = most.parse().ok().filter(|most| (1..=MOST_PER_DAY).contains(most));
            policy.max_per_day =
                number.ok_or_else(|| Problem::new(at, format!("max_per_day is a number from 1 to {MOST_PER_DAY}.")))?;
        }
        policy.actions.push(deed(&mut given)?);
        if !left.skip("and") {
            break;
        }
    }
    match left.peek() {
        Some(token) => Err(Problem::new(token.at, format!("`{}` is one too many here.", token.word))),
        None => Ok(policy),
    }
}

fn condition(token: &Token<'_>) -> Result<Condition, Problem> {
    let name = token.word.to_lowercase();
    let Some(fact) = Fact::from_name(&name) else {
        let known = Fact::ALL.into_iter().map(Fact::name);
        return Err(unknown(token.at, "fact", token.word, known));
    };
    let (op, value) = match &token.value {
        Some((op, value)) => (*op, Some(value.as_str())),
        None => (Op::Is, None),
    };
    let negated = op == Op::IsNot;
    match (fact.takes_value(), value) {
        (true, Some(value)) => Ok(Condition { fact, negated, value: Some(value.to_owned()) }),
        (true, None) => Err(Problem::new(token.at, format!("{name} has to be compared with something: {name}=…"))),
        (false, None) => Ok(Condition { fact, negated, value: None }),
        (false, Some(value)) => match flag(value) {
            Some(so) => Ok(Condition { fact, negated: so == negated, value: None }),
            None => Err(Problem::new(token.at, format!("{name} is yes or no."))),
        },
    }
}

/// Each action with its parameters; those that must be given stand first.
const ACTIONS: &[(&str, &[&str])] = &[
    ("create_task", &["type", "priority", "title", "description"]),
    ("log", &["message"]),
    ("call_llm", &["prompt"]),
    ("create_contact", &["note"]),
    ("create_note", &["on", "body"]),
    ("send_email", &["to", "subject", "body", "reply"]),
    ("run_agent", &["instruction"]),
];

/// What is asked of the model when a rule does not say.
const USUAL_PROMPT: &str =
    "Say in two or three sentences what happened, and whether the advisor should do something about it.";

fn deed(given: &mut Given<'_>) -> Result<Deed, Problem> {
    let action = given.action.to_lowercase();
    let Some((_, keys)) = ACTIONS.iter().find(|(name, _)| *name == action) else {
        return Err(unknown(given.at, "action", given.action, ACTIONS.iter().map(|(name, _)| *name)));
    };
    if let Some((key, _, at)) = given.pairs.iter().find(|(key, ..)| !keys.contains(key)) {
        return Err(unknown(*at, &format!("parameter of {action}"), key, keys.iter().copied()));
    }
    let deed = match action.as_str() {
        "create_task" => Deed::CreateTask {
            kind: given.text("type").unwrap_or_else(|| "task".into()),
            priority: given.one_of(
                "priority",
                &[("low", Priority::Low), ("medium", Priority::Medium), ("high", Priority::High)],
                Some(Priority::Medium),
            )?,
            title: given.text("title"),
            description: given.text("description"),
        },
        "log" => Deed::Log { message: given.text("message") },
        "call_llm" => Deed::CallLlm { prompt: given.text("prompt").unwrap_or_else(|| USUAL_PROMPT.into()) },
        "create_contact" => Deed::CreateContact { note: given.text("note") },
        "create_note" => Deed::CreateNote {
            on: given.one_of(
                "on",
                &[("sender", Party::Sender), ("contact", Party::Contact), ("attendees", Party::Attendees)],
                None,
            )?,
            body: given.needed("body")?,
        },
        "send_email" => mail(given)?,
        _ => Deed::RunAgent { instruction: given.needed("instruction")? },
    };
    Ok(deed)
}

fn mail(given: &mut Given<'_>) -> Result<Deed, Problem> {
    let to = given.needed("to")?;
    let (to, addresses) = match to.to_lowercase().as_str() {
        "sender" => (Recipient::Sender, Vec::new()),
        "contact" => (Recipient::Contact, Vec::new()),
        "attendees" => (Recipient::Attendees, Vec::new()),
        named if named.contains('@') => {
            (Recipient::Addresses, named.split(',').map(|address| address.trim().to_owned()).collect())
        }
        _ => {
            let what = format!("send_email: to is sender, contact, attendees, or addresses; not `{to}`.");
            return Err(Problem::new(given.at, what));
        }
    };
    let reply =
        given.one_of("reply", &[("yes", true), ("no", false), ("true", true), ("false", false)], Some(false))?;
    let subject = if reply { given.text("subject").unwrap_or_default() } else { given.needed("subject")? };
    Ok(Deed::SendEmail { to, addresses, subject, body: given.needed("body")?, reply })
}

/// An action's parameters.
struct Given<'a> {
    action: &'a str,
    at: usize,
    pairs: Vec<(&'a str, String, usize)>,
}

impl Given<'_> {
    fn take(&mut self, key: &str) -> Option<(String, usize)> {
        let at = self.pairs.iter().position(|(known, ..)| *known == key)?;
        let (_, value, place) = self.pairs.remove(at);
        Some((value, place))
    }

    fn text(&mut self, key: &str) -> Option<String> {
        self.take(key).map(|(value, _)| value).filter(|value| !value.trim().is_empty())
    }

    fn needed(&mut self, key: &str) -> Result<String, Problem> {
        self.text(key).ok_or_else(|| Problem::new(self.at, format!("{} needs {key}=…", self.action)))
    }

    fn one_of<T: Copy>(&mut self, key: &str, known: &[(&str, T)], usual: Option<T>) -> Result<T, Problem> {
        let Some((value, at)) = self.take(key) else {
            return usual.ok_or_else(|| Problem::new(self.at, format!("{} needs {key}=…", self.action)));
        };
        let lower = value.to_lowercase();
        match known.iter().find(|(name, _)| *name == lower) {
            Some((_, meant)) => Ok(*meant),
            None => Err(unknown(at, key, &value, known.iter().map(|(name, _)| *name))),
        }
    }
}

fn flag(value: &str) -> Option<bool> {
    match value.to_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

fn unknown<'a>(at: usize, what: &str, given: &str, known: impl Iterator<Item = &'a str> + Clone) -> Problem {
    let meant = match kinds::like(&given.to_lowercase(), known.clone()) {
        Some(meant) => format!("Did you mean `{meant}`?"),
        None => format!("There are {}.", known.collect::<Vec<_>>().join(", ")),
    };
    Problem::new(at, format!("there is no {what} `{given}`. {meant}"))
}

#[cfg(test)]
mod tests;
