//! What a reading of the calendar says has happened since the one before.

use jiff::{SignedDuration, Timestamp};

use crate::model::calendar::{Attendee, CalendarEvent, Span, Start};
use crate::model::event::{CALENDAR_CANCELLED, CALENDAR_CREATED, CALENDAR_UPDATED, Facts, NewEvent, Source};

/// Google's clock and ours may differ by so much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// One event as it was and as it is now.
pub struct Seen<'a> {
    /// `None` when it was not known.
    pub before: Option<&'a CalendarEvent>,
    pub now: &'a CalendarEvent,
    /// For a date of a series: the series, as far as it is known and still there.
    pub series: Option<&'a CalendarEvent>,
    /// It came as a change since the last reading, not in a reading of everything.
    pub is_change: bool,
}

/// What happened, if a person would care: it was made, it is at another time or place, called something else, with other
/// people, or it is off. Nothing that was so before `connected_at`: it has not happened to us.
pub fn of(seen: &Seen<'_>, connected_at: Timestamp, clock: Timestamp) -> Option<NewEvent> {
    let Seen { before, now, series, is_change } = *seen;
    let since = |at: Option<Timestamp>| at.is_some_and(|at| at >= connected_at - SKEW);
    let updated_at = now.updated_at.unwrap_or(clock);
    let expected = series.map(|series| as_planned(series, now));
    if now.is_cancelled() {
        // A date of a series that was never known on its own was a date of the series.
        let before = before.or(expected.as_ref()).filter(|before| !before.is_cancelled())?;
        let happened = is_change || since(now.updated_at);
        return happened.then(|| event(before, CALENDAR_CANCELLED, "cancelled", updated_at));
    }
    match before.filter(|before| !before.is_cancelled()).or(expected.as_ref()) {
        None => {
            let happened = is_change || since(now.created_at);
            let at = now.created_at.filter(|_| since(now.created_at)).unwrap_or(updated_at);
            happened.then(|| event(now, CALENDAR_CREATED, "created", at))
        }
        Some(before) => {
            let happened = differs(before, now) && (is_change || since(now.updated_at));
            happened.then(|| event(now, CALENDAR_UPDATED, &format!("updated:{updated_at}"), updated_at))
        }
    }
}

/// An event that is gone: Google, asked for it by name, does not know it or says that it is cancelled.
pub fn gone(before: &CalendarEvent, clock: Timestamp) -> Option<NewEvent> {
    (!before.is_cancelled()).then(|| event(before, CALENDAR_CANCELLED, "cancelled", clock))
}

/// The date of the series that `date` stands for, as the series has it.
fn as_planned(series: &CalendarEvent, date: &CalendarEvent) -> CalendarEvent {
    let original = date.series.as_ref().and_then(|series| series.original);
    let span = match (series.span, original) {
        (Some(Span::Time { from, until }), Some(Start::At(at))) => {
            Some(Span::Time { from: at, until: at.checked_add(until.duration_since(from)).unwrap_or(at) })
        }
        (Some(Span::Days { from, until }), Some(Start::On(day))) => {
            let length = from.until(until).unwrap_or_default();
            Some(Span::Days { from: day, until: day.checked_add(length).unwrap_or(day) })
        }
        _ => None,
    };
    CalendarEvent {
        google_id: date.google_id.clone(),
        span,
        recurrence: Vec::new(),
        series: date.series.clone(),
        ..series.clone()
    }
}

/// Whether a person would call it another appointment. Who has answered what is no difference: standing instructions would
/// run with every answer to an invitation.
fn differs(before: &CalendarEvent, now: &CalendarEvent) -> bool {
    let people = |event: &CalendarEvent| {
        let mut people: Vec<String> = event.attendees.iter().map(|attendee| attendee.email.clone()).collect();
        people.sort_unstable();
        people
    };
    before.span != now.span
        || before.recurrence != now.recurrence
        || before.summary != now.summary
        || before.location != now.location
        || before.status != now.status
        || people(before) != people(now)
}

fn event(about: &CalendarEvent, event_type: &str, what: &str, occurred_at: Timestamp) -> NewEvent {
    // A day has no moment until somebody's zone is chosen; it is midnight in UTC then.
    let bounds = about.span.map(|span| span.bounds(&jiff::tz::TimeZone::UTC));
    NewEvent {
        source: Source::Calendar,
        event_type: event_type.into(),
        subject_id: about.google_id.clone(),
        dedupe_key: format!("event:{}:{what}", about.google_id),
        facts: Facts::Calendar {
            event_id: about.google_id.clone(),
            summary: about.summary.clone(),
            start: bounds.map(|(from, _)| from),
            end: bounds.map(|(_, until)| until),
            all_day: about.span.is_some_and(|span| span.is_all_day()),
            location: Some(about.location.clone()).filter(|location| !location.is_empty()),
            organizer: about.organizer.clone(),
            own: about.own,
            attendees: about.guests().map(Attendee::mailbox).collect(),
            url: about.html_link.clone(),
        },
        depth: 0,
        occurred_at,
    }
}
