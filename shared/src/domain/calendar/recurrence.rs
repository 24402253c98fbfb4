//! The dates of a series (RFC 5545). The rules are worked out on floating local times, and each date is placed in the
//! series' own zone afterwards, so that a meeting at nine stays at nine when the clocks change.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rrule::RRuleSet;

use crate::model::calendar::{CalendarEvent, Span};

/// Dates of one series that are worked out at most, from its first: a daily one of fifty years.
pub(crate) const MOST: usize = 20_000;

/// Rules of one series that are read. RFC 5545 wants one; whoever invites us with hundreds wants our time.
const RULES: usize = 4;

/// The dates of a series that touch the time from `since` to before `until`, in order, without regard to those that were
/// changed on their own. `zone` is the calendar's. A rule that cannot be understood has its first date only.
pub fn dates(series: &CalendarEvent, zone: &TimeZone, since: Timestamp, until: Timestamp) -> Vec<Span> {
    let Some(first) = series.span else { return Vec::new() };
    let own = series.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(|| zone.clone());
    let (start, all_day) = match first {
        Span::Time { from, .. } => (from.to_zoned(own.clone()).datetime(), false),
        Span::Days { from, .. } => (from.to_datetime(Time::midnight()), true),
    };
    let horizon = until.to_zoned(own.clone()).datetime().saturating_add(1.day());
    let lines = Lines::read(&series.recurrence, &own);

    let mut locals: BTreeSet<DateTime> = lines.added.into_iter().collect();
    if lines.rules.is_empty() {
        locals.insert(start);
    }
    for rule in lines.rules.iter().take(RULES) {
        match expand(rule, start, &own, horizon) {
            Some(found) => locals.extend(found),
            None => {
                tracing::warn!("a rule of a series was not understood; it has its first date only");
                locals.insert(start);
            }
        }
    }
    // A date alone takes out whatever happens on that day.
    let is_out =
        |local: &DateTime| lines.removed.contains(local) || all_day && lines.removed_days.contains(&local.date());
    let spans = locals.into_iter().filter(|local| !is_out(local)).filter_map(|local| moved(first, local, &own));
    let touches = |span: &Span| {
        let (from, to) = span.bounds(zone);
        from < until && (to > since || from == to && from >= since)
    };
    spans.filter(touches).collect()
}

/// The first date's length at another start.
fn moved(first: Span, local: DateTime, own: &TimeZone) -> Option<Span> {
    Some(match first {
        Span::Time { from, until } => {
            let start = local.to_zoned(own.clone()).ok()?.timestamp();
            Span::Time { from: start, until: start.checked_add(until.duration_since(from)).ok()? }
        }
        Span::Days { from, until } => {
            let start = local.date();
            Span::Days { from: start, until: start.checked_add(from.until(until).ok()?).ok()? }
        }
    })
}

/// What the lines of a series say, in local times.
#[derive(Default)]
struct Lines<'a> {
    rules: Vec<&'a str>,
    added: Vec<DateTime>,
    removed: BTreeSet<DateTime>,
    removed_days: BTreeSet<Date>,
}

impl<'a> Lines<'a> {
    fn read(lines: &'a [String], own: &TimeZone) -> Self {
        let mut read = Self::default();
        for line in lines {
            let Some((name, value)) = line.trim().split_once(':') else { continue };
            let zone = name.split(';').find_map(|part| TimeZone::get(part.strip_prefix("TZID=")?).ok());
            let zone = zone.unwrap_or_else(|| own.clone());
            // A period counts by its start.
            let texts = value.split(',').map(|text| text.split('/').next().unwrap_or(text).trim());
            match name.split(';').next() {
                Some("RRULE") => read.rules.push(value),
                Some("RDATE") => read.added.extend(texts.filter_map(|text| local(text, &zone, own))),
                Some("EXDATE") => {
                    for text in texts {
                        read.removed.extend(local(text, &zone, own));
                        read.removed_days.extend(Date::strptime("%Y%m%d", text).ok());
                    }
                }
                _ => {}
            }
        }
        read
    }
}

/// `20261105`, `20261105T090000` or `20261105T160000Z` as a local time of the series.
pub(super) fn local(text: &str, zone: &TimeZone, own: &TimeZone) -> Option<DateTime> {
    let elsewhere = |local: DateTime, zone: &TimeZone| {
        Some(local.to_zoned(zone.clone()).ok()?.with_time_zone(own.clone()).datetime())
    };
    if let Some(utc) = text.strip_suffix('Z') {
        return elsewhere(DateTime::strptime("%Y%m%dT%H%M%S", utc).ok()?, &TimeZone::UTC);
    }
    match DateTime::strptime("%Y%m%dT%H%M%S", text) {
        Ok(local) => elsewhere(local, zone),
        Err(_) => Date::strptime("%Y%m%d", text).ok().map(|day| day.to_datetime(Time::midnight())),
    }
}

/// The local starts a rule gives up to `horizon`. `None` when it cannot be understood.
fn expand(rule: &str, start: DateTime, own: &TimeZone, horizon: DateTime) -> Option<Vec<DateTime>> {
    // RFC 5545 has nothing else in a rule, and the crate that reads it cuts it anywhere.
    if !rule.is_ascii() {
        return None;
    }
    let mut parts = Vec::new();
    for part in rule.split(';').filter(|part| !part.is_empty()) {
        let Some(until) = part.strip_prefix("UNTIL=") else {
            parts.push(part.to_owned());
            continue;
        };
        let end = local(until, own, own)?;
        // A day means all of it.
        let end = if until.contains('T') { end } else { end.date().to_datetime(Time::constant(23, 59, 59, 0)) };
        if end < start {
            return Some(Vec::new());
        }
        parts.push(format!("UNTIL={}", floating(end)));
    }
    let set: RRuleSet = format!("DTSTART:{}\nRRULE:{}", floating(start), parts.join(";")).parse().ok()?;
    let set = set.limit();
    let found = (&set).into_iter().take(MOST).map_while(|at| {
        let local = Timestamp::from_second(at.timestamp()).ok()?.to_zoned(TimeZone::UTC).datetime();
        (local < horizon).then_some(local)
    });
    Some(found.collect())
}

/// A local time, written as if it were UTC: a zone without surprises.
fn floating(local: DateTime) -> String {
    local.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests;
