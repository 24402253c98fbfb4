//! Mails: new ones, and replies that stay in their thread.

use super::super::super::turn::Tool;
use super::super::super::words::words;
use super::super::arguments::addresses_in;
use super::super::letter;
use super::super::parts::capital;
use super::super::passage::{Passage, name_of};
use super::super::resume::{SAY, WHICH};
use super::super::whom::Person;
use super::super::wish::Deed;
use super::{Case, Step, call, letter_to};

pub fn send(case: &Case<'_>, tool: &Tool) -> Result<Step, Step> {
    let parts = case.parts(Deed::Mail);
    let mut people: Vec<Person> = Vec::new();
    for name in &parts.names {
        people.push(case.whom(name)?);
    }
    let named = parts.addresses.iter().filter(|address| parts.head.contains(address.as_str()));
    for address in named {
        people.push(Person { name: address.clone(), email: Some(address.clone()), ..Person::default() });
    }
    if people.is_empty() {
        return Ok(Step::say("To whom should I write?"));
    }
    if parts.matter.is_empty() {
        return Ok(Step::say(SAY));
    }
    if let Some(without) = people.iter().find(|person| person.email.is_none()) {
        return Ok(Step::say(format!("I found no e-mail address of {}.", without.name)));
    }
    let to: Vec<String> = people.iter().filter_map(|person| person.email.clone()).collect();
    let body = match people.as_slice() {
        [one] => letter_to(one, &parts.matter, case),
        _ => letter::body(None, &letter::sentence(&parts.matter), case.signature()),
    };
    let subject = parts.about.as_deref().map_or_else(|| letter::subject(&parts.head, &parts.matter), capital);
    Ok(call(tool, &case.facts().with("to", to).with("title", subject).with("body", body)))
}

pub fn reply(case: &Case<'_>, tool: &Tool) -> Result<Step, Step> {
    let parts = case.parts(Deed::Reply);
    let name = parts.names.first().or(parts.addresses.first());
    let Some(name) = name else { return Ok(Step::say("To whose mail should I reply?")) };
    let search = case.tools.iter().find(|tool| tool.name == "search_emails");
    if let Some(search) = search.filter(|search| !case.tried.has(&search.name, name)) {
        let by_sender =
            search.parameters["properties"].as_object().is_some_and(|all| all.keys().any(|key| key.contains("sender")));
        let facts = case.facts();
        let facts = if by_sender { facts.with("sender", name.clone()) } else { facts.with("query", name.clone()) };
        return Ok(call(search, &facts));
    }
    let mail = latest(name, case.passages)?;
    let from = mail.field(&["from"]).unwrap_or_default();
    let Some(address) = addresses_in(from).into_iter().next() else {
        return Ok(Step::say(format!("I found no e-mail address of {name}.")));
    };
    if parts.matter.is_empty() {
        return Ok(Step::say(SAY));
    }
    let person = Person { name: name_of(from), email: Some(address.clone()), ..Person::default() };
    let subject = mail.field(&["subject", "title"]).unwrap_or_default();
    let again = if subject.to_lowercase().starts_with("re:") { subject.to_owned() } else { format!("Re: {subject}") };
    let facts = case
        .facts()
        .with("to", vec![address])
        .with("title", again)
        .with("body", letter_to(&person, &parts.matter, case))
        .with_some("reply_to", mail.field(&["email_id", "id", "message_id", "gmail_id"]));
    Ok(call(tool, &facts))
}

/// The newest mail of whoever is called that; a question back when several are.
fn latest<'a>(name: &str, passages: &'a [Passage]) -> Result<&'a Passage, Step> {
    let asked = words(name);
    let wrote = |passage: &&Passage| {
        let from = passage.field(&["from", "sender"]).map(words).unwrap_or_default();
        asked.iter().all(|word| from.contains(word))
    };
    let theirs: Vec<&Passage> = passages.iter().filter(wrote).collect();
    let mut writers: Vec<String> = Vec::new();
    for writer in theirs.iter().filter_map(|mail| mail.field(&["from"])).map(name_of) {
        if !writers.contains(&writer) {
            writers.push(writer);
        }
    }
    if writers.len() > 1 {
        let marked = writers.iter().map(|writer| {
            let subject = theirs.iter().find(|mail| mail.field(&["from"]).map(name_of).as_ref() == Some(writer));
            let subject = subject.and_then(|mail| mail.field(&["subject"])).unwrap_or_default();
            format!("{writer} ({subject})")
        });
        return Err(Step::say(format!("Which {name} {WHICH}{}?", marked.collect::<Vec<_>>().join(" or "))));
    }
    // Of one day the first, as tools list the newest first.
    let mut newest: Option<&Passage> = None;
    for mail in theirs {
        if newest.is_none_or(|known| mail.date() > known.date()) {
            newest = Some(mail);
        }
    }
    newest.ok_or_else(|| Step::say(format!("I found no mail of {name}.")))
}
