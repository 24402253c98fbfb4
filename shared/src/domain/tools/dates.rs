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

/// `today`, `yesterday`, `this_week` (from Monday), `last_7_days`, `last_30_days`, or a day as `YYYY-MM-DD`.
pub fn period(filter: Option<&str>, now: &Zoned) -> Result<Period> {
    let today = now.date();
    let wrong = || {
        Error::bad_request(
            "date_filter must be today, yesterday, this_week, last_7_days, last_30_days, or a day as YYYY-MM-DD.",
        )
    };
    let (first, days) = match filter.map(str::trim).filter(|filter| !filter.is_empty()) {
        None => return Ok(Period::default()),
        Some("today") => (today, 1),
        Some("yesterday") => (back(today, 1), 1),
        Some("this_week") => (back(today, i64::from(today.weekday().to_monday_zero_offset())), 7),
        Some("last_7_days") => (back(today, 6), 7),
        Some("last_30_days") => (back(today, 29), 30),
        Some(day) => (day.parse::<Date>().map_err(|_| wrong())?, 1),
    };
    let at = |date: Date| date.to_zoned(now.time_zone().clone()).map(|zoned| zoned.timestamp()).map_err(|_| wrong());
    Ok(Period { since: Some(at(first)?), until: Some(at(first.saturating_add(days.days()))?) })
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
    fn what_is_no_day_is_refused_with_what_would_be_one() {
        assert!(period(Some("next tuesday"), &now()).unwrap_err().detail.contains("YYYY-MM-DD"));
        assert_eq!(period(None, &now()).unwrap(), Period::default());
    }
}
