//! The date, the time and the zone a prompt states.

use jiff::Zoned;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::day::month_of;
use super::tokens;

/// `It is Tuesday, 24 November 2026, 09:00 (MST)` or `2026-11-24T09:00:00-07:00`, with an IANA name anywhere in the text.
pub fn now(prompts: &[&str]) -> Option<Zoned> {
    prompts.iter().find_map(|prompt| {
        if let Some(whole) = prompt.split_whitespace().find_map(whole) {
            return Some(whole);
        }
        let words = tokens(prompt);
        let (at, date) = (0..words.len()).find_map(|at| Some((at, date(&words[at..])?)))?;
        let time = words[at..].iter().take(8).find_map(|word| clock(word)).unwrap_or(Time::midnight());
        date.to_datetime(time).to_zoned(zone_named(prompt)).ok()
    })
}

fn whole(word: &str) -> Option<Zoned> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != ']');
    word.parse::<Zoned>().ok()
}

/// The zone a text names: an IANA name, else an abbreviation in common use in its usual place, else UTC.
pub fn zone_named(text: &str) -> TimeZone {
    let names = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let known = names.clone().filter(|name| name.contains('/')).find_map(|name| TimeZone::get(name).ok());
    let short = || {
        names.filter(|name| name.chars().all(char::is_uppercase)).find_map(|name| zone_of_place(&name.to_lowercase()))
    };
    known.or_else(short).unwrap_or(TimeZone::UTC)
}

/// `eastern`, `est` or `et`: as people in America say it.
pub fn zone_of_place(word: &str) -> Option<TimeZone> {
    let name = match word {
        "eastern" | "et" | "est" | "edt" => "America/New_York",
        "central" | "ct" | "cst" | "cdt" => "America/Chicago",
        "mountain" | "mt" | "mst" | "mdt" => "America/Denver",
        "pacific" | "pt" | "pst" | "pdt" => "America/Los_Angeles",
        "utc" | "gmt" => "UTC",
        "cet" | "cest" => "Europe/Berlin",
        _ => return None,
    };
    TimeZone::get(name).ok()
}

fn date(words: &[String]) -> Option<Date> {
    if let Ok(date) = words.first()?.get(..10).unwrap_or_default().parse() {
        return Some(date);
    }
    let [first, second, third, ..] = words else { return None };
    let year = third.parse().ok()?;
    let (day, month) = match (first.parse::<i8>(), second.parse::<i8>()) {
        (Ok(day), _) => (day, month_of(second)?),
        (_, Ok(day)) => (day, month_of(first)?),
        _ => return None,
    };
    Date::new(year, month, day).ok()
}

fn clock(word: &str) -> Option<Time> {
    let (hour, minute) = word.split_once(':')?;
    Time::new(hour.parse().ok()?, minute.get(..2)?.parse().ok()?, 0, 0).ok()
}
