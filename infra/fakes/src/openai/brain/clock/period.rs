//! Stretches of days: `next week`, `this month`, `in the next two weeks`, `in March`.

use jiff::civil::Date;
use jiff::{ToSpan, Zoned};

use super::day::{self, ahead, monday, month_of};
use super::length::number;
use super::tokens;
use crate::openai::words::listed;

/// From the first day up to, not including, the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Date,
    pub until: Date,
    /// As it was said.
    pub said: String,
    pub words: usize,
}

impl Period {
    /// As calendars' filters name it, such as `next_week`; a day as `YYYY-MM-DD`. None if there is no name for it.
    pub fn filter(&self) -> Option<String> {
        const NAMED: &str = "today tomorrow this_week next_week this_month";
        self.named(NAMED)
    }

    /// As the filters of what closes some day name it: longer stretches, too, and a month as `YYYY-MM`.
    pub fn filter_of_closing(&self) -> Option<String> {
        const NAMED: &str =
            "today tomorrow this_week next_week this_month next_month this_quarter next_quarter this_year";
        let is_month = self.from.day() == 1 && self.from.saturating_add(1.month()) == self.until;
        self.named(NAMED).or_else(|| is_month.then(|| self.from.strftime("%Y-%m").to_string()))
    }

    fn named(&self, names: &str) -> Option<String> {
        let name = self.said.replace(' ', "_");
        let is_day = ahead(self.from, 1) == self.until;
        listed(names, &name).then_some(name).or_else(|| is_day.then(|| self.from.to_string()))
    }
}

/// The first stretch of days a text names; a single day is one too.
pub fn period_in(text: &str, now: &Zoned) -> Option<Period> {
    let words = tokens(text);
    (0..words.len()).find_map(|at| {
        if let Some(day) = day::at(&words, at, now.date()) {
            let said = words[at..at + day.words].join(" ");
            return Some(Period { from: day.date, until: ahead(day.date, 1), said, words: day.words });
        }
        self::at(&words, at, now.date())
    })
}

pub fn at(words: &[String], at: usize, today: Date) -> Option<Period> {
    let word = |ahead: usize| words.get(at + ahead).map_or("", String::as_str);
    let found = |from: Date, until: Date, used: usize| {
        Some(Period { from, until, said: words[at..at + used].join(" "), words: used })
    };
    let shift = match word(0) {
        "this" | "current" => 0,
        "next" | "coming" => 1,
        "last" | "past" | "previous" => -1,
        "in" => {
            let month = month_of(word(1))?;
            let this = Date::new(today.year(), month, 1).ok()?;
            let over = this.saturating_add(1.month()) <= today;
            let from = if over { this.saturating_add(1.year()) } else { this };
            return found(from, from.saturating_add(1.month()), 2);
        }
        _ => return None,
    };
    let first = today.first_of_month();
    match word(1) {
        "week" => {
            let from = ahead(monday(today), 7 * shift);
            found(from, ahead(from, 7), 2)
        }
        "month" => {
            let from = first.saturating_add(shift.months());
            found(from, from.saturating_add(1.month()), 2)
        }
        "quarter" => {
            let from =
                first.saturating_sub(i64::from((today.month() - 1) % 3).months()).saturating_add((3 * shift).months());
            found(from, from.saturating_add(3.months()), 2)
        }
        "year" => {
            let from = today.first_of_year().saturating_add(shift.years());
            found(from, from.saturating_add(1.year()), 2)
        }
        count => {
            let days = match word(2) {
                "day" | "days" => 1,
                "week" | "weeks" => 7,
                "month" | "months" => 30,
                _ => return None,
            };
            let days = days * i64::from(number(count)?);
            if shift < 0 {
                found(ahead(today, -days), ahead(today, 1), 3)
            } else {
                found(today, ahead(today, days + 1), 3)
            }
        }
    }
}
