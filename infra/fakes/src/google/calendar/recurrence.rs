//! When a recurring event takes place: the common part of RFC 5545's `RRULE`, with `EXDATE` and `RDATE`.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use super::store::{Event, span, string};
use super::times;

/// More occurrences than this are never made.
const MOST: usize = 2_000;

/// One date of a series.
pub(super) struct Occurrence {
    /// What comes after the underscore in its id.
    pub suffix: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// As the resource has it.
    pub original_start: Value,
}

struct Rule {
    freq: String,
    interval: i64,
    count: Option<usize>,
    until: Option<DateTime>,
    /// With the ordinal, 0 for every one.
    by_day: Vec<(i8, Weekday)>,
    by_month_day: Vec<i8>,
}

/// The occurrences of a series that start before `horizon`, in order. `zone` is the calendar's.
pub(super) fn occurrences(event: &Event, zone: &TimeZone, horizon: Timestamp) -> Vec<Occurrence> {
    let Some(((first, end), lines)) = span(event, zone).zip(event.get("recurrence").and_then(Value::as_array)) else {
        return Vec::new();
    };
    let all_day = event.get("start").is_some_and(|start| start.get("date").is_some());
    let own = event.get("start").and_then(|start| start.get("timeZone")).and_then(Value::as_str);
    let own = own.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(|| zone.clone());
    let start = first.to_zoned(own.clone()).datetime();
    let last = horizon.to_zoned(own.clone()).date();
    let mut locals = vec![start];
    let mut excluded = Vec::new();
    for line in lines.iter().filter_map(Value::as_str) {
        let Some((name, value)) = line.split_once(':') else { continue };
        let zone = name.split_once("TZID=").and_then(|(_, id)| TimeZone::get(id).ok()).unwrap_or_else(|| own.clone());
        match name.split(';').next() {
            Some("RRULE") => {
                if let Some(rule) = Rule::parse(value, &own) {
                    locals = rule.expand(start, last);
                }
            }
            Some("RDATE") => locals.extend(value.split(',').filter_map(|text| moment(text, &zone, &own))),
            Some("EXDATE") => excluded.extend(value.split(',').filter_map(|text| moment(text, &zone, &own))),
            _ => {}
        }
    }
    locals.sort_unstable();
    locals.dedup();
    // A date alone excludes whatever happens on that day.
    locals.retain(|local| !excluded.iter().any(|out| out == local || (all_day && out.date() == local.date())));
    let length: SignedDuration = end.duration_since(first);
    let made = locals.into_iter().filter_map(|local| {
        let at = local.to_zoned(own.clone()).ok()?.timestamp();
        let (suffix, original_start) = if all_day {
            (local.strftime("%Y%m%d").to_string(), json!({ "date": local.date().to_string() }))
        } else {
            let text = times::rfc3339(at, zone);
            let zone_name = own.iana_name().unwrap_or("UTC");
            (at.strftime("%Y%m%dT%H%M%SZ").to_string(), json!({ "dateTime": text, "timeZone": zone_name }))
        };
        Some(Occurrence { suffix, start: at, end: at + length, original_start })
    });
    made.take_while(|one| one.start < horizon).collect()
}

/// The resource of one occurrence that was not changed on its own.
pub(super) fn instance(master: &Event, one: &Occurrence, zone: &TimeZone) -> Event {
    let mut event = master.clone();
    event.remove("recurrence");
    let id = string(master, "id").unwrap_or_default();
    event.insert("id".into(), json!(format!("{id}_{}", one.suffix)));
    event.insert("recurringEventId".into(), json!(id));
    event.insert("originalStartTime".into(), one.original_start.clone());
    for (name, at) in [("start", one.start), ("end", one.end)] {
        let old = master.get(name).cloned().unwrap_or_default();
        let time = if old.get("date").is_some() {
            // Half a day forward: a day does not always have 24 hours.
            let date = (at + SignedDuration::from_hours(2)).to_zoned(zone.clone()).date();
            json!({ "date": date.to_string() })
        } else {
            let zone_name = old.get("timeZone").cloned().unwrap_or_else(|| json!(zone.iana_name().unwrap_or("UTC")));
            json!({ "dateTime": times::rfc3339(at, zone), "timeZone": zone_name })
        };
        event.insert(name.into(), time);
    }
    event
}

/// `20260131`, `20260131T090000` or `20260131T090000Z`, as a local time in `own`.
fn moment(text: &str, zone: &TimeZone, own: &TimeZone) -> Option<DateTime> {
    let text = text.trim();
    if let Some(utc) = text.strip_suffix('Z') {
        let utc = DateTime::strptime("%Y%m%dT%H%M%S", utc).ok()?;
        return Some(utc.to_zoned(TimeZone::UTC).ok()?.timestamp().to_zoned(own.clone()).datetime());
    }
    if let Ok(local) = DateTime::strptime("%Y%m%dT%H%M%S", text) {
        return Some(local.to_zoned(zone.clone()).ok()?.timestamp().to_zoned(own.clone()).datetime());
    }
    Date::strptime("%Y%m%d", text).ok().map(|date| date.at(0, 0, 0, 0))
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

/// Whether these lines can be stored: every rule must be one we understand.
pub(super) fn is_valid(lines: &[&str]) -> bool {
    lines.iter().all(|line| match line.split_once(':') {
        Some(("RRULE", value)) => Rule::parse(value, &TimeZone::UTC).is_some(),
        Some((name, _)) => matches!(name.split(';').next(), Some("EXDATE" | "RDATE" | "EXRULE")),
        None => false,
    })
}

impl Rule {
    fn parse(text: &str, own: &TimeZone) -> Option<Self> {
        let mut rule = Self {
            freq: String::new(),
            interval: 1,
            count: None,
            until: None,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
        };
        for piece in text.split(';').filter(|piece| !piece.is_empty()) {
            let (name, value) = piece.split_once('=')?;
            match name {
                "FREQ" => value.clone_into(&mut rule.freq),
                "INTERVAL" => rule.interval = value.parse().ok().filter(|interval| *interval > 0)?,
                "COUNT" => rule.count = Some(value.parse().ok().filter(|count| *count > 0)?),
                "UNTIL" => {
                    let until = moment(value, own, own)?;
                    let whole_day = !value.contains('T');
                    rule.until = Some(if whole_day { until.date().at(23, 59, 59, 0) } else { until });
                }
                "BYDAY" => {
                    for day in value.split(',') {
                        let (ordinal, name) = day.split_at_checked(day.len().checked_sub(2)?)?;
                        let ordinal = if ordinal.is_empty() { 0 } else { ordinal.parse().ok()? };
                        rule.by_day.push((ordinal, weekday(name)?));
                    }
                }
                "BYMONTHDAY" => {
                    rule.by_month_day = value.split(',').map(|day| day.parse().ok()).collect::<Option<_>>()?;
                }
                "WKST" => {}
                _ => return None,
            }
        }
        matches!(rule.freq.as_str(), "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY").then_some(rule)
    }

    fn expand(&self, start: DateTime, last: Date) -> Vec<DateTime> {
        let mut found = Vec::new();
        for step in 0i64.. {
            let Some((from, dates)) = self.period(start.date(), step * self.interval) else { return found };
            if from > last {
                return found;
            }
            for date in dates {
                let local = date.at(start.hour(), start.minute(), start.second(), 0);
                if local < start {
                    continue;
                }
                let over = self.until.is_some_and(|until| local > until)
                    || found.len() >= self.count.unwrap_or(MOST).min(MOST);
                if over {
                    return found;
                }
                found.push(local);
            }
        }
        found
    }

    /// The first day of the period `offset` periods after the start, and the days of the rule in it.
    fn period(&self, start: Date, offset: i64) -> Option<(Date, Vec<Date>)> {
        match self.freq.as_str() {
            "DAILY" => {
                let day = start.checked_add(offset.days()).ok()?;
                let kept = self.by_day.is_empty() || self.by_day.iter().any(|(_, weekday)| *weekday == day.weekday());
                Some((day, if kept { vec![day] } else { Vec::new() }))
            }
            "WEEKLY" => {
                let back = i64::from(start.weekday().to_monday_zero_offset());
                let monday = start.checked_sub(back.days()).ok()?.checked_add(offset.weeks()).ok()?;
                let week = (0..7i64).filter_map(|day| monday.checked_add(day.days()).ok());
                let wanted = |day: &Date| match self.by_day.is_empty() {
                    true => day.weekday() == start.weekday(),
                    false => self.by_day.iter().any(|(_, weekday)| *weekday == day.weekday()),
                };
                Some((monday, week.filter(wanted).collect()))
            }
            "MONTHLY" => {
                let first = start.first_of_month().checked_add(offset.months()).ok()?;
                Some((first, self.in_month(first, start.day())))
            }
            _ => {
                let first = start.first_of_month().checked_add(offset.years()).ok()?;
                Some((first, self.in_month(first, start.day())))
            }
        }
    }

    fn in_month(&self, first: Date, day: i8) -> Vec<Date> {
        let days = first.days_in_month();
        let mut found: Vec<Date> = if !self.by_day.is_empty() {
            self.by_day
                .iter()
                .flat_map(|(ordinal, weekday)| match ordinal {
                    0 => (1..=5).filter_map(|nth| first.nth_weekday_of_month(nth, *weekday).ok()).collect(),
                    nth => first.nth_weekday_of_month(*nth, *weekday).ok().into_iter().collect::<Vec<_>>(),
                })
                .collect()
        } else {
            let own = [day];
            let wanted = if self.by_month_day.is_empty() { &own[..] } else { &self.by_month_day };
            let dates = wanted.iter().map(|day| if *day < 0 { days + 1 + *day } else { *day });
            dates.filter_map(|day| Date::new(first.year(), first.month(), day).ok()).collect()
        };
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(start: &str, rule: &str) -> Vec<String> {
        let event = json!({
            "id": "series", "start": { "dateTime": start, "timeZone": "America/New_York" },
            "end": { "dateTime": start, "timeZone": "America/New_York" }, "recurrence": [format!("RRULE:{rule}")],
        });
        let zone = TimeZone::get("America/New_York").unwrap();
        let horizon: Timestamp = "2027-12-31T00:00:00Z".parse().unwrap();
        let found = occurrences(event.as_object().unwrap(), &zone, horizon);
        found.iter().map(|one| times::rfc3339(one.start, &zone)).collect()
    }

    #[test]
    fn keeps_the_local_hour_when_the_clocks_change() {
        let found = starts("2026-10-29T09:00:00-04:00", "FREQ=WEEKLY;COUNT=2");
        assert_eq!(found, ["2026-10-29T09:00:00-04:00", "2026-11-05T09:00:00-05:00"]);
    }

    #[test]
    fn knows_days_ordinals_intervals_and_ends() {
        let found = starts("2026-11-02T09:00:00-05:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261118T235959Z");
        assert_eq!(found.len(), 4);
        assert_eq!(found[3], "2026-11-18T09:00:00-05:00");
        let found = starts("2026-11-10T09:00:00-05:00", "FREQ=MONTHLY;BYDAY=2TU;COUNT=3");
        assert_eq!(found[2], "2027-01-12T09:00:00-05:00");
        let found = starts("2026-08-31T09:00:00-04:00", "FREQ=MONTHLY;COUNT=3");
        assert_eq!(found[1], "2026-10-31T09:00:00-04:00");
        assert_eq!(starts("2026-11-30T09:00:00-05:00", "FREQ=DAILY;UNTIL=20261202").len(), 3);
    }
}
