use super::*;
use crate::model::calendar::Status;

fn series(span: Span, lines: &[&str]) -> CalendarEvent {
    CalendarEvent {
        google_id: "series".into(),
        etag: String::new(),
        status: Status::Confirmed,
        summary: "Review".into(),
        description: String::new(),
        location: String::new(),
        span: Some(span),
        time_zone: Some("America/Denver".into()),
        recurrence: lines.iter().map(|line| (*line).to_owned()).collect(),
        series: None,
        organizer: None,
        attendees: Vec::new(),
        own: true,
        busy: true,
        video_link: None,
        html_link: String::new(),
        created_at: None,
        updated_at: None,
    }
}

/// An hour, from this local time in Denver on.
fn hour(local: &str) -> Span {
    let from = local.parse::<DateTime>().unwrap().to_zoned(denver()).unwrap().timestamp();
    Span::Time { from, until: from + 1.hour() }
}

fn denver() -> TimeZone {
    TimeZone::get("America/Denver").unwrap()
}

fn starts(series: &CalendarEvent, since: &str, until: &str) -> Vec<String> {
    let at = |day: &str| day.parse::<Date>().unwrap().to_zoned(denver()).unwrap().timestamp();
    let found = dates(series, &denver(), at(since), at(until));
    let text = |span: &Span| match span {
        Span::Time { from, .. } => from.to_zoned(denver()).strftime("%Y-%m-%d %H:%M%:z").to_string(),
        Span::Days { from, until } => format!("{from}/{until}"),
    };
    found.iter().map(text).collect()
}

#[test]
fn a_series_keeps_its_hour_when_the_clocks_change() {
    let weekly = series(hour("2026-10-29T09:00"), &["RRULE:FREQ=WEEKLY"]);
    let found = starts(&weekly, "2026-10-01", "2026-11-13");
    assert_eq!(found, ["2026-10-29 09:00-06:00", "2026-11-05 09:00-07:00", "2026-11-12 09:00-07:00"]);
    assert_eq!(starts(&weekly, "2027-03-11", "2027-03-19"), ["2027-03-11 09:00-07:00", "2027-03-18 09:00-06:00"]);
}

#[test]
fn a_series_from_another_zone_keeps_the_hour_of_that_zone() {
    let mut weekly = series(hour("2026-10-22T09:00"), &["RRULE:FREQ=WEEKLY;BYDAY=TH"]);
    weekly.time_zone = Some("Europe/Berlin".into());
    // Berlin changes its clocks on 25 October, Denver on 1 November.
    let found = starts(&weekly, "2026-10-20", "2026-11-06");
    assert_eq!(found, ["2026-10-22 09:00-06:00", "2026-10-29 10:00-06:00", "2026-11-05 09:00-07:00"]);
}

#[test]
fn days_ordinals_intervals_and_ends_are_known() {
    let biweekly = "RRULE:FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261119T065959Z";
    let found = starts(&series(hour("2026-11-02T09:00"), &[biweekly]), "2026-11-01", "2027-01-01");
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found[3], "2026-11-18 09:00-07:00");
    let monthly = series(hour("2026-11-10T09:00"), &["RRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=3"]);
    assert_eq!(starts(&monthly, "2027-01-01", "2028-01-01"), ["2027-01-12 09:00-07:00"]);
    let last_workday = series(hour("2026-10-30T09:00"), &["RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"]);
    assert_eq!(starts(&last_workday, "2027-01-01", "2027-02-01"), ["2027-01-29 09:00-07:00"]);
    let yearly = series(hour("2024-02-29T09:00"), &["RRULE:FREQ=YEARLY"]);
    assert_eq!(starts(&yearly, "2025-01-01", "2029-01-01"), ["2028-02-29 09:00-07:00"]);
}

#[test]
fn dates_are_added_and_taken_out() {
    let lines = [
        "RRULE:FREQ=DAILY;COUNT=4",
        "EXDATE;TZID=America/Denver:20261103T090000",
        "EXDATE:20261104T160000Z",
        "RDATE;TZID=America/Denver:20261120T140000",
    ];
    let found = starts(&series(hour("2026-11-02T09:00"), &lines), "2026-11-01", "2026-12-01");
    assert_eq!(found, ["2026-11-02 09:00-07:00", "2026-11-05 09:00-07:00", "2026-11-20 14:00-07:00"]);
}

#[test]
fn whole_days_stay_whole_days() {
    let days = Span::Days { from: "2026-10-31".parse().unwrap(), until: "2026-11-02".parse().unwrap() };
    let lines = ["RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20261106", "EXDATE;VALUE=DATE:20261104"];
    let found = starts(&series(days, &lines), "2026-10-01", "2026-12-01");
    assert_eq!(found, ["2026-10-31/2026-11-02", "2026-11-02/2026-11-04", "2026-11-06/2026-11-08"]);
    // The second day of a date reaches into the window.
    assert_eq!(starts(&series(days, &lines[..1]), "2026-11-01", "2026-11-02"), ["2026-10-31/2026-11-02"]);
}

#[test]
fn a_rule_that_makes_no_sense_has_its_first_date() {
    let found = starts(&series(hour("2026-11-02T09:00"), &["RRULE:FREQ=SOMETIMES"]), "2026-11-01", "2026-12-01");
    assert_eq!(found, ["2026-11-02 09:00-07:00"]);
    let foreign = series(hour("2026-11-02T09:00"), &["RRULE:FREQ=WEEKLY;BYDAY=2€"]);
    assert_eq!(starts(&foreign, "2026-11-01", "2026-12-01"), ["2026-11-02 09:00-07:00"]);
    let over = series(hour("2026-11-02T09:00"), &["RRULE:FREQ=DAILY;UNTIL=20261001"]);
    assert!(starts(&over, "2026-11-01", "2026-12-01").is_empty());
}

#[test]
fn so_many_rules_are_read_and_no_more() {
    let rule = |day: usize| format!("RRULE:FREQ=YEARLY;BYMONTH=11;BYMONTHDAY={day}");
    let rules: Vec<String> = (2..200).map(rule).collect();
    let lines: Vec<&str> = rules.iter().map(String::as_str).collect();
    assert_eq!(starts(&series(hour("2026-11-02T09:00"), &lines), "2026-11-01", "2026-12-01").len(), RULES);
}

#[test]
fn a_rule_that_never_fits_ends() {
    let never = series(hour("2026-11-02T09:00"), &["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]);
    assert!(starts(&never, "2026-11-01", "2030-12-01").is_empty());
}
