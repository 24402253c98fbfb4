//! The dates of a series, whose rules anybody who invites the advisor can write.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Parts;
use crate::domain::calendar::recurrence::{MOST, dates};
use crate::model::calendar::{CalendarEvent, Span, Status};

const ZONES: [&str; 6] =
    ["America/Denver", "Europe/Berlin", "UTC", "Pacific/Apia", "Australia/Lord_Howe", "No/Such_Zone"];

/// Kind, zone, start, length, window; then the lines.
pub fn run(data: &[u8]) {
    let mut parts = Parts(data);
    let (kind, zone, weeks, length, window) = (parts.byte(), parts.byte(), parts.byte(), parts.byte(), parts.byte());
    let lines: Vec<String> = String::from_utf8_lossy(parts.0).lines().map(str::to_owned).collect();
    let added: usize = lines.iter().map(|line| line.split(',').count()).sum();
    let (rules, lines_read) = (lines.iter().filter(|line| line.contains("RRULE")).count(), lines.len());

    // From 1975 to 2072.
    let first = Date::constant(1975, 1, 1).saturating_add((i64::from(weeks) * 20).weeks());
    let span = if kind % 2 == 0 {
        let from = first.at(9, 0, 0, 0).to_zoned(TimeZone::UTC).map(|at| at.timestamp()).unwrap_or_default();
        Span::Time { from, until: from + (i64::from(length) * 10).minutes() }
    } else {
        Span::Days { from: first, until: first.saturating_add(i64::from(length).days()) }
    };
    let series = CalendarEvent {
        google_id: "series".into(),
        etag: String::new(),
        status: Status::Confirmed,
        summary: String::new(),
        description: String::new(),
        location: String::new(),
        span: Some(span),
        time_zone: Some(ZONES[usize::from(zone) % ZONES.len()].to_owned()),
        recurrence: lines,
        series: None,
        organizer: None,
        attendees: Vec::new(),
        own: true,
        busy: true,
        video_link: None,
        html_link: String::new(),
        created_at: None,
        updated_at: None,
    };
    let home = TimeZone::get("America/Denver").unwrap_or(TimeZone::UTC);
    let since = span.bounds(&home).0 + (i64::from(window) * 24 * 7).hours();
    let until = since + (24 * 60).hours();
    let found = dates(&series, &home, since, until);

    let bounds: Vec<(Timestamp, Timestamp)> = found.iter().map(|span| span.bounds(&home)).collect();
    assert!(bounds.iter().all(|(from, to)| from <= to && *from < until && *to >= since), "{found:?}");
    assert!(bounds.is_sorted_by_key(|(from, _)| *from), "{found:?}");
    assert!(found.len() <= MOST * rules + added + lines_read + 1);
    assert!(found.iter().all(|date| date.is_all_day() == span.is_all_day()));
    assert_eq!(found, dates(&series, &home, since, until), "asked again, it says the same");
}
