//! Notes, contacts and standing instructions.

use super::super::super::turn::Tool;
use super::super::super::words::words;
use super::super::arguments::Facts;
use super::super::parts::{capital, people_in, unquoted};
use super::super::resume::SAY;
use super::super::whom;
use super::super::wish::{Deed, plainly};
use super::{Case, Step, call};

pub fn note(case: &Case<'_>, tool: &Tool) -> Result<Step, Step> {
    let parts = case.parts(Deed::Note);
    let named = parts.names.first().cloned().or_else(|| people_in(&format!("- {}", parts.matter)).into_iter().next());
    let Some(name) = named else { return Ok(Step::say("Whom is the note about?")) };
    let person = case.whom(&name)?;
    if parts.matter.is_empty() {
        return Ok(Step::say(SAY));
    }
    let Some(id) = person.contact_id else { return Ok(no_contact(&person.name)) };
    Ok(call(tool, &case.facts().with("contact_id", id).with("body", capital(&parts.matter)).with("name", person.name)))
}

fn no_contact(name: &str) -> Step {
    Step::say(format!("{name} is not among your contacts in the CRM."))
}

/// What people call a contact's fields, and what the field means.
const FIELDS: [(&str, &str); 24] = [
    ("phone", "phone"),
    ("telephone", "phone"),
    ("mobile", "phone"),
    ("cell", "phone"),
    ("email", "email"),
    ("e-mail", "email"),
    ("mail", "email"),
    ("job", "job_title"),
    ("title", "job_title"),
    ("position", "job_title"),
    ("role", "job_title"),
    ("company", "company"),
    ("employer", "company"),
    ("website", "website"),
    ("city", "city"),
    ("town", "city"),
    ("state", "state"),
    ("zip", "zip_code"),
    ("postal", "zip_code"),
    ("country", "country"),
    ("stage", "lifecycle_stage"),
    ("surname", "last_name"),
    ("number", "phone"),
    ("address", "email"),
];

/// The field a text names first.
fn field_in(text: &str) -> Option<&'static str> {
    let said: Vec<String> = words(text);
    let pair = |one: &str, two: &str| said.windows(2).any(|pair| pair[0] == one && pair[1] == two);
    if pair("first", "name") {
        return Some("first_name");
    }
    if pair("last", "name") {
        return Some("last_name");
    }
    FIELDS.iter().find(|(name, _)| said.iter().any(|word| word == name)).map(|(_, meaning)| *meaning)
}

pub fn update(case: &Case<'_>, tool: &Tool) -> Result<Step, Step> {
    let parts = case.parts(Deed::UpdateContact);
    let field = field_in(&parts.head);
    // `Update Bill's record: phone 303-555-0100`
    let (field, value) = match field {
        Some(field) => (Some(field), parts.matter.clone()),
        None => {
            let named = field_in(&parts.matter);
            let rest = parts.matter.split_whitespace().skip_while(|word| {
                let word = word.to_lowercase();
                ["is", "number", "his", "her", "their", "the", "to", "title", "address", "code"]
                    .contains(&word.as_str())
                    || field_in(&word).is_some()
            });
            (named, rest.collect::<Vec<_>>().join(" "))
        }
    };
    let Some(name) = parts.names.first() else { return Ok(Step::say("Whose record should be changed?")) };
    let person = case.whom(name)?;
    let value = unquoted(&value).trim_end_matches(['.', '!']).to_owned();
    let (Some(field), false) = (field, value.is_empty()) else {
        return Ok(Step::say(format!("What should be changed in the record of {}, and to what?", person.name)));
    };
    let Some(id) = person.contact_id else { return Ok(no_contact(&person.name)) };
    Ok(call(tool, &case.facts().with("contact_id", id).with(field, value)))
}

pub fn create(case: &Case<'_>, tool: &Tool) -> Result<Step, Step> {
    let parts = case.parts(Deed::CreateContact);
    let Some(email) = parts.addresses.first() else {
        return Ok(Step::say("A contact needs an e-mail address. What is it?"));
    };
    // Somebody who is there already is not created again.
    if let Some(search) = case.tools.iter().find(|tool| whom::searches(tool)) {
        if !case.tried.has(&search.name, email) {
            return Ok(call(search, &case.facts().with("query", email.clone())));
        }
        let known = case
            .passages
            .iter()
            .filter_map(whom::contact)
            .find(|person| person.email.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(email)));
        if let Some(person) = known {
            let cited = person.number.map(|number| format!(" [{number}]")).unwrap_or_default();
            return Ok(Step::say(format!("{} with the address {email} is in your CRM already{cited}.", person.name)));
        }
    }
    let head = parts.head.replace(email.as_str(), " ");
    let (who, company) = with_company(&head);
    let names = people_in(&who);
    let (first, last) = match names.first() {
        Some(name) => {
            name.split_once(' ').map_or((Some(name.clone()), None), |(a, b)| (Some(a.to_owned()), Some(b.to_owned())))
        }
        None => (None, None),
    };
    let note = parts.matter.trim_start_matches("saying ").trim_start_matches("that ").trim_start_matches(": ");
    let facts = Facts::of(&parts.text)
        .with("email", email.clone())
        .with_some("first_name", first)
        .with_some("last_name", last)
        .with_some("company", company)
        .with_some("phone", phone_in(&parts.head))
        .with_some("notes", (!note.is_empty()).then(|| capital(note)));
    Ok(call(tool, &facts))
}

/// `Jane Doe from Acme`: the text before, and the company.
fn with_company(text: &str) -> (String, Option<String>) {
    for mark in [" works at ", " at ", " from ", " of company ", " company "] {
        if let Some((before, after)) = text.split_once(mark) {
            let company = people_in(&format!("- {after}")).into_iter().next();
            if company.is_some() {
                return (before.to_owned(), company);
            }
        }
    }
    (text.to_owned(), None)
}

/// A telephone number: a run of at least seven digits with the usual marks between.
fn phone_in(text: &str) -> Option<String> {
    let numbers = text.split(|c: char| !(c.is_ascii_digit() || "+-(). ".contains(c))).map(str::trim);
    let digits = |part: &&str| part.chars().filter(char::is_ascii_digit).count() >= 7;
    numbers.filter(digits).map(|number| number.trim_matches(['.', '-', ' ']).to_owned()).next()
}

/// The instruction in the advisor's own words.
pub fn rule(case: &Case<'_>, tool: &Tool) -> Step {
    let text = plainly(&case.wanted.text);
    const OPENERS: [&str; 10] = [
        "remember that ",
        "remember to ",
        "remember:",
        "remember,",
        "remember - ",
        "remember ",
        "add a rule:",
        "add a rule that ",
        "create a rule:",
        "new rule:",
    ];
    let lower = text.to_ascii_lowercase();
    let opener = OPENERS.iter().find(|opener| lower.starts_with(**opener)).map_or(0, |opener| opener.len());
    let said = capital(unquoted(text[opener..].trim()));
    call(tool, &case.facts().with("rule", said))
}
