//! What an event is to be called and where it is to be, out of the request for it.

use jiff::Zoned;

use super::super::super::words::listed;
use super::super::clock::without_times;
use super::super::parts::{Parts, capital, unquoted};

/// `Appointment with Sara Smith`, `Call with Nora Ellison: the roof`, or what the request calls it.
pub fn title(parts: &Parts, people: &[&str], now: &Zoned) -> String {
    if let Some(quoted) = quoted(&parts.text) {
        return quoted;
    }
    let matter = without_times(&parts.matter, now);
    let named = [" titled ", " called "].iter().any(|mark| parts.text[parts.head.len()..].starts_with(mark));
    if named && !matter.is_empty() {
        return capital(unquoted(&matter));
    }
    let head = without_place(&without_times(&parts.head, now));
    let (before, with) = split_any(&head, &[" with ", " for "]);
    let kind = kind(before);
    let mut title = match (kind.is_empty(), people.is_empty()) {
        (true, true) => capital(with.unwrap_or("Meeting").trim()),
        (true, false) => "Meeting".to_owned(),
        (false, _) => capital(&kind),
    };
    if !people.is_empty() {
        title = format!("{title} with {}", people.join(" and "));
    }
    if matter.is_empty() { title } else { format!("{title}: {matter}") }
}

/// `at the office`, `by phone`: where it is to be.
pub fn place(parts: &Parts, now: &Zoned) -> Option<String> {
    let text = without_times(&parts.head, now);
    if let Some(by) = WAYS.iter().find(|(said, _)| text.to_lowercase().contains(said)) {
        return Some(by.1.to_owned());
    }
    let (at, mark) = place_at(&text)?;
    let rest = &text[at + mark.len()..];
    let end = [" with ", " about ", " for ", ","].iter().filter_map(|stop| rest.find(stop)).min().unwrap_or(rest.len());
    let determiner = mark.trim().split(' ').nth(1).filter(|word| *word != "the");
    let place = [determiner.unwrap_or_default(), rest[..end].trim()].join(" ");
    Some(capital(place.trim().trim_end_matches(['.', '!'])))
}

const WAYS: [(&str, &str); 7] = [
    (" by phone", "Phone"),
    (" on the phone", "Phone"),
    (" over the phone", "Phone"),
    (" on zoom", "Zoom"),
    (" over zoom", "Zoom"),
    (" via zoom", "Zoom"),
    (" by video", "Video call"),
];

fn place_at(text: &str) -> Option<(usize, &'static str)> {
    const MARKS: [&str; 8] =
        [" at the ", " in the ", " at my ", " at our ", " at her ", " at his ", " at their ", " in my "];
    let lower = text.to_lowercase();
    // `in my calendar` is where every event is.
    MARKS
        .iter()
        .filter_map(|mark| lower.find(mark).map(|at| (at, *mark)))
        .find(|(at, mark)| !lower[at + mark.len()..].starts_with("calendar"))
}

fn without_place(text: &str) -> String {
    let mut text = text.to_owned();
    for (said, _) in WAYS {
        if let Some(at) = text.to_lowercase().find(said) {
            text.replace_range(at..at + said.len(), "");
        }
    }
    if let Some((at, mark)) = place_at(&text) {
        let rest = at + mark.len();
        let stop = [" with ", " for "].iter().filter_map(|stop| text[rest..].find(stop)).min();
        text.replace_range(at..stop.map_or(text.len(), |stop| rest + stop), "");
    }
    text
}

/// What stands before and after the first of these.
fn split_any<'a>(text: &'a str, marks: &[&str]) -> (&'a str, Option<&'a str>) {
    let first = marks.iter().filter_map(|mark| text.find(mark).map(|at| (at, mark.len()))).min();
    first.map_or((text, None), |(at, len)| (&text[..at], Some(&text[at + len..])))
}

/// The words that say what it is: without the order, articles and whose calendar it goes into.
fn kind(before: &str) -> String {
    const EMPTY: &str = "schedule book arrange set up plan invite create add make put block a an the me my calendar to in on new please out off some";
    let mut words: Vec<&str> = before.split_whitespace().map(|word| word.trim_matches([',', '.', '!', '?'])).collect();
    words.retain(|word| !listed(EMPTY, word.to_lowercase().as_str()));
    words.join(" ")
}

fn quoted(text: &str) -> Option<String> {
    [('"', '"'), ('“', '”')].iter().find_map(|(open, close)| {
        let (_, rest) = text.split_once(*open)?;
        let (inner, _) = rest.split_once(*close)?;
        (!inner.trim().is_empty()).then(|| inner.trim().to_owned())
    })
}
