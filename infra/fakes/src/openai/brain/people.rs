//! Who is who among the passages.

use std::collections::BTreeMap;

use super::super::words::words;
use super::passage::{Passage, name_of};
use super::question::Question;

/// The one who is in nearly every mail, on either side: whose mailbox it is.
pub fn advisor(passages: &[Passage]) -> Option<String> {
    let mails: Vec<&Passage> = passages.iter().filter(|passage| passage.field(&["from"]).is_some()).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for mail in &mails {
        let both = [mail.field(&["from"]), mail.field(&["to"])];
        let mut names: Vec<String> = both.iter().flatten().flat_map(|value| value.split(',')).map(name_of).collect();
        names.sort();
        names.dedup();
        for name in names {
            *seen.entry(name).or_default() += 1;
        }
    }
    let (name, times) = seen.into_iter().max_by_key(|(_, times)| *times)?;
    (times >= 3 && times * 10 >= mails.len() * 7).then_some(name)
}

/// The person a passage is about: its writer, or whom the advisor wrote to, or the contact of a note.
pub fn subject_of(passage: &Passage, advisor: Option<&str>) -> Option<String> {
    let people = passage.people();
    let other = people.iter().find(|name| Some(name.as_str()) != advisor && !name.contains('@'));
    let record = || {
        let part = |keys: &[&str]| passage.field(keys).unwrap_or_default();
        let full = format!("{} {}", part(&["firstname", "first_name"]), part(&["lastname", "last_name"]));
        Some(full.trim().to_owned()).filter(|name| !name.is_empty())
    };
    other.cloned().or_else(record).or_else(|| people.into_iter().next())
}

/// The different people a first name in the question may mean; empty when it is clear.
pub fn namesakes(question: &Question, passages: &[Passage], advisor: Option<&str>) -> Vec<String> {
    let Some(asked) = question.names.iter().find(|name| !name.contains(' ')) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for passage in passages {
        let mut people = passage.people();
        people.extend(subject_of(passage, advisor));
        for person in people {
            let parts = words(&person);
            let fits = parts.len() > 1 && parts.first() == words(asked).first();
            if fits && !found.iter().any(|other| words(other) == parts) {
                found.push(person);
            }
        }
    }
    if found.len() > 1 { found } else { Vec::new() }
}

/// The records of different contacts who share the full name the question gives; empty when there is one at most.
pub fn doubles<'a>(question: &Question, passages: &'a [Passage]) -> Vec<&'a Passage> {
    let is_asked = |name: &str| question.names.iter().any(|asked| asked.contains(' ') && words(asked) == words(name));
    let mut found: Vec<&Passage> = Vec::new();
    for record in passages.iter().filter(|passage| passage.kind == "contact") {
        let (name, id) = (record.field(&["name"]).unwrap_or_default(), record.field(&["contact_id"]));
        if is_asked(name) && id.is_some() && found.iter().all(|other| other.field(&["contact_id"]) != id) {
            found.push(record);
        }
    }
    if found.len() > 1 { found } else { Vec::new() }
}

/// What a contact's record says that may tell it from another.
pub fn mark_of_record(record: &Passage) -> Option<String> {
    let facts: Vec<&str> =
        ["Job title", "Company", "City", "E-mail"].iter().filter_map(|label| record.labelled(&[label])).collect();
    let other = || record.lines.iter().skip(1).take(2).map(|line| line.trim_end_matches('.')).collect::<Vec<_>>();
    let facts = if facts.is_empty() { other() } else { facts };
    (!facts.is_empty()).then(|| facts.join(", "))
}

/// What tells a namesake from the others: what is known of them, or what they last wrote about.
pub fn mark_of(person: &str, passages: &[Passage], advisor: Option<&str>) -> Option<String> {
    let about = |passage: &&Passage| subject_of(passage, advisor).is_some_and(|name| words(&name) == words(person));
    let own: Vec<&Passage> = passages.iter().filter(about).collect();
    let known = own.iter().find_map(|passage| {
        let facts = ["company", "jobtitle", "job_title", "city", "email"];
        let facts: Vec<&str> = facts.iter().filter_map(|key| passage.field(&[key])).collect();
        (!facts.is_empty()).then(|| facts.join(", "))
    });
    let record = || mark_of_record(own.iter().find(|passage| passage.kind == "contact")?);
    let subject = || own.iter().find_map(|passage| Some(format!("about “{}”", passage.field(&["subject", "title"])?)));
    let cited = |mark: String| match own.iter().find_map(|passage| passage.number) {
        Some(number) => format!("{mark} [{number}]"),
        None => mark,
    };
    known.or_else(record).or_else(subject).map(cited)
}
