//! When deals close, as the model names it, in the advisor's time zone.

use jiff::civil::Date;
use jiff::{ToSpan, Zoned};

use super::dates::Period;
use crate::error::{Error, Result};

/// What a filter may be.
const NAMES: &str = "today, tomorrow, this_week, next_week, this_month, next_month, this_quarter, next_quarter, this_year, \
                     next_30_days, last_30_days, overdue, a month as YYYY-MM, or a day as YYYY-MM-DD";

/// `overdue` is everything before today; weeks begin on Monday. Anything else is refused with what would do.
pub fn closing(filter: Option<&str>, now: &Zoned) -> Result<Period> {
    let Some(filter) = filter.map(str::trim).filter(|filter| !filter.is_empty()) else {
        return Ok(Period::default());
    };
    let wrong = || Error::bad_request(format!("date_filter must be {NAMES}."));
    let (first, after) = days(filter, now.date()).ok_or_else(wrong)?;
    let at = |day: Date| day.to_zoned(now.time_zone().clone()).map(|zoned| zoned.timestamp()).map_err(|_| wrong());
    Ok(Period { since: first.map(at).transpose()?, until: Some(at(after)?) })
}

/// The first day, if there is one, and the first day after.
fn days(filter: &str, today: Date) -> Option<(Option<Date>, Date)> {
    let days = |from: Date, count: i64| (Some(from), from.saturating_add(count.days()));
    let months = |from: Date, count: i64| (Some(from), from.saturating_add(count.months()));
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    let month = today.first_of_month();
    let quarter = month.saturating_sub(i64::from((month.month() - 1) % 3).months());
    Some(match filter {
        "today" => days(today, 1),
        "tomorrow" => days(today.saturating_add(1.day()), 1),
        "this_week" => days(monday, 7),
        "next_week" => days(monday.saturating_add(7.days()), 7),
        "this_month" => months(month, 1),
        "next_month" => months(month.saturating_add(1.month()), 1),
        "this_quarter" => months(quarter, 3),
        "next_quarter" => months(quarter.saturating_add(3.months()), 3),
        "this_year" => months(today.first_of_year(), 12),
        "next_30_days" => days(today, 30),
        "last_30_days" => days(today.saturating_sub(29.days()), 30),
        "overdue" => (None, today),
        day if day.len() == 7 => months(format!("{day}-01").parse().ok()?, 1),
        day => days(day.parse::<Date>().ok().filter(|parsed| parsed.to_string() == day)?, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(filter: &str) -> (String, String) {
        let now: Zoned = "2026-11-26T20:00:00-07:00[America/Denver]".parse().unwrap();
        let period = closing(Some(filter), &now).unwrap();
        (period.since.map(|at| at.to_string()).unwrap_or_default(), period.until.unwrap().to_string())
    }

    fn between(first: &str, after: &str) -> (String, String) {
        (first.to_owned(), after.to_owned())
    }

    #[test]
    fn stretches_are_the_advisors_days() {
        assert_eq!(period("today"), between("2026-11-26T07:00:00Z", "2026-11-27T07:00:00Z"));
        assert_eq!(period("next_week"), between("2026-11-30T07:00:00Z", "2026-12-07T07:00:00Z"));
        assert_eq!(period("next_month"), between("2026-12-01T07:00:00Z", "2027-01-01T07:00:00Z"));
        assert_eq!(period("this_quarter"), between("2026-10-01T06:00:00Z", "2027-01-01T07:00:00Z"));
        assert_eq!(period("overdue"), between("", "2026-11-26T07:00:00Z"));
        assert_eq!(period("2026-07"), between("2026-07-01T06:00:00Z", "2026-08-01T06:00:00Z"));
        assert_eq!(period("2026-03-08"), between("2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"));
    }

    #[test]
    fn what_is_no_date_is_refused_with_what_would_be_one() {
        let now = Zoned::default();
        for nonsense in ["soon", "2026-13", "2026-1-1", "July"] {
            assert!(closing(Some(nonsense), &now).unwrap_err().detail.contains("YYYY-MM"), "{nonsense}");
        }
        assert_eq!(closing(Some(" "), &now).unwrap(), Period::default());
    }
}
