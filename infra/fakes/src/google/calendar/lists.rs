//! `calendarList`, `calendars` and `settings`: the one calendar each account has.

use serde_json::{Value, json};

use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::store::Calendar;
use super::{calendar, calendar_id};

fn entry(calendar: &Calendar) -> Value {
    json!({
        "kind": "calendar#calendarListEntry",
        "etag": "\"p33g0000000000o\"",
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.time_zone,
        "colorId": "14",
        "backgroundColor": "#9fe1e7",
        "foregroundColor": "#000000",
        "selected": true,
        "accessRole": "owner",
        "defaultReminders": [{ "method": "popup", "minutes": 10 }],
        "primary": true,
        "conferenceProperties": { "allowedConferenceSolutionTypes": ["hangoutsMeet"] },
    })
}

pub(super) fn list(scope: &mut Scope<'_>) -> Answer {
    let items: Vec<Value> = scope.state.calendars.get(&scope.token.email).map(entry).into_iter().collect();
    Ok(json!({
        "kind": "calendar#calendarList",
        "etag": "\"p33g0000000000o\"",
        "nextSyncToken": "CPDAlvWDx70CEhJwcmltYXJ5",
        "items": items,
    }))
}

/// What the account's owner chose in the web interface.
fn settings(calendar: &Calendar) -> Vec<Value> {
    let setting =
        |(id, value): (&str, &str)| json!({ "kind": "calendar#setting", "etag": "\"0\"", "id": id, "value": value });
    [
        ("autoAddHangouts", "true"),
        ("defaultEventLength", "60"),
        ("format24HourTime", "false"),
        ("locale", "en"),
        ("timezone", calendar.time_zone.as_str()),
        ("weekStart", "0"),
    ]
    .map(setting)
    .into()
}

pub(super) fn settings_list(scope: &mut Scope<'_>) -> Answer {
    let own = scope.state.calendars.get(&scope.token.email).ok_or_else(Refusal::not_found)?;
    Ok(json!({
        "kind": "calendar#settings",
        "etag": "\"p33g0000000000o\"",
        "nextSyncToken": "00000000000000000000",
        "items": settings(own),
    }))
}

pub(super) fn settings_get(scope: &mut Scope<'_>) -> Answer {
    let own = scope.state.calendars.get(&scope.token.email).ok_or_else(Refusal::not_found)?;
    let wanted = scope.call.path("setting");
    settings(own).into_iter().find(|setting| setting["id"] == wanted).ok_or_else(Refusal::not_found)
}

pub(super) fn get(scope: &mut Scope<'_>) -> Answer {
    calendar_id(scope)?;
    calendar(scope).map(|calendar| entry(calendar))
}

pub(super) fn calendar_get(scope: &mut Scope<'_>) -> Answer {
    let calendar = calendar(scope)?;
    Ok(json!({
        "kind": "calendar#calendar",
        "etag": "\"p33g0000000000o\"",
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.time_zone,
        "conferenceProperties": { "allowedConferenceSolutionTypes": ["hangoutsMeet"] },
    }))
}
