//! Lengths: `30 minutes`, `half an hour`, `1.5 hours`, `a 45-minute call`.

use super::tokens;

/// A length in minutes, and how many words say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    pub minutes: u32,
    pub words: usize,
}

/// The first length a text names, in minutes.
pub fn minutes_in(text: &str) -> Option<u32> {
    let words = tokens(text);
    (0..words.len()).find_map(|at| self::at(&words, at)).map(|length| length.minutes)
}

pub fn at(words: &[String], at: usize) -> Option<Length> {
    let word = |ahead: usize| words.get(at + ahead).map_or("", String::as_str);
    let found = |minutes, words| Some(Length { minutes, words });
    match (word(0), word(1), word(2), word(3), word(4)) {
        ("half", "an", "hour", ..) => return found(30, 3),
        ("half-hour" | "half-an-hour", ..) => return found(30, 1),
        ("an" | "one", "hour", "and", "a", "half") => return found(90, 5),
        ("quarter", "of", "an", "hour", _) => return found(15, 4),
        _ => {}
    }
    // `30-minute` and `90min`.
    if let Some(unit) = word(0).split_once('-').and_then(|(count, unit)| minutes(count, unit)) {
        return found(unit, 1);
    }
    let digits = word(0).trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if digits.len() < word(0).len()
        && let Some(length) = minutes(digits, &word(0)[digits.len()..])
    {
        return found(length, 1);
    }
    minutes(word(0), word(1)).and_then(|length| found(length, 2))
}

fn minutes(count: &str, unit: &str) -> Option<u32> {
    let each = match unit {
        "minute" | "minutes" | "min" | "mins" => 1.0,
        "hour" | "hours" | "hr" | "hrs" | "h" => 60.0,
        _ => return None,
    };
    let count = number(count).map(f64::from).or_else(|| count.parse().ok())?;
    let minutes = (count * each).round();
    // A day is the longest; what is more was no length of a meeting.
    (1.0..=1440.0).contains(&minutes).then_some(minutes as u32)
}

/// A small number in words or digits.
pub fn number(word: &str) -> Option<u32> {
    const WORDS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let spelt = || WORDS.iter().position(|known| *known == word).and_then(|at| u32::try_from(at).ok());
    match word {
        "a" | "an" => Some(1),
        _ => word.parse().ok().or_else(spelt),
    }
}
