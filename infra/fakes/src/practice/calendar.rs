//! The calendars: one review after another, the weekly round, conferences and a life beside it.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use super::dice::{Dice, hash};
use super::mails::moment;
use super::people::Person;
use super::text::working_day;
use super::{Advisor, Event, Mailbox};

const KINDS: &[(&str, &str)] = &[
    ("Annual review", "Performance, spending plan, beneficiaries, anything new at home."),
    ("Planning call", "Short call. Open items from the last meeting."),
    ("Tax planning", "Projection for the year, estimated payments, what can wait until next year."),
    ("Portfolio check-in", "Allocation against target, cash needs for the next twelve months."),
    ("Insurance review", "Policies in force, what is missing, what can be dropped."),
];
const PLACES: &[&str] = &["Office, small conference room", "Phone", "Video call", "Their place", "Office, library"];
const HOURS: &[(i8, i8)] =
    &[(9, 0), (10, 0), (10, 30), (11, 0), (13, 0), (13, 30), (14, 0), (15, 0), (15, 30), (16, 0)];

pub struct Calendar<'a> {
    pub advisor: &'a Advisor,
    pub today: Date,
}

impl Calendar<'_> {
    /// `each` meetings with every household, spread over 18 months back and two ahead.
    pub fn reviews(&self, people: &[Person], each: u32) -> Vec<Event> {
        let mut events = Vec::new();

        for person in people.iter().filter(|person| person.is_client()) {
            let is_head = people.iter().find(|other| other.household == person.household).map(|head| &head.name);
            if is_head != Some(&person.name) {
                continue;
            }
            let couple: Vec<&Person> = people.iter().filter(|other| other.household == person.household).collect();
            for index in 0..each {
                events.push(self.review(&couple, index, each));
            }
        }

        events
    }

    fn review(&self, couple: &[&Person], index: u32, each: u32) -> Event {
        let key = format!("{} review {index}", couple[0].name);
        let mut dice = Dice::new(&key);
        let span = 580 / each;
        // The last one lies ahead of today or not long behind; weekends are not for reviews.
        let ahead = 55 - i64::from((each - 1 - index) * span + dice.between(0, span));
        let day = working_day(self.today.saturating_add(ahead.days()));
        let (kind, agenda) = *dice.pick(KINDS);
        let names: Vec<&str> = couple.iter().map(|person| person.first()).collect();

        Event {
            summary: format!("{kind}: {} {}", names.join(" & "), couple[0].last()),
            description: Some(agenda.into()),
            location: Some((*dice.pick(PLACES)).into()),
            attendees: couple.iter().filter_map(|person| person.mailbox()).collect(),
            ..self.event(&key, day, *dice.pick(HOURS), if kind == "Planning call" { 30 } else { 60 })
        }
    }

    /// The events of a file of lines
    /// `day from today | hh:mm or all-day | minutes or days | summary | location | notes | attendees | RRULE`, `-` for none.
    pub fn listed(&self, file: &str, people: &[Person]) -> Vec<Event> {
        let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(|line| self.listed_one(line, people)).collect()
    }

    fn listed_one(&self, line: &str, people: &[Person]) -> Event {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [ahead, time, length, summary, location, notes, attendees, rule] = cells[..] else {
            panic!("an event has eight cells: {line}");
        };
        let number = |cell: &str| -> i64 { cell.parse().unwrap_or_else(|_| panic!("{line}: {cell:?} is no number")) };
        let day = self.today.saturating_add(number(ahead).days());
        let all_day = time == "all-day";
        let day = if all_day { day } else { first_day(working_day(day), rule) };
        let small = |value: i64| i8::try_from(value).unwrap_or_else(|_| panic!("{line}: no such time"));
        let clock = time.split_once(':').map_or((0, 0), |(hour, minute)| (small(number(hour)), small(number(minute))));
        let minutes = if all_day { number(length) * 24 * 60 } else { number(length) };
        let some = |cell: &str| (cell != "-").then(|| cell.to_owned());

        Event {
            summary: summary.into(),
            description: some(notes),
            location: some(location),
            all_day,
            attendees: some(attendees)
                .map(|names| names.split(',').map(|name| attendee(name.trim(), people)).collect())
                .unwrap_or_default(),
            recurrence: some(rule).map(|rule| format!("RRULE:{rule}")).into_iter().collect(),
            ..self.event(line, day, clock, minutes)
        }
    }

    fn event(&self, key: &str, day: Date, clock: (i8, i8), minutes: i64) -> Event {
        let start = moment(day, 0, clock);
        Event {
            calendar: self.advisor.email.clone(),
            id: format!("{:016x}{:010x}", hash(key), hash(&self.advisor.email) & 0xff_ffff_ffff),
            summary: String::new(),
            description: None,
            location: None,
            start,
            end: start.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(start),
            all_day: false,
            attendees: Vec::new(),
            recurrence: Vec::new(),
        }
    }
}

/// The first day that the rule's `BYDAY` names; the day itself where it names none.
fn first_day(day: Date, rule: &str) -> Date {
    let Some(named) = rule.split(';').find_map(|part| part.strip_prefix("BYDAY=")) else { return day };
    let week = (0..7).map(|ahead: i64| day.saturating_add(ahead.days()));
    let code = |day: &Date| day.strftime("%a").to_string()[..2].to_uppercase();
    week.into_iter().find(|day| named.split(',').any(|name| name == code(day))).unwrap_or(day)
}

fn attendee(name: &str, people: &[Person]) -> Mailbox {
    if let Some((name, address)) = name.split_once('<') {
        return Mailbox { name: name.trim().into(), email: address.trim_end_matches('>').into() };
    }
    let person = people.iter().find(|person| person.name == name);
    person.and_then(Person::mailbox).unwrap_or_else(|| panic!("nobody with an address is called {name:?}"))
}
