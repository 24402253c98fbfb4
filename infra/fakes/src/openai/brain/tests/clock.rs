//! What days and times words mean.

use jiff::Zoned;

use crate::openai::brain::clock::{minutes_in, moment, now, period_in, when_in, without_times};

/// A Tuesday, with the clocks at standard time.
const PROMPT: &str = "You are the assistant of Dana Reyes, a financial advisor. For the advisor it is Tuesday, 24 November \
                      2026, 09:00 (MST), time zone America/Denver.";

fn tuesday() -> Zoned {
    now(&[PROMPT]).unwrap()
}

fn meant(text: &str) -> String {
    let now = tuesday();
    let when = when_in(text, &now);
    let day = when.day.map(|day| day.to_string()).unwrap_or_default();
    let time = when.time.map(|time| time.strftime(" %H:%M").to_string()).unwrap_or_default();
    let ends = when.ends.map(|time| time.strftime("-%H:%M").to_string()).unwrap_or_default();
    format!("{day}{time}{ends}")
}

#[test]
fn the_prompt_says_when_it_is_and_where() {
    let other = now(&["It is Tuesday, 24 November 2026, 09:00 (MST)"]).unwrap();
    let whole = now(&["Now: 2026-11-24T09:00:00-07:00[America/Denver]."]).unwrap();

    assert_eq!(tuesday().to_string(), "2026-11-24T09:00:00-07:00[America/Denver]");
    assert_eq!((other, whole), (tuesday(), tuesday()));
    assert_eq!(now(&["You are a helpful assistant."]), None);
}

#[test]
fn days_and_times_are_read_as_people_say_them() {
    for (text, expected) in [
        ("on Thursday at 3pm", "2026-11-26 15:00"),
        ("Tuesday at 10", "2026-12-01 10:00"),
        ("this Friday at 2:30", "2026-11-27 14:30"),
        ("next Thursday at noon", "2026-12-03 12:00"),
        ("next week on Monday, 9:15 a.m.", "2026-11-30 09:15"),
        ("Wednesday next week at 4", "2026-12-02 16:00"),
        ("tomorrow 10:30", "2026-11-25 10:30"),
        ("the day after tomorrow", "2026-11-26"),
        ("today at 16:00", "2026-11-24 16:00"),
        ("in two weeks at 11am", "2026-12-08 11:00"),
        ("on 3 March at 8am", "2027-03-03 08:00"),
        ("December 12th, 1-2:30pm", "2026-12-12 13:00-14:30"),
        ("Thursday, 3 December from 9 to 10:15", "2026-12-03 09:00-10:15"),
        ("2026-12-03 at 3 p.m.", "2026-12-03 15:00"),
        ("12/15 between 11 and 1pm", "2026-12-15 11:00-13:00"),
        ("the 30th at 5", "2026-11-30 17:00"),
        ("her 401(k) and 2 accounts", ""),
        ("Wednesday, 25 November 2026, 09:00–10:00 (MST)", "2026-11-25 09:00-10:00"),
    ] {
        assert_eq!(meant(text), expected, "{text}");
    }
}

#[test]
fn lengths_are_minutes() {
    for (text, minutes) in [
        ("for 30 minutes", Some(30)),
        ("a 45-minute call", Some(45)),
        ("half an hour", Some(30)),
        ("an hour and a half", Some(90)),
        ("two hours", Some(120)),
        ("1.5 hours", Some(90)),
        ("90min", Some(90)),
        ("on Friday", None),
    ] {
        assert_eq!(minutes_in(text), minutes, "{text}");
    }
}

#[test]
fn an_hour_on_the_wall_keeps_its_place_when_clocks_change() {
    let autumn = now(&["It is Friday, 30 October 2026, 09:00 (MDT), time zone America/Denver"]).unwrap();
    let at = |text: &str| {
        let when = when_in(text, &autumn);
        moment(when.day.unwrap(), when.time.unwrap(), text, &autumn).unwrap().timestamp().to_string()
    };

    // The clocks go back on the first of November.
    assert_eq!(at("tomorrow at 3pm"), "2026-10-31T21:00:00Z");
    assert_eq!(at("Monday at 3pm"), "2026-11-02T22:00:00Z");
    assert_eq!(at("Monday at 3pm Eastern"), "2026-11-02T20:00:00Z");
}

#[test]
fn stretches_of_days_have_a_first_and_a_last() {
    let now = tuesday();
    let days = |text: &str| period_in(text, &now).map(|period| format!("{}..{}", period.from, period.until));
    for (text, expected) in [
        ("what do I have today", "2026-11-24..2026-11-25"),
        ("this week", "2026-11-23..2026-11-30"),
        ("next week", "2026-11-30..2026-12-07"),
        ("this month", "2026-11-01..2026-12-01"),
        ("next month", "2026-12-01..2027-01-01"),
        ("this quarter", "2026-10-01..2027-01-01"),
        ("in January", "2027-01-01..2027-02-01"),
        ("in the next two weeks", "2026-11-24..2026-12-09"),
        ("on Friday", "2026-11-27..2026-11-28"),
    ] {
        assert_eq!(days(text).as_deref(), Some(expected), "{text}");
    }
    assert_eq!(period_in("next week", &now).unwrap().filter().as_deref(), Some("next_week"));
    assert_eq!(period_in("on Friday", &now).unwrap().filter().as_deref(), Some("2026-11-27"));
    assert_eq!(period_in("next month", &now).unwrap().filter(), None);
    assert_eq!(period_in("in March", &now).unwrap().filter_of_closing().as_deref(), Some("2027-03"));
}

#[test]
fn what_is_not_a_time_is_left() {
    let now = tuesday();
    let text = "Schedule a 30 minute call with Nora about the roof on Thursday at 3pm Eastern";
    assert_eq!(without_times(text, &now), "Schedule a call with Nora about the roof");
}
