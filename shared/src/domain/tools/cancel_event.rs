//! `cancel_event`: an event taken out of the advisor's calendar.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::update_event::{existing, told};
use super::{Caller, Run, Tool, parse, schema_of};
use crate::error::Result;
use crate::model::action::Action;

const NAME: &str = "cancel_event";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Cancels an event of the advisor's calendar and tells its attendees.",
    schema: schema_of::<Args>,
    run: Run::Write(|caller, arguments| Box::pin(prepare(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// As search_calendar gives it.
    event_id: String,
    /// Whether attendees get an e-mail about it; they do if it is left out.
    send_updates: Option<bool>,
}

async fn prepare(caller: &Caller<'_>, arguments: Value) -> Result<Action> {
    let args: Args = parse(NAME, arguments)?;
    let event = existing(caller, &args.event_id).await?;
    Ok(Action::CancelEvent {
        attendees: told(&event),
        event_id: event.google_id,
        summary: event.summary,
        send_updates: args.send_updates.unwrap_or(true),
        // It is off, whatever was answered to the invitation meanwhile.
        etag: None,
    })
}
