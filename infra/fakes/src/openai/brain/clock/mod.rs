//! When it is, as the prompt says, and what days and times the advisor's words mean from there.

mod day;
mod length;
mod now;
mod period;
mod time;

use jiff::Zoned;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

pub use self::length::minutes_in;
pub use self::now::now;
pub use self::period::period_in;
use super::super::words::words;

/// What a text says of when something is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    pub day: Option<Date>,
    pub time: Option<Time>,
    /// Only of a range such as `3-4pm`.
    pub ends: Option<Time>,
}

impl When {
    pub fn is_empty(&self) -> bool {
        self.day.is_none() && self.time.is_none()
    }
}

/// One word of a text as it is compared: lower case, without marks around it.
fn tokens(text: &str) -> Vec<String> {
    let bare = |raw: &str| {
        let word = raw.to_lowercase().replace('’', "'");
        word.trim_matches(|c: char| !c.is_alphanumeric()).trim_end_matches("'s").to_owned()
    };
    let spaced = text.replace(['–', '—'], "-");
    spaced.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect()
}

/// The first day and the first time a text names.
pub fn when_in(text: &str, now: &Zoned) -> When {
    let words = tokens(text);
    let day = (0..words.len()).find_map(|at| day::at(&words, at, now.date()));
    let (time, ends) = match (0..words.len()).find_map(|at| time::at(&words, at)) {
        Some(time) => (Some(time.starts), time.ends),
        None => (None, None),
    };
    When { day: day.map(|day| day.date), time, ends }
}

/// The moment, in the advisor's zone unless the text names another (`3pm Eastern`).
pub fn moment(date: Date, time: Time, text: &str, now: &Zoned) -> Option<Zoned> {
    let there = date.to_datetime(time).to_zoned(zone_said(text).unwrap_or_else(|| now.time_zone().clone())).ok()?;
    Some(there.with_time_zone(now.time_zone().clone()))
}

/// The zone a text names, such as `Eastern`.
pub fn zone_said(text: &str) -> Option<TimeZone> {
    words(text).iter().find_map(|word| now::zone_of_place(word))
}

/// The text without the words that say when or how long.
pub fn without_times(text: &str, now: &Zoned) -> String {
    let raw: Vec<&str> = text.split_whitespace().collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let rest: Vec<String> = raw[at..].iter().map(|word| tokens(word).join(" ")).collect();
        let taken = day::at(&rest, 0, now.date()).map(|day| day.words);
        let taken = taken.or_else(|| time::at(&rest, 0).map(|time| time.words));
        let taken = taken.or_else(|| length::at(&rest, 0).map(|length| length.words));
        let taken = taken.or_else(|| period::at(&rest, 0, now.date()).map(|period| period.words));
        let taken = taken.or_else(|| now::zone_of_place(&rest[0]).map(|_| 1));
        match taken {
            Some(words) => {
                at += words;
                // `on`, `at`, `for` and the like belonged to what is gone.
                while kept.last().is_some_and(|word| JOINTS.contains(&word.to_lowercase().as_str())) {
                    kept.pop();
                }
            }
            None => {
                kept.push(raw[at]);
                at += 1;
            }
        }
    }
    kept.join(" ")
}

const JOINTS: [&str; 12] = ["on", "at", "for", "from", "by", "in", "the", "to", "this", "until", "between", "an"];
