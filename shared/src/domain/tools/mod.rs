//! What the model may call. One file for each tool: its arguments as a type, what it is for, and what it does.
//!
//! A tool that reads answers at once. One that writes does nothing: it prepares an [`Action`], complete and checked, and whoever
//! called it hands that to [`crate::domain::actions::propose`]. A tool that fails never ends the turn: the model is told why,
//! in words it can act on.

mod age;
mod cancel_event;
mod checks;
mod closing;
pub mod contact_fields;
mod create_contact;
mod create_memory_rule;
mod create_note;
mod dates;
mod edited;
pub mod execute;
mod find_free_time;
mod get_contact_by_id;
mod get_contact_notes;
mod list_memory_rules;
mod schedule_event;
mod schema;
mod search_calendar;
mod search_contacts;
mod search_deals;
mod search_emails;
mod send_email;
mod times;
mod update_contact;
mod update_event;

pub use edited::edited;

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

use jiff::Zoned;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::clients::openai::ToolSpec;
use crate::domain::World;
use crate::error::{Error, Result};
use crate::model::UserId;
use crate::model::action::Action;
use crate::model::document::Hit;
use crate::model::untrusted;

/// In the metadata of what a search of the calendar found: the dates that fit, in words.
pub const DATES: &str = "dates";

/// Who calls, and when it is for them.
pub struct Caller<'a> {
    pub world: &'a World,
    pub owner: UserId,
    pub now: Zoned,
}

/// What a tool found.
pub struct Output {
    /// A sentence for the model, before the passages.
    pub summary: String,
    /// For clients, in the seed's shape.
    pub value: Value,
    /// What the model may cite.
    pub hits: Vec<Hit>,
}

type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// One tool.
pub struct Tool {
    pub name: &'static str,
    pub description: &'static str,
    schema: fn() -> Value,
    run: Run,
}

enum Run {
    Read(for<'a> fn(&'a Caller<'a>, Value) -> Running<'a, Output>),
    Write(for<'a> fn(&'a Caller<'a>, Value) -> Running<'a, Action>),
}

impl Tool {
    /// Whether calling it prepares a write.
    pub fn writes(&self) -> bool {
        matches!(self.run, Run::Write(_))
    }
}

/// What came of a call.
pub enum Ran {
    Found(Output),
    /// To be proposed; nothing has happened.
    Wants(Action),
}

pub const TOOLS: &[Tool] = &[
    search_emails::TOOL,
    search_calendar::TOOL,
    search_contacts::TOOL,
    get_contact_by_id::TOOL,
    get_contact_notes::TOOL,
    search_deals::TOOL,
    find_free_time::TOOL,
    send_email::TOOL,
    schedule_event::TOOL,
    update_event::TOOL,
    cancel_event::TOOL,
    create_contact::TOOL,
    update_contact::TOOL,
    create_note::TOOL,
    create_memory_rule::TOOL,
    list_memory_rules::TOOL,
];

/// Names the seed had for tools of ours.
const ALIASES: &[(&str, &str)] = &[("find_contact", "search_contacts")];

/// The tool of this name, or of the seed's for it.
pub fn find(name: &str) -> Option<&'static Tool> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, ours)| ours);
    TOOLS.iter().find(|tool| tool.name == name)
}

/// What the model is told of them. Their schemas are made once.
pub fn specs() -> &'static [ToolSpec] {
    static SPECS: LazyLock<Vec<ToolSpec>> = LazyLock::new(|| {
        let spec = |tool: &Tool| ToolSpec {
            name: tool.name.to_owned(),
            description: tool.description.to_owned(),
            parameters: (tool.schema)(),
        };
        TOOLS.iter().map(spec).collect()
    });
    &SPECS
}

/// Runs the tool of this name; `arguments` is the JSON text the model wrote.
pub async fn run(caller: &Caller<'_>, name: &str, arguments: &str) -> Result<Ran> {
    let tool = find(name).ok_or_else(|| {
        let known: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
        Error::bad_request(format!("Unknown function: {name}. There are: {}.", known.join(", ")))
    })?;
    let text = if arguments.trim().is_empty() { "{}" } else { arguments };
    let arguments = untrusted::json(text.as_bytes())
        .map_err(|error| Error::bad_request(format!("The arguments of {name} are not JSON: {error}.")))?;
    match tool.run {
        Run::Read(read) => {
            let mut output = read(caller, arguments).await?;
            age::mark(caller, tool.name, &mut output).await?;
            Ok(Ran::Found(output))
        }
        Run::Write(prepare) => prepare(caller, arguments).await.map(Ran::Wants),
    }
}

/// The arguments as their type, or a message that names the one that is wrong.
fn parse<A: DeserializeOwned>(name: &str, arguments: Value) -> Result<A> {
    serde_path_to_error::deserialize(arguments).map_err(|error| {
        let path = error.path().to_string();
        Error::bad_request(format!("Invalid arguments for {name}: {path}: {}.", error.inner()))
    })
}

fn schema_of<A: JsonSchema>() -> Value {
    schema::strict(schemars::schema_for!(A).to_value())
}

/// A number of results the model asked for, within what a tool gives.
fn limit(asked: Option<i64>, default: i64, most: i64) -> i64 {
    asked.unwrap_or(default).clamp(1, most)
}
