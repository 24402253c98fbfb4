//! Times of day: `3pm`, `at 3`, `10:30`, `3-4pm`, `from 9 to 10:15 am`, `noon`.

use jiff::civil::Time;

/// A time, the end of its range, and how many words say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfDay {
    pub starts: Time,
    pub ends: Option<Time>,
    pub words: usize,
}

/// A clock's reading before it is known which half of the day is meant.
#[derive(Clone, Copy)]
struct Reading {
    hour: i8,
    minute: i8,
    half: Option<Half>,
    words: usize,
    /// `15:00` and `3pm` are times wherever they stand; `3` is one only after `at`.
    is_plain: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Half {
    Am,
    Pm,
}

/// The time said by the words from `at` on.
pub fn at(words: &[String], at: usize) -> Option<OfDay> {
    let word = |ahead: usize| words.get(at + ahead).map_or("", String::as_str);
    if ["noon", "midday"].contains(&word(0)) {
        return Some(OfDay { starts: Time::constant(12, 0, 0, 0), ends: None, words: 1 });
    }
    if let Some((from, to)) = word(0).split_once('-')
        && let (Some(from), Some(to)) = (reading(from, ""), reading(to, word(1)))
        && to.half.is_some() | from.is_plain | to.is_plain
    {
        return range(from, to, to.words);
    }

    let led = usize::from(["at", "from", "between"].contains(&word(0)));
    let from = reading(word(led), word(led + 1))?;
    let used = led + from.words;
    if ["to", "and", "until", "till", "-"].contains(&word(used))
        && let Some(to) = reading(word(used + 1), word(used + 2))
        && (led > 0 && word(0) != "at" || from.is_plain && to.is_plain)
    {
        return range(from, to, used + 1 + to.words);
    }
    let is_time = from.is_plain || led > 0 && word(0) == "at";
    is_time.then(|| Some(OfDay { starts: time(from, from.half)?, ends: None, words: used }))?
}

fn range(from: Reading, to: Reading, words: usize) -> Option<OfDay> {
    let ends = time(to, to.half)?;
    let mut starts = time(from, from.half.or(to.half))?;
    // `11-1pm` begins in the morning.
    if starts >= ends && from.half.is_none() {
        starts = time(from, Some(Half::Am))?;
    }
    (starts < ends).then_some(OfDay { starts, ends: Some(ends), words })
}

fn reading(word: &str, next: &str) -> Option<Reading> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '.');
    let half = half_of(&word[digits.len()..]);
    if half.is_none() && digits.len() < word.len() {
        return None;
    }
    let (hour, minute) = digits.split_once(':').unwrap_or((digits, "0"));
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || digits.starts_with(':') {
        return None;
    }
    let after = half.is_none().then(|| half_of(next)).flatten();
    let is_plain = half.is_some() || after.is_some() || digits.contains(':');
    Some(Reading { hour, minute, half: half.or(after), words: 1 + usize::from(after.is_some()), is_plain })
}

fn half_of(text: &str) -> Option<Half> {
    match text.replace('.', "").as_str() {
        "am" => Some(Half::Am),
        "pm" => Some(Half::Pm),
        _ => None,
    }
}

/// Nobody meets clients at three in the night: without a half of the day, one to six is the afternoon.
fn time(reading: Reading, half: Option<Half>) -> Option<Time> {
    let hour = match (half, reading.hour) {
        (Some(Half::Am), 12) => 0,
        (Some(Half::Pm), hour @ 1..=11) => hour + 12,
        (None, hour @ 1..=6) => hour + 12,
        (_, hour) => hour,
    };
    Time::new(hour, reading.minute, 0, 0).ok()
}
