//! Cuts what is left of the working days into times to offer.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use crate::clients::calendar::Busy;
use crate::model::calendar::Span;

/// Offers begin at the full and the half hour.
const GRID: i64 = 30 * 60;
/// Offers on one day, and in all.
const A_DAY: usize = 4;
const IN_ALL: usize = 20;
/// Hours of the client's day in which somebody may be asked to meet.
const AWAKE: Hours = Hours { from: 7, to: 21 };

/// Full hours of a day, the end not included; 24 is the end of the day.
#[derive(Clone, Copy)]
pub struct Hours {
    pub from: i64,
    pub to: i64,
}

pub struct Slots<'a> {
    pub minutes: i64,
    /// The advisor's.
    pub zone: &'a TimeZone,
    pub hours: Hours,
    pub client: Option<&'a TimeZone>,
    /// When somebody is busy; in any order.
    pub busy: Vec<Busy>,
}

impl Slots<'_> {
    /// Free times of the working days from `first` to before `after`, none before `now`; spread over each day.
    pub fn between(&self, first: Date, after: Date, now: Timestamp) -> Vec<Span> {
        let mut found = Vec::new();
        let mut day = first;
        while day < after && found.len() < IN_ALL {
            if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
                found.extend(spread(self.of_day(day, now)));
            }
            day = day.saturating_add(1.day());
        }
        found.truncate(IN_ALL);
        found
    }

    /// Times that do not overlap, as many as fit.
    fn of_day(&self, day: Date, now: Timestamp) -> Vec<Span> {
        let Some((opens, closes)) = self.hours.on(day, self.zone) else { return Vec::new() };
        let length = SignedDuration::from_mins(self.minutes);
        let mut found = Vec::new();
        let mut from = on_grid(opens.max(now), opens);
        while let Ok(until) = from.checked_add(length)
            && until <= closes
        {
            let busy = self.busy.iter().filter(|busy| busy.start < until && busy.end > from).map(|busy| busy.end).max();
            if let Some(end) = busy {
                from = on_grid(end, opens);
            } else if self.suits_client(from, until) {
                found.push(Span::Time { from, until });
                from = on_grid(until, opens);
            } else {
                from += SignedDuration::from_secs(GRID);
            }
        }
        found
    }

    fn suits_client(&self, from: Timestamp, until: Timestamp) -> bool {
        let Some(zone) = self.client else { return true };
        let day = from.to_zoned(zone.clone()).date();
        AWAKE.on(day, zone).is_some_and(|(wakes, sleeps)| from >= wakes && until <= sleeps)
    }
}

impl Hours {
    /// From when to when that is on this day, whatever the clocks do on it.
    fn on(self, day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let at = |hour: i64| -> Option<Timestamp> {
            let (day, hour) = if hour >= 24 { (day.tomorrow().ok()?, 0) } else { (day, hour) };
            let local = day.at(i8::try_from(hour).ok()?, 0, 0, 0);
            local.to_zoned(zone.clone()).as_ref().map(Zoned::timestamp).ok()
        };
        Some((at(self.from)?, at(self.to)?))
    }
}

/// The first full or half hour from `at` on. `hour` is any full hour of the zone: not all are whole hours from UTC.
fn on_grid(at: Timestamp, hour: Timestamp) -> Timestamp {
    let since = at.as_second() + i64::from(at.subsec_nanosecond() > 0) - hour.as_second();
    let steps = since.div_euclid(GRID) + i64::from(since.rem_euclid(GRID) > 0);
    hour + SignedDuration::from_secs(steps * GRID)
}

/// A few of them, from morning to evening.
fn spread(all: Vec<Span>) -> Vec<Span> {
    if all.len() <= A_DAY {
        return all;
    }
    (0..A_DAY).map(|n| all[n * (all.len() - 1) / (A_DAY - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn busy(start: &str, end: &str) -> Busy {
        Busy { start: start.parse().unwrap(), end: end.parse().unwrap() }
    }

    fn offered(slots: &Slots<'_>, first: &str, after: &str, now: &str) -> Vec<String> {
        let found = slots.between(first.parse().unwrap(), after.parse().unwrap(), now.parse().unwrap());
        let text = |span: &Span| {
            let (from, _) = span.bounds(slots.zone);
            from.to_zoned(slots.zone.clone()).strftime("%Y-%m-%d %H:%M%:z").to_string()
        };
        found.iter().map(text).collect()
    }

    #[test]
    fn what_is_left_between_meetings_is_offered() {
        let denver = zone("America/Denver");
        let slots = Slots {
            minutes: 60,
            zone: &denver,
            hours: Hours { from: 9, to: 13 },
            client: None,
            busy: vec![busy("2026-11-05T17:15:00Z", "2026-11-05T18:10:00Z")],
        };
        // 9:00 to 10:15 is free, and from 11:10, which is 11:30 on the grid.
        let found = offered(&slots, "2026-11-05", "2026-11-06", "2026-11-01T00:00:00Z");
        assert_eq!(found, ["2026-11-05 09:00-07:00", "2026-11-05 11:30-07:00"]);
        let late = offered(&slots, "2026-11-05", "2026-11-06", "2026-11-05T16:00:00.5Z");
        assert_eq!(late, ["2026-11-05 11:30-07:00"]);
    }

    #[test]
    fn days_off_are_left_out_and_hours_stay_when_the_clocks_change() {
        let denver = zone("America/Denver");
        let slots =
            Slots { minutes: 60, zone: &denver, hours: Hours { from: 9, to: 10 }, client: None, busy: Vec::new() };
        let autumn = offered(&slots, "2026-10-30", "2026-11-03", "2026-10-01T00:00:00Z");
        assert_eq!(autumn, ["2026-10-30 09:00-06:00", "2026-11-02 09:00-07:00"]);
        let spring = offered(&slots, "2027-03-12", "2027-03-16", "2027-03-01T00:00:00Z");
        assert_eq!(spring, ["2027-03-12 09:00-07:00", "2027-03-15 09:00-06:00"]);
    }

    #[test]
    fn a_client_far_away_is_not_woken() {
        let (denver, berlin) = (zone("America/Denver"), zone("Europe/Berlin"));
        let slots = Slots {
            minutes: 60,
            zone: &denver,
            hours: Hours { from: 9, to: 17 },
            client: Some(&berlin),
            busy: Vec::new(),
        };
        // From 26 to 31 October Berlin is seven hours ahead, before and after eight.
        let apart = offered(&slots, "2026-10-28", "2026-10-29", "2026-10-01T00:00:00Z");
        assert_eq!(apart.last().unwrap(), "2026-10-28 13:00-06:00");
        let usual = offered(&slots, "2026-11-04", "2026-11-05", "2026-10-01T00:00:00Z");
        assert_eq!(usual.last().unwrap(), "2026-11-04 12:00-07:00");
    }

    #[test]
    fn a_day_is_offered_from_morning_to_evening() {
        let denver = zone("America/Denver");
        let slots =
            Slots { minutes: 30, zone: &denver, hours: Hours { from: 9, to: 17 }, client: None, busy: Vec::new() };
        let found = offered(&slots, "2026-11-05", "2026-11-06", "2026-10-01T00:00:00Z");
        assert_eq!(found.len(), A_DAY);
        assert_eq!((found[0].as_str(), found[3].as_str()), ("2026-11-05 09:00-07:00", "2026-11-05 16:30-07:00"));
    }

    #[test]
    fn half_hours_are_those_of_the_zone() {
        let kathmandu = zone("Asia/Kathmandu");
        let slots =
            Slots { minutes: 45, zone: &kathmandu, hours: Hours { from: 9, to: 10 }, client: None, busy: Vec::new() };
        assert_eq!(offered(&slots, "2026-11-05", "2026-11-06", "2026-10-01T00:00:00Z"), ["2026-11-05 09:00+05:45"]);
    }
}
