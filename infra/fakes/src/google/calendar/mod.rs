//! Calendar API v3, for the primary calendar of each account.
//!
//! Source: the discovery document `calendar.v3.json` and developers.google.com/workspace/calendar/api/guides.

pub(super) mod channels;
mod events;
mod free_busy;
mod list;
mod lists;
mod recurrence;
pub(super) mod store;
mod table;
mod times;
mod write;

use super::method::Scope;
use super::refusal::Refusal;
use store::Calendar;

pub(super) use events::{load, relink, save};
pub(super) use table::METHODS;
pub(super) use write::{amend, call_off};

/// Checks that the call names the account's own calendar; others are not found.
fn calendar_id(scope: &Scope<'_>) -> Result<(), Refusal> {
    let id = scope.call.path("calendarId");
    let own = id == "primary" || id.eq_ignore_ascii_case(&scope.token.email);
    if own { Ok(()) } else { Err(Refusal::not_found()) }
}

/// The calendar the call names.
fn calendar<'a>(scope: &'a mut Scope<'_>) -> Result<&'a mut Calendar, Refusal> {
    calendar_id(scope)?;
    scope.state.calendars.get_mut(&scope.token.email).ok_or_else(Refusal::not_found)
}
