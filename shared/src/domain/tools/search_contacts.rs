//! `search_contacts`: people in HubSpot, by name, address, company or phone, and by what is known of them.

use std::collections::BTreeMap;

use jiff::{Timestamp, Zoned};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, Output, Run, Tool, limit, parse, schema_of};
use crate::domain::crm::Directory;
use crate::domain::knowledge::retrieve::{Question, retrieve};
use crate::error::{Error, Result};
use crate::model::crm::Contact;
use crate::model::document::Kind;
use crate::store::{contacts, search};

const NAME: &str = "search_contacts";
/// As many are looked at for namesakes, however few are asked for.
const NAMESAKES: i64 = 10;

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Finds people in the advisor's HubSpot contacts by name, e-mail address, company or phone. Every word \
                  has to fit; a first name alone finds everybody of that name.",
    schema: schema_of::<Args>,
    run: Run::Read(|caller, arguments| Box::pin(run(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Name, e-mail address, company or phone, or a part of one.
    query: String,
    /// How many, 1 to 100; 5 if left out.
    limit: Option<i64>,
}

async fn run(caller: &Caller<'_>, arguments: Value) -> Result<Output> {
    let args: Args = parse(NAME, arguments)?;
    let words: Vec<String> = args.query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return Err(Error::bad_request("search_contacts needs a query that is not blank."));
    }
    let limit = limit(args.limit, 5, 100);

    let mut people = named(caller, &words, limit.max(NAMESAKES)).await?;
    if people.is_empty() {
        people = similar(caller, &args.query, limit).await?;
    }
    let doubles: Vec<Contact> = namesakes(&words, &people).into_iter().cloned().collect();
    // Whoever has to choose has to see all.
    let shown = if doubles.is_empty() { usize::try_from(limit).unwrap_or(5) } else { doubles.len().max(5) };
    people.truncate(shown);

    let ids: Vec<String> = people.iter().map(|contact| contact.hubspot_id.clone()).collect();
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let employers = people.iter().flat_map(|contact| contact.company_ids.clone()).collect();
    let directory = Directory::of(&tenant, Vec::new(), employers).await?;
    let hits = search::of_sources(&tenant, Kind::Contact, &ids).await?;
    let last = contacts::last_contact(&tenant, if doubles.is_empty() { &[] } else { &ids }).await?;
    tenant.commit().await?;
    let listed: Vec<Value> = people.iter().map(|contact| listed(contact, &directory)).collect();
    let summary = match (doubles.is_empty(), listed.len()) {
        (false, n) => which(n, &doubles, |contact| marks(contact, &directory, &last, &caller.now)),
        (true, 0) => "No contact was found.".into(),
        (true, 1) => "One contact was found.".into(),
        (true, n) => format!("{n} contacts were found."),
    };
    Ok(Output { summary, value: json!({ "status": "success", "total": listed.len(), "contacts": listed }), hits })
}

/// By words; an address means whoever has it, and nobody whose address is merely longer.
async fn named(caller: &Caller<'_>, words: &[String], limit: i64) -> Result<Vec<Contact>> {
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let mut people = match words {
        [address] if address.contains('@') => contacts::by_email(&tenant, address).await?,
        _ => Vec::new(),
    };
    if people.is_empty() {
        people = contacts::find(&tenant, words, limit).await?;
    }
    tenant.commit().await?;
    Ok(people)
}

/// Those who may be meant, if the query is nothing but a name that several people have. Whoever is called exactly that is
/// meant rather than somebody who is called more.
fn namesakes<'a>(words: &[String], people: &'a [Contact]) -> Vec<&'a Contact> {
    let parts = |contact: &Contact| -> Vec<String> {
        let name = format!("{} {}", contact.first_name, contact.last_name).to_lowercase();
        name.split_whitespace().map(str::to_owned).collect()
    };
    let exactly: Vec<&Contact> = people.iter().filter(|contact| parts(contact) == words).collect();
    let called: Vec<&Contact> = match exactly.is_empty() {
        true => people.iter().filter(|contact| words.iter().all(|word| parts(contact).contains(word))).collect(),
        false => exactly,
    };
    if called.len() > 1 { called } else { Vec::new() }
}

/// Asks the model to ask, and tells it with what.
fn which(found: usize, doubles: &[Contact], marks: impl Fn(&Contact) -> String) -> String {
    let lines: Vec<String> =
        doubles.iter().map(|contact| format!("| {}: {}", one_line(&contact.name()), marks(contact))).collect();
    format!(
        "{found} contacts were found, and {} of them fit the name. If the conversation does not say which one is meant, ask the \
         advisor before you do or say anything about one of them, and tell them apart by:\n{}",
        doubles.len(),
        lines.join("\n")
    )
}

/// What tells a person from a namesake.
fn marks(contact: &Contact, directory: &Directory, last: &BTreeMap<String, Timestamp>, now: &Zoned) -> String {
    let place: Vec<&str> = ["city", "state"].iter().filter_map(|name| contact.property(name)).collect();
    let spoken = last.get(&contact.hubspot_id).map(|at| at.to_zoned(now.time_zone().clone()).strftime("%-d %B %Y"));
    let facts = [
        contact.job_title.clone(),
        directory.employer(contact),
        Some(place.join(", ")),
        contact.email.clone(),
        Some(spoken.map_or_else(|| "no contact yet".into(), |day| format!("last contact on {day}"))),
        Some(format!("contact_id {}", contact.hubspot_id)),
    ];
    let known = facts.into_iter().flatten().map(|fact| one_line(&fact)).filter(|fact| !fact.is_empty());
    known.collect::<Vec<_>>().join("; ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Nobody is called that: those whose record says something like it.
async fn similar(caller: &Caller<'_>, query: &str, limit: i64) -> Result<Vec<Contact>> {
    let question = Question { text: query, kinds: &[Kind::Contact], since: None, until: None, limit };
    let found = retrieve(caller.world, caller.owner, &question).await?;
    let ids: Vec<String> =
        found.hits.into_iter().filter(|hit| hit.similarity > 0.35).map(|hit| hit.source_id).collect();
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let people = contacts::get_many(&tenant, &ids).await?;
    tenant.commit().await?;
    Ok(people)
}

pub(super) fn listed(contact: &Contact, directory: &Directory) -> Value {
    json!({
        "id": contact.hubspot_id,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "other_emails": contact.other_emails,
        "phone": contact.phone,
        "company": directory.employer(contact),
        "job_title": contact.job_title,
        "city": contact.property("city"),
        "owner": directory.owner(contact.owner_id.as_deref()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, first: &str, last: &str) -> Contact {
        Contact {
            hubspot_id: id.into(),
            first_name: first.into(),
            last_name: last.into(),
            email: None,
            other_emails: Vec::new(),
            phone: None,
            company: None,
            job_title: None,
            lifecycle_stage: None,
            owner_id: None,
            company_ids: Vec::new(),
            properties: BTreeMap::new(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_name_that_several_have_is_a_question_and_an_exact_one_is_none() {
        let people = [person("1", "Greg", "Hall"), person("2", "Greg", "Hall Brown"), person("3", "Carolyn", "Hall")];
        let of = |query: &str| {
            let words: Vec<String> = query.split(' ').map(str::to_owned).collect();
            namesakes(&words, &people).iter().map(|contact| contact.hubspot_id.clone()).collect::<Vec<_>>()
        };

        assert_eq!(of("greg"), ["1", "2"]);
        assert_eq!(of("hall"), ["1", "2", "3"]);
        assert!(of("greg hall").is_empty(), "one is called exactly that");
        assert!(of("carolyn").is_empty());
        assert!(of("greg@hall.example").is_empty(), "no name");
    }
}
