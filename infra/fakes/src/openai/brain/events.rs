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
    for event in passages.iter().filter_map(|passage| event(passage, now)) {
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

fn event(passage: &Passage, now: &Zoned) -> Option<Event> {
    if !(passage.kind.contains("calendar") || passage.kind.contains("event")) {
        return None;
    }
    let said = |keys: &[&str], labels: &[&str]| passage.field(keys).or_else(|| passage.labelled(labels));
    // The most exact first: a header's `on` may have the day only.
    let starts = [
        said(&["start_time", "start", "when"], &["When", "Start", "Starts", "Begins", "Time"]),
        said(&["at", "on", "date"], &["Date"]),
    ];
    let (day, starts, ranged) = starts.into_iter().flatten().find_map(|text| moment(text, now))?;
    let ends = said(&["end_time", "end"], &["End", "Ends"]).and_then(|text| moment(text, now)).and_then(|end| end.1);
    let header = passage.header.iter().map(|(_, value)| value.as_str());
    Some(Event {
        id: passage.field(&["event_id", "id"]).map(str::to_owned),
        title: passage.field(&["title", "summary", "subject"])?.to_owned(),
        day,
        starts,
        ends: ends.or(ranged),
        text: header.chain(passage.lines.iter().map(String::as_str)).collect::<Vec<_>>().join("\n"),
        number: passage.number,
    })
}

/// The day, the time and the end a text states, in the advisor's zone.
fn moment(text: &str, now: &Zoned) -> Option<(Date, Option<Time>, Option<Time>)> {
    if let Ok(at) = text.trim().parse::<Timestamp>() {
        let at = at.to_zoned(now.time_zone().clone());
        return Some((at.date(), Some(at.time()), None));
    }
    let when = when_in(text, now);
    Some((when.day?, when.time, when.ends))
}

impl Event {
    pub fn start(&self, now: &Zoned) -> Option<Zoned> {
        self.day.to_datetime(self.starts.unwrap_or(Time::midnight())).to_zoned(now.time_zone().clone()).ok()
    }

    /// Not over yet. Whole days count until they end.
    pub fn is_ahead(&self, now: &Zoned) -> bool {
        match self.starts {
            Some(_) => self.start(now).is_some_and(|start| start > *now),
            None => self.day >= now.date(),
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
    events.iter().filter(|event| event.day >= from && event.day < until).cloned().collect()
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
