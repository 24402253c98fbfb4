//! Days: `tomorrow`, `next Thursday`, `12 March`, `12/3`, `in two weeks`.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::length::number;

/// A day, and how many words name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    pub words: usize,
}

/// The day named by the words from `at` on. A weekday alone is the next one after today; days of a year are ahead of today
/// unless the year is said.
pub fn at(words: &[String], at: usize, today: Date) -> Option<Day> {
    let word = |ahead: usize| words.get(at + ahead).map_or("", String::as_str);
    let found = |date: Date, words: usize| Some(Day { date, words });
    match (word(0), word(1), word(2), word(3)) {
        ("day", "after", "tomorrow", _) => return found(ahead(today, 2), 3),
        ("today" | "tonight", ..) => return found(today, 1),
        ("tomorrow", ..) => return found(ahead(today, 1), 1),
        ("yesterday", ..) => return found(ahead(today, -1), 1),
        ("in", count, unit, _) => {
            if let (Some(count), Some(days)) = (number(count), days_of(unit)) {
                return found(ahead(today, i64::from(count) * days), 3);
            }
        }
        _ => {}
    }

    let next_week = ahead(monday(today), 7);
    if word(0) == "next"
        && let Some(day) = weekday(word(1))
    {
        return found(ahead(next_week, day), 2);
    }
    if word(0) == "last"
        && let Some(day) = weekday(word(1))
    {
        let back = (i64::from(today.weekday().to_monday_zero_offset()) - day).rem_euclid(7);
        return found(ahead(today, if back == 0 { -7 } else { -back }), 2);
    }
    if (word(0), word(1)) == ("next", "week") {
        let (name, used) = if word(2) == "on" { (word(3), 4) } else { (word(2), 3) };
        return weekday(name).and_then(|day| found(ahead(next_week, day), used));
    }
    let this = usize::from(word(0) == "this");
    if let Some(day) = weekday(word(this)) {
        if (word(this + 1), word(this + 2)) == ("next", "week") {
            return found(ahead(next_week, day), this + 3);
        }
        let in_days = (day - i64::from(today.weekday().to_monday_zero_offset())).rem_euclid(7);
        // `Thursday, 12 March` is the twelfth.
        if let Some(dated) = dated(words, at + this + 1, today) {
            return found(dated.date, dated.words + this + 1);
        }
        return found(ahead(today, if in_days == 0 { 7 } else { in_days }), this + 1);
    }
    dated(words, at, today)
}

/// `12 March 2027`, `March 12th`, `2027-03-12`, `3/12`.
fn dated(words: &[String], at: usize, today: Date) -> Option<Day> {
    let word = |ahead: usize| words.get(at + ahead).map_or("", String::as_str);
    if let Ok(date) = word(0).parse() {
        return Some(Day { date, words: 1 });
    }
    if let Some((month, rest)) = word(0).split_once('/') {
        let (day, year) = rest.split_once('/').map_or((rest, None), |(day, year)| (day, year.parse::<i16>().ok()));
        let year = year.map(|year| if year < 100 { 2000 + year } else { year });
        return Some(Day { date: in_year(month.parse().ok()?, day.parse().ok()?, year, today)?, words: 1 });
    }
    let of = usize::from(word(1) == "of");
    let (day, month, used) = if let Some(month) = month_of(word(0)) {
        (ordinal(word(1))?, month, 2)
    } else if let Some(month) = month_of(word(1 + of)) {
        (ordinal(word(0))?, month, 2 + of)
    } else {
        let day = Some(word(0)).filter(|word| word.ends_with(['t', 'd', 'h'])).and_then(ordinal)?;
        let this = Date::new(today.year(), today.month(), day).ok().filter(|date| *date >= today);
        let next = || today.checked_add(1.month()).ok().and_then(|next| Date::new(next.year(), next.month(), day).ok());
        return Some(Day { date: this.or_else(next)?, words: 1 });
    };
    let year = word(used).parse::<i16>().ok().filter(|year| (1990..2200).contains(year));
    Some(Day { date: in_year(month, day, year, today)?, words: used + usize::from(year.is_some()) })
}

fn in_year(month: i8, day: i8, year: Option<i16>, today: Date) -> Option<Date> {
    let of = |year| Date::new(year, month, day).ok();
    match year {
        Some(year) => of(year),
        None => of(today.year()).filter(|date| *date >= today).or_else(|| of(today.year() + 1)),
    }
}

/// `12`, `12th`, `3rd`.
fn ordinal(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let ending = &word[digits.len()..];
    ["", "st", "nd", "rd", "th"].contains(&ending).then(|| digits.parse().ok())?.filter(|day| (1..=31).contains(day))
}

pub fn month_of(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.to_lowercase();
    let long = MONTHS.iter().position(|month| *month == word);
    let short = || MONTHS.iter().position(|month| word.len() == 3 && month.starts_with(&word));
    i8::try_from(long.or_else(short)? + 1).ok()
}

/// Days after Monday.
fn weekday(word: &str) -> Option<i64> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    // `mon` and `thurs`, but not `sun` and `sat`, which are words of their own.
    let short = |day: &str| word.len() >= 3 && day.starts_with(word) && !["sun", "sat", "wed"].contains(&word);
    let found = DAYS.iter().find(|(day, _)| *day == word || short(day));
    found.map(|(_, day)| i64::from(day.to_monday_zero_offset()))
}

fn days_of(unit: &str) -> Option<i64> {
    match unit {
        "day" | "days" => Some(1),
        "week" | "weeks" => Some(7),
        _ => None,
    }
}

pub fn monday(today: Date) -> Date {
    ahead(today, -i64::from(today.weekday().to_monday_zero_offset()))
}

pub fn ahead(date: Date, days: i64) -> Date {
    date.saturating_add(days.days())
}
