//! `update_event`: changes to an event of the advisor's calendar.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::checks::{self, wrong};
use super::schedule_event::{LONGEST_LOCATION, LONGEST_SUMMARY, LONGEST_TEXT, guests};
use super::{Caller, Run, Tool, parse, schema_of, times};
use crate::clients::calendar::Calendar;
use crate::domain::accounts::tokens;
use crate::error::{Error, Result};
use crate::model::action::Action;
use crate::model::calendar::{CalendarEvent, Span};
use crate::model::user::Provider;

const NAME: &str = "update_event";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Changes an event of the advisor's calendar. Give only what changes; what is left out stays. A new start_time \
                  without an end_time moves the whole event.",
    schema: schema_of::<Args>,
    run: Run::Write(|caller, arguments| Box::pin(prepare(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// As search_calendar gives it.
    event_id: String,
    summary: Option<String>,
    /// ISO 8601, such as 2026-11-03T15:00; in the advisor's time zone unless it has an offset.
    start_time: Option<String>,
    /// The same.
    end_time: Option<String>,
    description: Option<String>,
    /// E-mail addresses of everybody who is invited from now on, not only of those who are new.
    attendees: Option<Vec<String>>,
    location: Option<String>,
}

async fn prepare(caller: &Caller<'_>, arguments: Value) -> Result<Action> {
    let args: Args = parse(NAME, arguments)?;
    let zone = caller.now.time_zone();
    let moment = |argument: &str, text: &Option<String>| {
        let text = text.as_deref().filter(|text| !text.trim().is_empty());
        text.map(|text| times::moment(NAME, argument, text, zone)).transpose()
    };
    let (start, mut end) = (moment("start_time", &args.start_time)?, moment("end_time", &args.end_time)?);
    let summary = checks::maybe(NAME, "summary", args.summary.as_deref(), LONGEST_SUMMARY)?;
    let description = checks::maybe(NAME, "description", args.description.as_deref(), LONGEST_TEXT)?;
    let location = checks::maybe(NAME, "location", args.location.as_deref(), LONGEST_LOCATION)?;
    let attendees = args.attendees.as_deref().map(|given| guests(NAME, given)).transpose()?;
    let texts = [&summary, &description, &location].iter().any(|text| text.is_some());
    if !texts && start.is_none() && end.is_none() && attendees.is_none() {
        return Err(wrong(NAME, "summary", "at least one thing must change."));
    }

    let event = existing(caller, &args.event_id).await?;
    match (event.span, start, end) {
        (_, None, None) => {}
        (_, Some(start), Some(end)) => times::span(NAME, start, end, &caller.now)?,
        (Some(Span::Time { from, until }), Some(start), None) => {
            // Whoever moves a meeting does not mean to make it shorter.
            let moved = start.checked_add(until.duration_since(from));
            end = Some(moved.map_err(|_| wrong(NAME, "start_time", "is too far away."))?);
            times::span(NAME, start, end.unwrap_or(start), &caller.now)?;
        }
        (Some(Span::Time { from, .. }), None, Some(end)) => times::span(NAME, from, end, &caller.now)?,
        _ => return Err(wrong(NAME, "end_time", "this event takes whole days: give start_time and end_time both.")),
    }
    Ok(Action::UpdateEvent {
        guests: told(&event),
        event_id: event.google_id,
        summary,
        start,
        end,
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        description,
        location,
        attendees,
        etag: Some(event.etag).filter(|etag| !etag.is_empty()),
    })
}

/// Who hears of what becomes of an event.
pub(super) fn told(event: &CalendarEvent) -> Vec<String> {
    let addresses = event.guests().map(|guest| guest.email.to_lowercase());
    addresses.filter(|email| !email.is_empty()).collect()
}

/// The event as it is in the calendar right now.
pub(super) async fn existing(caller: &Caller<'_>, event_id: &str) -> Result<CalendarEvent> {
    let missing = || Error::not_found("event in the calendar; search_calendar gives the event_id of one");
    let id = event_id.trim();
    if id.is_empty() || id.len() > 1024 {
        return Err(missing());
    }
    let world = caller.world;
    let mut access = tokens::access(world, caller.owner, Provider::Google).await?;
    let ask = async |token: &str| {
        let base = &world.config.google.calendar_url;
        Calendar { http: &world.http, base, token }.get(id).await
    };
    let mut found = ask(&access.token).await;
    if found.as_ref().is_err_and(|error| error.upstream_status() == Some(401)) {
        access = tokens::renew(world, caller.owner, Provider::Google, &access.token).await?;
        found = ask(&access.token).await;
    }
    match found {
        Ok(event) => event.filter(|event| !event.is_cancelled()).ok_or_else(missing),
        // What cannot be an id is nobody's.
        Err(error) if error.upstream_status() == Some(400) => Err(missing()),
        Err(error) => Err(error),
    }
}
