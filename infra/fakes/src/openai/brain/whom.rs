//! Which person a request means, among the contacts and writers the passages show.

use super::super::turn::Tool;
use super::super::words::words;
use super::arguments::addresses_in;
use super::lookup::Tried;
use super::passage::{Passage, name_of};
use super::people::mark_of;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub contact_id: Option<String>,
    pub email: Option<String>,
    /// The passage that tells of them.
    pub number: Option<u32>,
}

impl Person {
    pub fn first(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    One(Person),
    /// Their names, each with what tells it from the others.
    Several(Vec<String>),
    /// The contacts have to be searched for this.
    Search(String),
    Nobody,
}

/// Whom a name means. A first name alone, or a name nothing shows yet, is looked up first if it can be.
pub fn find(name: &str, passages: &[Passage], tools: &[Tool], tried: &Tried) -> Whom {
    let contacts: Vec<Person> = passages.iter().filter_map(contact).collect();
    let fitting = fitting(name, contacts);
    let searchable = tools.iter().find(|tool| searches(tool)).is_some_and(|tool| !tried.has(&tool.name, name));
    if searchable && (fitting.len() != 1 || !name.trim().contains(' ')) {
        return Whom::Search(name.to_owned());
    }
    match fitting.as_slice() {
        [] => writer(name, passages),
        [one] => Whom::One(one.clone()),
        several => {
            let marked = |person: &Person| match mark_of(&person.name, passages, None) {
                Some(mark) => format!("{} ({mark})", person.name),
                None => person.name.clone(),
            };
            let mut described: Vec<String> = several.iter().map(marked).collect();
            // Namesakes in full are told apart by their addresses.
            if several.iter().all(|person| person.name == several[0].name) {
                described = several
                    .iter()
                    .map(|person| format!("{} ({})", person.name, person.email.as_deref().unwrap_or("no address")))
                    .collect();
            }
            Whom::Several(described)
        }
    }
}

pub fn searches(tool: &Tool) -> bool {
    ["search_contacts", "find_contact"].contains(&tool.name.as_str())
}

/// Those the name fits: whole words if it fits anybody so, else beginnings (`Ray` for Raymond).
fn fitting(name: &str, people: Vec<Person>) -> Vec<Person> {
    let asked = words(name);
    let whole = |person: &Person| {
        let parts = words(&person.name);
        asked.iter().all(|word| parts.contains(word))
    };
    let begins = |person: &Person| {
        let parts = words(&person.name);
        asked.iter().all(|word| word.len() > 2 && parts.iter().any(|part| part.starts_with(word.as_str())))
    };
    let mut found: Vec<Person> = people.iter().filter(|person| whole(person)).cloned().collect();
    if found.is_empty() {
        found = people.into_iter().filter(begins).collect();
    }
    let mut distinct: Vec<Person> = Vec::new();
    for person in found {
        match distinct.iter_mut().find(|known| known.contact_id == person.contact_id && known.contact_id.is_some()) {
            Some(known) if known.email.is_none() => *known = person,
            Some(_) => {}
            None => distinct.push(person),
        }
    }
    distinct
}

/// The contact a passage or record tells of. Notes are of several people at once and tell of nobody's address.
pub fn contact(passage: &Passage) -> Option<Person> {
    let is_contact = passage.kind.contains("contact") && !passage.kind.contains("note");
    let contact_id = passage.field(&["contact_id", "id", "contactid", "hs_object_id"]);
    let part = |keys: &[&str]| passage.field(keys).unwrap_or_default();
    let joined = format!("{} {}", part(&["first_name", "firstname"]), part(&["last_name", "lastname"]));
    let name = passage.field(&["name", "contact"]).map_or(joined.trim().to_owned(), str::to_owned);
    if !is_contact || name.is_empty() || contact_id.is_none() && passage.field(&["email"]).is_none() {
        return None;
    }
    let address = || addresses_in(&passage.lines.join(" ")).into_iter().next();
    Some(Person {
        name,
        contact_id: contact_id.map(str::to_owned),
        email: passage.field(&["email"]).map(str::to_owned).filter(|email| email.contains('@')).or_else(address),
        number: passage.number,
    })
}

/// Somebody who is no contact but wrote.
fn writer(name: &str, passages: &[Passage]) -> Whom {
    let asked = words(name);
    let mut found: Vec<Person> = Vec::new();
    for passage in passages {
        let Some(from) = passage.field(&["from"]) else { continue };
        let (writer, address) = (name_of(from), addresses_in(from).into_iter().next());
        let parts = words(&writer);
        let is_new = found.iter().all(|known| known.email != address);
        if asked.iter().all(|word| parts.contains(word)) && address.is_some() && is_new {
            found.push(Person { name: writer, contact_id: None, email: address, number: passage.number });
        }
    }
    match found.as_slice() {
        [] => Whom::Nobody,
        [one] => Whom::One(one.clone()),
        several => {
            let marked = several
                .iter()
                .map(|person| format!("{} ({})", person.name, person.email.as_deref().unwrap_or_default()));
            Whom::Several(marked.collect())
        }
    }
}
