//! Times and rules as people say them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde_json::Value;

use super::recurrence::local;
use crate::model::calendar::Span;

const DAY: &str = "%A, %-d %B %Y";

/// `Thursday, 5 November 2026, 09:00–10:00 MST`, in a zone.
pub fn when(span: &Span, zone: &TimeZone) -> String {
    match *span {
        Span::Time { from, until } => time(&from.to_zoned(zone.clone()), &until.to_zoned(zone.clone())),
        Span::Days { from, until } => {
            let last = until.saturating_sub(1.day());
            let first = from.strftime(DAY);
            if last <= from {
                format!("{first}, all day")
            } else {
                format!("{first} to {}, all day", last.strftime(DAY))
            }
        }
    }
}

fn time(from: &Zoned, until: &Zoned) -> String {
    let day = from.strftime(DAY);
    let (hour, end) = (from.strftime("%H:%M"), until.strftime("%H:%M %Z"));
    if from.date() != until.date() {
        return format!("{day}, {hour} {} to {}, {end}", from.strftime("%Z"), until.strftime(DAY));
    }
    if from.offset() != until.offset() {
        return format!("{day}, {hour} {}–{end}", from.strftime("%Z"));
    }
    if from == until { format!("{day}, {end}") } else { format!("{day}, {hour}–{end}") }
}

/// A start or an end as the wire has it: RFC 3339 in a zone, or a day.
pub fn wire(span: &Span, zone: &TimeZone) -> (String, String) {
    let text = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    match span {
        Span::Time { from, until } => (text(*from), text(*until)),
        Span::Days { from, until } => (from.to_string(), until.to_string()),
    }
}

/// The span a document's metadata was written with.
pub fn span_of(metadata: &Value) -> Option<Span> {
    let text = |name: &str| metadata.get(name).and_then(Value::as_str);
    let (start, end) = (text("start")?, text("end")?);
    match (start.parse::<Timestamp>(), end.parse::<Timestamp>()) {
        (Ok(from), Ok(until)) => Some(Span::Time { from, until }),
        _ => Some(Span::Days { from: start.parse::<Date>().ok()?, until: end.parse::<Date>().ok()? }),
    }
}

/// `every 2 weeks on Monday and Wednesday, until 18 November 2026`. Nothing when there is no rule.
pub fn repeats(lines: &[String], zone: &TimeZone) -> Option<String> {
    let rule = lines.iter().find_map(|line| line.strip_prefix("RRULE:"))?;
    let part = |name: &str| rule.split(';').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let unit = match part("FREQ")? {
        "DAILY" => "day",
        "WEEKLY" => "week",
        "MONTHLY" => "month",
        "YEARLY" => "year",
        _ => return None,
    };
    let mut text = match part("INTERVAL").unwrap_or("1") {
        "1" => format!("every {unit}"),
        many => format!("every {many} {unit}s"),
    };
    let days: Vec<String> = part("BYDAY").unwrap_or_default().split(',').filter_map(day_of_rule).collect();
    if !days.is_empty() {
        text += &format!(" on {}", list(&days));
    }
    if let Some(days) = part("BYMONTHDAY") {
        text += &format!(" on day {}", list(&days.split(',').map(str::to_owned).collect::<Vec<_>>()));
    }
    if let Some(until) = part("UNTIL").and_then(|until| local(until, zone, zone)) {
        text += &format!(", until {}", until.strftime("%-d %B %Y"));
    }
    if let Some(count) = part("COUNT") {
        text += &format!(", {count} times");
    }
    Some(text)
}

/// `MO`, `2TU`, `-1FR`.
fn day_of_rule(text: &str) -> Option<String> {
    let (ordinal, code) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let day = match code {
        "MO" => "Monday",
        "TU" => "Tuesday",
        "WE" => "Wednesday",
        "TH" => "Thursday",
        "FR" => "Friday",
        "SA" => "Saturday",
        "SU" => "Sunday",
        _ => return None,
    };
    let ordinal = match ordinal {
        "" => return Some(day.to_owned()),
        "1" => "first",
        "2" => "second",
        "3" => "third",
        "4" => "fourth",
        "5" => "fifth",
        "-1" => "last",
        _ => return None,
    };
    Some(format!("the {ordinal} {day}"))
}

fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denver() -> TimeZone {
        TimeZone::get("America/Denver").unwrap()
    }

    fn between(from: &str, until: &str) -> String {
        when(&Span::Time { from: from.parse().unwrap(), until: until.parse().unwrap() }, &denver())
    }

    #[test]
    fn times_are_said_with_their_day_and_zone() {
        assert_eq!(
            between("2026-11-05T16:00:00Z", "2026-11-05T17:00:00Z"),
            "Thursday, 5 November 2026, 09:00–10:00 MST"
        );
        assert_eq!(
            between("2026-11-01T07:30:00Z", "2026-11-01T08:30:00Z"),
            "Sunday, 1 November 2026, 01:30 MDT–01:30 MST"
        );
        assert_eq!(
            between("2026-11-06T05:00:00Z", "2026-11-06T08:00:00Z"),
            "Thursday, 5 November 2026, 22:00 MST to Friday, 6 November 2026, 01:00 MST"
        );
    }

    #[test]
    fn days_are_said_without_the_one_after() {
        let days = |from: &str, until: &str| {
            when(&Span::Days { from: from.parse().unwrap(), until: until.parse().unwrap() }, &denver())
        };
        assert_eq!(days("2026-11-05", "2026-11-06"), "Thursday, 5 November 2026, all day");
        assert_eq!(days("2026-11-05", "2026-11-08"), "Thursday, 5 November 2026 to Saturday, 7 November 2026, all day");
    }

    #[test]
    fn rules_are_said_in_words() {
        let said = |rule: &str| repeats(&[format!("RRULE:{rule}")], &denver()).unwrap();
        assert_eq!(said("FREQ=WEEKLY"), "every week");
        assert_eq!(
            said("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261119T065959Z"),
            "every 2 weeks on Monday and Wednesday, until 18 November 2026"
        );
        assert_eq!(said("FREQ=MONTHLY;BYDAY=2TU;COUNT=3"), "every month on the second Tuesday, 3 times");
        assert_eq!(repeats(&["RDATE:20261105T160000Z".into()], &denver()), None);
    }
}
