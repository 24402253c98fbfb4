//! Answers in words: who wrote it, when, what exactly, and the passage's number.

use jiff::civil::Date;

use super::passage::Passage;
use super::people::{mark_of, mark_of_record, subject_of};
use super::question::{Asks, Question};
use super::score::Hit;

pub const NOTHING: &str = "I found nothing about that in your mail, calendar or CRM.";

/// Sentences quoted for a why, after the one that answers.
const REASONS: usize = 3;

/// One sentence of answer per hit.
pub fn answer(question: &Question, hits: &[&Hit], passages: &[Passage], advisor: Option<&str>) -> String {
    let said = hits.iter().map(|hit| attributed(question, hit, &passages[hit.passage], advisor));
    said.collect::<Vec<_>>().join("\n\n")
}

fn attributed(question: &Question, hit: &Hit, passage: &Passage, advisor: Option<&str>) -> String {
    let quote = quote(question, hit);
    let when = passage.date().map(|date| format!(" on {}", day(date))).unwrap_or_default();
    let cited = passage.number.map(|number| format!(" [{number}]")).unwrap_or_default();
    let about = subject_of(passage, advisor);
    let writer = passage.field(&["from"]).map(super::passage::name_of);
    let kind = passage.kind.as_str();
    let source = match (&writer, &about) {
        (Some(writer), _) if kind == "email" || kind == "mail" => format!("{writer} wrote{when}"),
        (_, _) if kind.contains("event") || kind.contains("calendar") => format!("your calendar says{when}"),
        (_, Some(person)) if kind == "contact" => format!("the CRM record of {person} says"),
        (_, Some(person)) if question.asks != Asks::Who => format!("a {kind} on {person}{when} says"),
        _ => format!("a {kind}{when} says"),
    };
    let source = match about {
        Some(person) if question.asks == Asks::Who && writer.as_ref() != Some(&person) => format!("{person}: {source}"),
        _ => capitalised(&source),
    };
    format!("{source}: {quote}{cited}.")
}

/// The best sentence, with those after it that belong to the answer; one pair of marks per paragraph.
fn quote(question: &Question, hit: &Hit) -> String {
    let more = match question.asks {
        Asks::Why => REASONS,
        _ => usize::from(hit.marks.next_helps),
    };
    let end = (hit.best + 1 + more).min(hit.sentences.len());
    let mut quotes: Vec<String> = Vec::new();
    let mut paragraph = None;
    for sentence in &hit.sentences[hit.best..end] {
        match quotes.last_mut() {
            Some(open) if paragraph == Some(sentence.paragraph) => {
                open.push(' ');
                open.push_str(&sentence.text);
            }
            _ => quotes.push(sentence.text.clone()),
        }
        paragraph = Some(sentence.paragraph);
    }
    quotes.iter().map(|quote| format!("“{quote}”")).collect::<Vec<_>>().join(" ")
}

/// Asks which of several people is meant, and says what tells them apart.
pub fn which(people: &[String], passages: &[Passage], advisor: Option<&str>) -> String {
    let first = people.first().and_then(|name| name.split(' ').next()).unwrap_or_default();
    let described = people.iter().map(|person| match mark_of(person, passages, advisor) {
        Some(mark) => format!("{person} ({mark})"),
        None => person.clone(),
    });
    format!("Which {first} do you mean: {}?", described.collect::<Vec<_>>().join(" or "))
}

/// Asks which of the contacts of one name is meant.
pub fn which_record(records: &[&Passage]) -> String {
    let name = records.first().and_then(|record| record.field(&["name"])).unwrap_or_default();
    let described = records.iter().map(|record| {
        let cited = record.number.map(|number| format!(" [{number}]")).unwrap_or_default();
        format!("{name} ({}{cited})", mark_of_record(record).unwrap_or_default())
    });
    format!("Which {name} do you mean: {}?", described.collect::<Vec<_>>().join(" or "))
}

fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
