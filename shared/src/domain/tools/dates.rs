//! Days as the model names them, in the advisor's time zone.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, Zoned};

use crate::error::{Error, Result};

/// From the first moment of the first day to the first moment after the last.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Period {
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// For what has been: `today`, `yesterday`, `this_week` (from Monday), `last_7_days`, `last_30_days`, or a day as
/// `YYYY-MM-DD`.
pub fn period(filter: Option<&str>, now: &Zoned) -> Result<Period> {
    let today = now.date();
    let wrong = || {
        Error::bad_request(
            "date_filter must be today, yesterday, this_week, last_7_days, last_30_days, or a day as YYYY-MM-DD.",
        )
    };
    let (first, days) = match named(filter) {
        None => return Ok(Period::default()),
        Some("today") => (today, 1),
        Some("yesterday") => (back(today, 1), 1),
        Some("this_week") => (monday(today), 7),
        Some("last_7_days") => (back(today, 6), 7),
        Some("last_30_days") => (back(today, 29), 30),
        Some(text) => (day(text).ok_or_else(wrong)?, 1),
    };
    let (since, until) = bounds(first, first.saturating_add(days.days()), now).ok_or_else(wrong)?;
    Ok(Period { since: Some(since), until: Some(until) })
}

/// For a calendar: `today`, `tomorrow`, `this_week` (from Monday), `next_week`, `this_month`, or a day as `YYYY-MM-DD`.
/// Answers the first day and the first day after; nothing for no filter.
pub fn days_ahead(filter: Option<&str>, now: &Zoned) -> Result<Option<(Date, Date)>> {
    let today = now.date();
    let wrong = || {
        Error::bad_request(
            "date_filter must be today, tomorrow, this_week, next_week, this_month, or a day as YYYY-MM-DD.",
        )
    };
    let month = today.first_of_month();
    Ok(Some(match named(filter) {
        None => return Ok(None),
        Some("today") => (today, today.saturating_add(1.day())),
        Some("tomorrow") => (today.saturating_add(1.day()), today.saturating_add(2.days())),
        Some("this_week") => (monday(today), monday(today).saturating_add(7.days())),
        Some("next_week") => (monday(today).saturating_add(7.days()), monday(today).saturating_add(14.days())),
        Some("this_month") => (month, month.saturating_add(1.month())),
        Some(text) => {
            let day = day(text).ok_or_else(wrong)?;
            (day, day.saturating_add(1.day()))
        }
    }))
}

/// The first moments of two days.
pub fn bounds(first: Date, after: Date, now: &Zoned) -> Option<(Timestamp, Timestamp)> {
    let at = |date: Date| date.to_zoned(now.time_zone().clone()).map(|zoned| zoned.timestamp()).ok();
    Some((at(first)?, at(after)?))
}

/// A day as `YYYY-MM-DD`, and nothing else a parser would take for one.
pub fn day(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|day| day.to_string() == text)
}

fn named(filter: Option<&str>) -> Option<&str> {
    filter.map(str::trim).filter(|filter| !filter.is_empty())
}

fn monday(day: Date) -> Date {
    back(day, i64::from(day.weekday().to_monday_zero_offset()))
}

fn back(date: Date, days: i64) -> Date {
    date.saturating_sub(days.days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-03-08T01:30:00-07:00[America/Denver]".parse().unwrap()
    }

    fn day(filter: &str) -> (String, String) {
        let period = period(Some(filter), &now()).unwrap();
        (period.since.unwrap().to_string(), period.until.unwrap().to_string())
    }

    #[test]
    fn a_day_is_the_advisors_day_even_when_the_clocks_change() {
        assert_eq!(day("today"), ("2026-03-08T07:00:00Z".into(), "2026-03-09T06:00:00Z".into()));
        assert_eq!(day("yesterday"), ("2026-03-07T07:00:00Z".into(), "2026-03-08T07:00:00Z".into()));
        assert_eq!(day("this_week").0, "2026-03-02T07:00:00Z");
        assert_eq!(day("2025-12-24").0, "2025-12-24T07:00:00Z");
    }

    #[test]
    fn days_ahead_are_the_advisors_days() {
        let ahead = |filter: &str, now: &str| {
            let now: Zoned = now.parse().unwrap();
            let (first, after) = days_ahead(Some(filter), &now).unwrap().unwrap();
            let (since, until) = bounds(first, after, &now).unwrap();
            format!("{since} {until}")
        };
        // The clocks go back on 1 November 2026: the day has 25 hours.
        let saturday = "2026-10-31T22:00:00-06:00[America/Denver]";
        assert_eq!(ahead("tomorrow", saturday), "2026-11-01T06:00:00Z 2026-11-02T07:00:00Z");
        assert_eq!(ahead("today", saturday), "2026-10-31T06:00:00Z 2026-11-01T06:00:00Z");
        assert_eq!(ahead("this_week", saturday), "2026-10-26T06:00:00Z 2026-11-02T07:00:00Z");
        assert_eq!(ahead("next_week", saturday), "2026-11-02T07:00:00Z 2026-11-09T07:00:00Z");
        assert_eq!(ahead("this_month", saturday), "2026-10-01T06:00:00Z 2026-11-01T06:00:00Z");
        // And forward on 14 March 2027: the day has 23.
        let eve = "2027-03-13T23:30:00-07:00[America/Denver]";
        assert_eq!(ahead("tomorrow", eve), "2027-03-14T07:00:00Z 2027-03-15T06:00:00Z");
        assert_eq!(ahead("2027-03-14", eve), ahead("tomorrow", eve));
        assert_eq!(days_ahead(None, &now()).unwrap(), None);
    }

    #[test]
    fn what_is_no_day_is_refused_with_what_would_be_one() {
        assert!(period(Some("next tuesday"), &now()).unwrap_err().detail.contains("YYYY-MM-DD"));
        assert_eq!(period(None, &now()).unwrap(), Period::default());
        for text in ["yesterday", "20261105", "2026-11-31", "2026-11-05T09:00", "Thursday"] {
            assert!(days_ahead(Some(text), &now()).unwrap_err().detail.contains("tomorrow"), "{text}");
        }
    }
}
