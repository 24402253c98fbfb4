//! The HubSpot side of the book: contacts, companies, notes and deals.
//!
//! An association is written on one side only: contact → company, note → contact, deal → contact and company.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::dice::{Dice, hash};
use super::mails::moment;
use super::people::Person;
use super::{Advisor, CrmObject, script, text};

/// HubSpot's id of a note, from its name in `data/notes*.txt`.
pub fn note_id(source: &str) -> String {
    numeric_id("note", source)
}

/// HubSpot's id of a contact, from the person's full name.
pub fn contact_id(name: &str) -> String {
    numeric_id("contact", name)
}

fn numeric_id(kind: &str, name: &str) -> String {
    (20_000_000_000 + hash(&format!("{kind} {name}")) % 9_000_000_000).to_string()
}

/// What each record of one owner has in common.
pub struct Owner<'a> {
    pub advisor: &'a Advisor,
    pub today: Date,
}

impl Owner<'_> {
    pub fn contacts(&self, people: &[Person]) -> Vec<CrmObject> {
        people.iter().map(|person| self.contact(person)).collect()
    }

    fn contact(&self, person: &Person) -> CrmObject {
        let mut properties = self.properties(&[
            ("firstname", person.first()),
            ("lastname", person.last()),
            ("phone", &person.phone),
            ("jobtitle", &person.job),
            ("city", &person.city),
            ("state", &person.state),
            ("country", "United States"),
            ("lifecyclestage", &person.stage),
        ]);
        if let Some((first, others)) = person.addresses.split_first() {
            properties.insert("email".into(), first.clone());
            if !others.is_empty() {
                properties.insert("hs_additional_emails".into(), others.join(";"));
            }
        }
        let company = person.company.as_ref();
        if let Some(company) = company {
            properties.insert("company".into(), company.clone());
        }

        let mut dice = Dice::new(&person.name);
        let created = if person.stage == "opportunity" { dice.between(41, 60) } else { dice.between(541, 546) };
        let updated = dice.between(2, 200);
        let companies = company.map(|name| ("companies".into(), numeric_id("company", name)));
        self.object(contact_id(&person.name), properties, (created, updated), companies.into_iter().collect())
    }

    /// One company for each employer named in the people files.
    pub fn companies(&self, people: &[Person]) -> Vec<CrmObject> {
        let named: BTreeMap<&str, &Person> =
            people.iter().filter_map(|person| Some((person.company.as_deref()?, person))).collect();

        named
            .into_iter()
            .map(|(name, person)| {
                let domain = format!("{}.example", text::slug(name));
                let properties = self.properties(&[
                    ("name", name),
                    ("domain", &domain),
                    ("city", &person.city),
                    ("state", &person.state),
                    ("country", "United States"),
                ]);
                self.object(numeric_id("company", name), properties, (500, 120), Vec::new())
            })
            .collect()
    }

    /// The notes of a file whose sections are headed `=== name | days ago | contact, contact`.
    pub fn notes(&self, file: &str) -> Vec<CrmObject> {
        script::sections(file, "=== ")
            .map(|(head, body)| {
                let cells: Vec<&str> = head.split('|').map(str::trim).collect();
                let [key, days, people] = cells[..] else {
                    panic!("a note is headed by name, days and people: {head}")
                };
                let days = days.parse().unwrap_or_else(|_| panic!("{head}: days before today is a number"));
                self.note(key, days, &people.split(',').map(str::trim).collect::<Vec<_>>(), body)
            })
            .collect()
    }

    /// A note about these contacts; the body is plain text and becomes light HTML.
    pub fn note(&self, key: &str, days: u32, people: &[&str], body: &str) -> CrmObject {
        let mut dice = Dice::new(key);
        let day = self.today.saturating_sub(i64::from(days).days());
        let body = text::html(&text::fill(body, day, &[], &mut dice));
        let when = (i8::try_from(dice.between(8, 18)).unwrap_or(9), i8::try_from(dice.between(0, 60)).unwrap_or(0));

        let at = moment(self.today, days, when);
        let properties = self.properties(&[("hs_timestamp", &at.to_string()), ("hs_note_body", &body)]);
        let contacts = people.iter().map(|name| ("contacts".to_owned(), contact_id(name))).collect();
        let note = self.object(note_id(key), properties, (days, days), contacts);
        CrmObject { created_at: at, updated_at: at, ..note }
    }

    /// The deals of a file of lines `name | stage | amount | days until it closes | contact, contact`.
    pub fn deals(&self, file: &str, people: &[Person]) -> Vec<CrmObject> {
        let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(|line| self.deal(line, people)).collect()
    }

    fn deal(&self, line: &str, people: &[Person]) -> CrmObject {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [name, stage, amount, closes, contacts] = cells[..] else { panic!("a deal has five cells: {line}") };
        let closes: i32 = closes.parse().unwrap_or_else(|_| panic!("{line}: days until it closes is a number"));
        let close_date = self.today.saturating_add(closes.days()).to_string();
        let properties = self.properties(&[
            ("dealname", name),
            ("pipeline", "default"),
            ("dealstage", stage),
            ("amount", amount),
            ("closedate", &format!("{close_date}T18:00:00Z")),
        ]);

        let mut associations = Vec::new();
        for contact in contacts.split(',').map(str::trim) {
            associations.push(("contacts".into(), contact_id(contact)));
            let employer =
                people.iter().find(|person| person.name == contact).and_then(|person| person.company.as_ref());
            associations.extend(employer.map(|company| ("companies".into(), numeric_id("company", company))));
        }
        let age = Dice::new(name).between(10, 150) + closes.min(0).unsigned_abs();
        self.object(numeric_id("deal", name), properties, (age, closes.min(-1).unsigned_abs()), associations)
    }

    fn properties(&self, pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owner = ("hubspot_owner_id", self.advisor.hubspot_owner_id.as_str());
        pairs.iter().chain([&owner]).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn object(
        &self,
        id: String,
        properties: BTreeMap<String, String>,
        (created, updated): (u32, u32),
        associations: Vec<(String, String)>,
    ) -> CrmObject {
        let at = |days| -> Timestamp { moment(self.today, days, (11, 30)) };
        CrmObject {
            portal_id: self.advisor.portal_id,
            id,
            properties,
            created_at: at(created),
            updated_at: at(updated.min(created)),
            associations,
        }
    }
}
