//! What takes place in a window: single events, the dates of series, and those that were changed or cancelled on their own.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::recurrence;
use crate::error::Result;
use crate::model::calendar::{CalendarEvent, Span, Start};
use crate::store::{Tenant, calendar_events};

/// Something that takes place once.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// The event, or the series this is a date of.
    pub event: CalendarEvent,
    pub span: Span,
}

impl Occurrence {
    /// Google's id of just this: for a date of a series one that Google understands, too.
    pub fn google_id(&self) -> String {
        let id = &self.event.google_id;
        match self.span.start() {
            _ if !self.event.is_series() => id.clone(),
            Start::At(at) => format!("{id}_{}", at.strftime("%Y%m%dT%H%M%SZ")),
            Start::On(day) => format!("{id}_{}", day.strftime("%Y%m%d")),
        }
    }
}

/// What touches the time from `since` to before `until` and is not cancelled, soonest first.
pub async fn between(db: &Tenant<'_>, zone: &TimeZone, since: Timestamp, until: Timestamp) -> Result<Vec<Occurrence>> {
    let events = calendar_events::around(db, since, until).await?;
    Ok(arrange(events, zone, since, until))
}

fn arrange(events: Vec<CalendarEvent>, zone: &TimeZone, since: Timestamp, until: Timestamp) -> Vec<Occurrence> {
    let apart: HashSet<(String, Start)> = events
        .iter()
        .filter_map(|event| event.series.as_ref())
        .filter_map(|series| Some((series.id.clone(), series.original?)))
        .collect();
    let mut found = Vec::new();
    for event in events.into_iter().filter(|event| !event.is_cancelled()) {
        if event.is_series() {
            for span in recurrence::dates(&event, zone, since, until) {
                if !apart.contains(&(event.google_id.clone(), span.start())) {
                    found.push(Occurrence { event: event.clone(), span });
                }
            }
        } else if let Some(span) = event.span {
            let (from, to) = span.bounds(zone);
            if from < until && (to > since || from == to && from >= since) {
                found.push(Occurrence { event, span });
            }
        }
    }
    found.sort_by_cached_key(|one| (one.span.bounds(zone), one.event.google_id.clone()));
    found
}
