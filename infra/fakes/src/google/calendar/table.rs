//! Every Calendar method the fake answers, with its scopes.

use axum::http::Method as Verb;

use super::super::method::{Method, Scope};
use super::super::refusal::{Answer, Api};
use super::{channels, free_busy, list, lists, write};

const CALENDAR: &str = "https://www.googleapis.com/auth/calendar";
const READONLY: &str = "https://www.googleapis.com/auth/calendar.readonly";
const CREATED: &str = "https://www.googleapis.com/auth/calendar.app.created";
const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
const EVENTS_READ: &str = "https://www.googleapis.com/auth/calendar.events.readonly";
const OWNED: &str = "https://www.googleapis.com/auth/calendar.events.owned";
const OWNED_READ: &str = "https://www.googleapis.com/auth/calendar.events.owned.readonly";
const EVENTS_BUSY: &str = "https://www.googleapis.com/auth/calendar.events.freebusy";
const BUSY: &str = "https://www.googleapis.com/auth/calendar.freebusy";
const LIST: &str = "https://www.googleapis.com/auth/calendar.calendarlist";
const LIST_READ: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
const CALENDARS_READ: &str = "https://www.googleapis.com/auth/calendar.calendars.readonly";

const SETTINGS_READ: &str = "https://www.googleapis.com/auth/calendar.settings.readonly";

const READ: &[&str] = &[CALENDAR, CREATED, EVENTS, EVENTS_BUSY, OWNED, OWNED_READ, EVENTS_READ, READONLY];
const WRITE: &[&str] = &[CALENDAR, CREATED, EVENTS, OWNED];
const MOVE: &[&str] = &[CALENDAR, EVENTS, OWNED];
const FREE_BUSY: &[&str] = &[CALENDAR, EVENTS_BUSY, BUSY, READONLY];
const LISTS: &[&str] = &[CALENDAR, LIST, LIST_READ, READONLY];
const LIST_ONE: &[&str] = &[CALENDAR, CREATED, LIST, LIST_READ, READONLY];
const CALENDARS: &[&str] = &[CALENDAR, CREATED, CALENDARS_READ, READONLY];
const SETTINGS: &[&str] = &[CALENDAR, READONLY, SETTINGS_READ];
const STOP: &[&str] =
    &[CALENDAR, CREATED, LIST, LIST_READ, EVENTS, EVENTS_BUSY, OWNED, OWNED_READ, EVENTS_READ, READONLY];

const fn row(
    verb: Verb,
    path: &'static str,
    scopes: &'static [&'static str],
    run: fn(&mut Scope<'_>) -> Answer,
) -> Method {
    Method { api: Api::Calendar, verb, path, scopes, units: 1, params: &[], run }
}

#[rustfmt::skip]
pub(in super::super) const METHODS: &[Method] = &[
    row(Verb::GET, "/calendar/v3/users/me/calendarList", LISTS, lists::list),
    row(Verb::GET, "/calendar/v3/users/me/calendarList/{calendarId}", LIST_ONE, lists::get),
    row(Verb::GET, "/calendar/v3/users/me/settings", SETTINGS, lists::settings_list),
    row(Verb::GET, "/calendar/v3/users/me/settings/{setting}", SETTINGS, lists::settings_get),
    row(Verb::GET, "/calendar/v3/calendars/{calendarId}", CALENDARS, lists::calendar_get),

    row(Verb::GET, "/calendar/v3/calendars/{calendarId}/events", READ, list::list),
    row(Verb::POST, "/calendar/v3/calendars/{calendarId}/events", WRITE, write::insert),
    row(Verb::POST, "/calendar/v3/calendars/{calendarId}/events/import", WRITE, write::import),
    row(Verb::POST, "/calendar/v3/calendars/{calendarId}/events/watch", READ, channels::watch),
    row(Verb::GET, "/calendar/v3/calendars/{calendarId}/events/{eventId}", READ, write::get),
    row(Verb::PATCH, "/calendar/v3/calendars/{calendarId}/events/{eventId}", WRITE, write::patch),
    row(Verb::PUT, "/calendar/v3/calendars/{calendarId}/events/{eventId}", WRITE, write::update),
    row(Verb::DELETE, "/calendar/v3/calendars/{calendarId}/events/{eventId}", WRITE, write::delete),
    row(Verb::GET, "/calendar/v3/calendars/{calendarId}/events/{eventId}/instances", READ, list::instances),
    row(Verb::POST, "/calendar/v3/calendars/{calendarId}/events/{eventId}/move", MOVE, write::move_to),

    row(Verb::POST, "/calendar/v3/freeBusy", FREE_BUSY, free_busy::query),
    row(Verb::POST, "/calendar/v3/channels/stop", STOP, channels::stop),
];
