//! From the advisor's words to a policy, once, when a rule is made.
//!
//! The structured language is read by its grammar. Plain words are read by a model, which can do nothing but fill in the form
//! of a policy; what it fills in is checked like anybody's. Where that fails twice, the rule becomes one that has the assistant
//! look at each event, and says so.

mod form;

use std::time::Duration;

use serde_json::{Map, Value};

use super::check::check;
use super::{grammar, kinds};
use crate::clients::openai::{ChatRequest, Item};
use crate::domain::World;
use crate::domain::models::{self, Cause};
use crate::error::{Error, Kind, Result};
use crate::model::UserId;
use crate::model::event::MESSAGE_RECEIVED;
use crate::model::rule::{Deed, Form, Policy, USUAL_PER_DAY};
use crate::model::untrusted;

/// Times the model is asked.
const TRIES: usize = 2;
/// How long the model may take in all; a buffered answer has to leave within 29 seconds.
const PATIENCE: Duration = Duration::from_secs(22);

/// A text, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    pub policy: Policy,
    pub form: Form,
    /// Why it could not be understood better, for the advisor.
    pub note: Option<String>,
}

/// 422 names `rule_text` where a structured rule is wrong.
pub async fn compile(world: &World, owner: UserId, text: &str) -> Result<Compiled> {
    if grammar::is_meant(text) {
        let policy = grammar::parse(text).map_err(|problem| Error::invalid("rule_text", problem.told(text)))?;
        let policy = check(policy, Some(text)).map_err(|problems| Error::invalid("rule_text", problems.join(" ")))?;
        return Ok(Compiled { policy, form: Form::Structured, note: None });
    }
    let asked = tokio::time::timeout(PATIENCE, ask(world, owner, text)).await;
    let late = || Error::new(Kind::Upstream, "The language model did not answer in time. Please try again.");
    match asked.map_err(|_| late())?? {
        Ok(policy) => Ok(Compiled { policy, form: Form::Words, note: None }),
        Err(problems) => {
            tracing::info!(problems = problems.len(), "a rule could not be compiled");
            let note = format!(
                "This could not be turned into fixed steps ({}), so the assistant looks at each event, and whatever it \
                 wants to write waits for your approval.",
                problems.join(" ").trim_end_matches('.')
            );
            Ok(Compiled { policy: open(text), form: Form::Open, note: Some(note) })
        }
    }
}

/// A text that was not understood, and why.
pub fn uncompiled(text: &str, why: &str) -> Compiled {
    let note = format!("This was not turned into fixed steps: {why}");
    Compiled { policy: open(text), form: Form::Open, note: Some(note) }
}

/// What the model makes of it, or what is wrong with that.
async fn ask(world: &World, owner: UserId, text: &str) -> Result<Result<Policy, Vec<String>>> {
    let mut request = ChatRequest {
        system: form::SYSTEM.into(),
        items: vec![Item::User(form::question(text))],
        tools: vec![form::tool()],
        tool_choice: Some(form::TOOL.into()),
        max_output_tokens: Some(1_500),
        cache_key: None,
    };
    let mut problems = Vec::new();
    for _ in 0..TRIES {
        let cause = Cause { name: "compile_rule", id: None };
        let (_, finished) = models::whole(world, owner, &request, cause).await?;
        let Some(call) = finished.calls.iter().find(|call| call.name == form::TOOL).cloned() else {
            problems = vec!["The language model did not fill in the form.".into()];
            continue;
        };
        problems = match read(&call.arguments).and_then(|policy| check(policy, Some(text))) {
            Ok(policy) => return Ok(Ok(policy)),
            Err(problems) => problems,
        };
        let refused = format!("Refused: {} Fill in the form again.", problems.join(" "));
        let results =
            finished.calls.iter().map(|call| Item::ToolResult { call_id: call.id.clone(), output: refused.clone() });
        let results: Vec<Item> = results.collect();
        request.items.push(Item::ToolCalls {
            text: String::new(),
            calls: finished.calls.clone(),
            opaque: finished.opaque,
        });
        request.items.extend(results);
    }
    Ok(Err(problems))
}

/// The form as it was filled in; what is left open is left out.
pub(crate) fn read(arguments: &str) -> Result<Policy, Vec<String>> {
    let filled = untrusted::json(arguments.as_bytes()).map_err(|error| vec![format!("That is not JSON: {error}.")])?;
    serde_path_to_error::deserialize(without_nulls(filled))
        .map_err(|error| vec![format!("{}: {}.", error.path(), error.inner())])
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// A rule nobody could make fixed steps of: whatever happens of that kind, the assistant looks at it.
fn open(text: &str) -> Policy {
    let lower = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let kinds = [
        (MESSAGE_RECEIVED, says(&["mail", "message", "inbox", "writes to me", "write to me"])),
        ("calendar.event.*", says(&["calendar", "meeting", "appointment", "invit"])),
        ("hubspot.*", says(&["hubspot", "crm", "contact", "deal"])),
    ];
    let mut said = kinds.iter().filter(|(_, said)| *said).map(|(trigger, _)| *trigger);
    let trigger = match (said.next(), said.next()) {
        (Some(only), None) => only,
        _ => "*",
    };
    debug_assert!(kinds::resolve(trigger).is_ok(), "{trigger}");
    let instruction = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(2_000).collect();
    Policy {
        trigger: trigger.to_owned(),
        conditions: Vec::new(),
        question: None,
        actions: vec![Deed::RunAgent { instruction }],
        max_per_day: USUAL_PER_DAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_compiled_is_looked_at_where_it_may_happen() {
        assert_eq!(open("If an e-mail sounds angry, tell me").trigger, MESSAGE_RECEIVED);
        assert_eq!(open("When a deal is about to close, prepare me").trigger, "hubspot.*");
        assert_eq!(open("When somebody emails about a meeting").trigger, "*");
        assert!(check(open("Be nice"), None).is_ok());
    }

    #[test]
    fn a_form_that_is_filled_in_wrongly_says_where() {
        let problems = read(r#"{"trigger":"*","actions":[{"do":"launch"}],"max_per_day":null}"#).unwrap_err();
        assert!(problems[0].starts_with("actions[0]"), "{problems:?}");
        assert!(read("{").is_err());
        assert!(
            read(r#"{"trigger":"*","conditions":[],"question":null,"actions":[{"do":"log","message":null}]}"#).is_ok()
        );
    }
}
