//! Events as the passages show them, and which of them a request means.

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan, Zoned};

use super::super::words::words;
use super::clock::when_in;
use super::passage::Passage;

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub title: String,
    pub day: Date,
    /// The last day of those that are whole days; else the same one.
    pub last: Date,
    /// None for whole days.
    pub starts: Option<Time>,
    pub ends: Option<Time>,
    /// Everything it says, for finding people in it.
    pub text: String,
    pub number: Option<u32>,
}

/// The events among the passages, each once, the earliest first.
pub fn all(passages: &[Passage], now: &Zoned) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for event in passages.iter().flat_map(|passage| of_passage(passage, now)) {
        let same =
            |known: &&mut Event| known.day == event.day && known.starts == event.starts && known.title == event.title;
        match events.iter_mut().find(same) {
            Some(known) if known.id.is_none() => *known = event,
            Some(_) => {}
            None => events.push(event),
        }
    }
    events.sort_by(|a, b| (a.day, a.starts, &a.title).cmp(&(b.day, b.starts, &b.title)));
    events
}

/// A passage may tell several dates of one series: its header then names each after the title.
fn of_passage(passage: &Passage, now: &Zoned) -> Vec<Event> {
    if !(passage.kind.contains("calendar") || passage.kind.contains("event")) {
        return Vec::new();
    }
    let Some(title) = passage.field(&["title", "summary", "subject"]) else { return Vec::new() };
    let said = |keys: &[&str], labels: &[&str]| passage.field(keys).or_else(|| passage.labelled(labels));
    let header = passage.header.iter().map(|(_, value)| value.as_str());
    let text = header.chain(passage.lines.iter().map(String::as_str)).collect::<Vec<_>>().join("\n");
    let id = passage.field(&["event_id", "id"]);
    let event = |text_of: &str, id: Option<&str>, ends: Option<Time>| {
        let moment = moment(text_of, now)?;
        Some(Event {
            id: id.map(str::to_owned),
            title: title.to_owned(),
            day: moment.day,
            last: moment.last,
            starts: moment.starts,
            ends: ends.or(moment.ends),
            text: text.clone(),
            number: passage.number,
        })
    };

    let parts = passage.header.iter().filter(|(key, _)| key == "title").map(|(_, value)| value.as_str()).skip(1);
    let named = |part: &str| part.split_once("event_id ").map(|(_, id)| id.trim_end_matches(')').to_owned());
    let dates: Vec<Event> = parts
        .filter(|part| !part.starts_with("a series"))
        .filter_map(|part| event(part.split(" (event_id").next().unwrap_or(part), named(part).as_deref().or(id), None))
        .collect();
    if !dates.is_empty() {
        return dates;
    }
    let ends =
        said(&["end_time", "end"], &["End", "Ends"]).and_then(|text| moment(text, now)).and_then(|end| end.starts);
    // The most exact first: a header's `on` may have the day only.
    let starts = [
        said(&["start_time", "start", "when"], &["When", "Start", "Starts", "Begins", "Time"]),
        said(&["at", "on", "date"], &["Date"]),
    ];
    starts.into_iter().flatten().find_map(|text| event(text, id, ends)).into_iter().collect()
}

/// When a text says something is.
struct Moment {
    day: Date,
    last: Date,
    starts: Option<Time>,
    ends: Option<Time>,
}

/// The day, the time and the end a text states, in the advisor's zone.
fn moment(text: &str, now: &Zoned) -> Option<Moment> {
    if let Ok(at) = text.trim().parse::<Timestamp>() {
        let at = at.to_zoned(now.time_zone().clone());
        return Some(Moment { day: at.date(), last: at.date(), starts: Some(at.time()), ends: None });
    }
    let when = when_in(text, now);
    let day = when.day?;
    let last =
        text.split_once(" to ").filter(|_| text.ends_with("all day")).and_then(|(_, last)| when_in(last, now).day);
    Some(Moment { day, last: last.unwrap_or(day).max(day), starts: when.time, ends: when.ends })
}

impl Event {
    pub fn start(&self, now: &Zoned) -> Option<Zoned> {
        self.day.to_datetime(self.starts.unwrap_or(Time::midnight())).to_zoned(now.time_zone().clone()).ok()
    }

    /// Not over yet. Whole days count until they end.
    pub fn is_ahead(&self, now: &Zoned) -> bool {
        match self.starts {
            Some(_) => self.start(now).is_some_and(|start| start > *now),
            None => self.last >= now.date(),
        }
    }

    /// Minutes it takes, if it says so.
    pub fn minutes(&self) -> Option<i64> {
        let (starts, ends) = (self.starts?, self.ends?);
        let seconds = starts.until(ends).ok()?.total(jiff::Unit::Second).ok()? as i64;
        // Over midnight the end is on the next day.
        Some((if seconds <= 0 { seconds + 24 * 60 * 60 } else { seconds }) / 60)
    }

    /// Whether everybody named is in it.
    pub fn has(&self, names: &[String]) -> bool {
        let said = words(&self.text);
        names.iter().all(|name| words(name).iter().all(|part| said.contains(part)))
    }

    /// `Annual review: Nora Ellison on Thursday, 26 November 2026, 15:00–16:00`.
    pub fn label(&self) -> String {
        format!("{} on {}", self.title, self.when())
    }

    pub fn when(&self) -> String {
        let day = self.day.strftime("%A, %-d %B %Y");
        match self.hours() {
            Some(hours) => format!("{day}, {hours}"),
            None if self.last > self.day => format!("{day} to {}", self.last.strftime("%A, %-d %B %Y")),
            None => day.to_string(),
        }
    }

    pub fn hours(&self) -> Option<String> {
        let starts = self.starts?.strftime("%H:%M");
        Some(match self.ends {
            Some(ends) => format!("{starts}–{}", ends.strftime("%H:%M")),
            None => starts.to_string(),
        })
    }

    pub fn cited(&self) -> String {
        self.number.map(|number| format!(" [{number}]")).unwrap_or_default()
    }
}

/// What is on between two days, as a list by day.
pub fn listed(events: &[Event]) -> String {
    let mut text = String::new();
    let mut day = None;
    for event in events {
        if day != Some(event.day) {
            day = Some(event.day);
            text.push_str(&format!("\n{}:\n", event.day.strftime("%A, %-d %B")));
        }
        let hours = event.hours().unwrap_or_else(|| "all day".to_owned());
        text.push_str(&format!("- {hours} {}{}\n", event.title, event.cited()));
    }
    text.trim().to_owned()
}

/// Those on days from the first up to, not including, the last.
pub fn within(events: &[Event], from: Date, until: Date) -> Vec<Event> {
    events.iter().filter(|event| event.last >= from && event.day < until).cloned().collect()
}

/// The start moved by what the words say: `an hour later`, `by 30 minutes`, `a week back`.
pub fn shifted(start: &Zoned, text: &str) -> Option<Zoned> {
    let lower = text.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|word| lower.contains(word));
    let later = says(&["later", "back", "forward", "postpone", "push", " by "]);
    let earlier = says(&["earlier", "sooner", "up by"]);
    if !later && !earlier {
        return None;
    }
    let weeks = ["a week", "one week"].iter().any(|week| lower.contains(week));
    let span = match super::clock::minutes_in(text) {
        Some(minutes) => i64::from(minutes).minutes(),
        None if weeks => 1.week(),
        None if lower.contains("a day") || lower.contains("one day") => 1.day(),
        None => return None,
    };
    if earlier { start.checked_sub(span).ok() } else { start.checked_add(span).ok() }
}
