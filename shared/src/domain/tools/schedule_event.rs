//! `schedule_event`: a new event in the advisor's calendar.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Caller, Run, Tool, checks, parse, schema_of, times};
use crate::error::Result;
use crate::model::action::Action;

const NAME: &str = "schedule_event";
pub(super) const LONGEST_SUMMARY: usize = 300;
pub(super) const LONGEST_TEXT: usize = 8_000;
pub(super) const LONGEST_LOCATION: usize = 500;
/// Google takes 200.
pub(super) const MOST: usize = 100;

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Creates an event in the advisor's calendar. Attendees get an invitation by e-mail.",
    schema: schema_of::<Args>,
    run: Run::Write(|caller, arguments| Box::pin(async { prepare(caller, arguments) })),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// What it is called.
    summary: String,
    /// ISO 8601, such as 2026-11-03T15:00; in the advisor's time zone unless it has an offset.
    start_time: String,
    /// The same, after start_time.
    end_time: String,
    description: Option<String>,
    /// E-mail addresses.
    attendees: Option<Vec<String>>,
    location: Option<String>,
}

fn prepare(caller: &Caller<'_>, arguments: Value) -> Result<Action> {
    let args: Args = parse(NAME, arguments)?;
    let zone = caller.now.time_zone();
    let start = times::moment(NAME, "start_time", &args.start_time, zone)?;
    let end = times::moment(NAME, "end_time", &args.end_time, zone)?;
    times::span(NAME, start, end, &caller.now)?;
    Ok(Action::ScheduleEvent {
        summary: checks::text(NAME, "summary", &args.summary, LONGEST_SUMMARY)?,
        start,
        end,
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        description: checks::maybe(NAME, "description", args.description.as_deref(), LONGEST_TEXT)?,
        location: checks::maybe(NAME, "location", args.location.as_deref(), LONGEST_LOCATION)?,
        attendees: guests(NAME, args.attendees.as_deref().unwrap_or_default())?,
    })
}

pub(super) fn guests(tool: &str, given: &[String]) -> Result<Vec<String>> {
    let guests = checks::addresses(tool, "attendees", given)?;
    if guests.len() > MOST {
        return Err(checks::wrong(tool, "attendees", &format!("no more than {MOST} people can be invited.")));
    }
    Ok(guests)
}
