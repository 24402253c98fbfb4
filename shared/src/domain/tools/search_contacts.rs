//! `search_contacts`: people in HubSpot, by name, address, company or phone, and by what is known of them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, Output, Run, Tool, limit, parse, schema_of};
use crate::domain::knowledge::retrieve::{Question, retrieve};
use crate::error::{Error, Result};
use crate::model::crm::Contact;
use crate::model::document::Kind;
use crate::store::{contacts, search};

const NAME: &str = "search_contacts";

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

    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let mut people = contacts::find(&tenant, &words, limit).await?;
    tenant.commit().await?;
    drop(db);
    if people.is_empty() {
        people = similar(caller, &args.query, limit).await?;
    }

    let ids: Vec<String> = people.iter().map(|contact| contact.hubspot_id.clone()).collect();
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let hits = search::of_sources(&tenant, Kind::Contact, &ids).await?;
    tenant.commit().await?;
    let listed: Vec<Value> = people.iter().map(listed).collect();
    Ok(Output {
        summary: match listed.len() {
            0 => "No contact was found.".into(),
            1 => "One contact was found.".into(),
            n => format!("{n} contacts were found."),
        },
        value: json!({ "status": "success", "total": listed.len(), "contacts": listed }),
        hits,
    })
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

pub(super) fn listed(contact: &Contact) -> Value {
    json!({
        "id": contact.hubspot_id,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "other_emails": contact.other_emails,
        "phone": contact.phone,
        "company": contact.company,
    })
}
