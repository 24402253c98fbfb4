//! `get_contact_by_id`: one HubSpot contact, whole.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, Output, Run, Tool, parse, schema_of, search_contacts};
use crate::error::{Error, Result};
use crate::model::document::Kind;
use crate::store::{contacts, search};

const NAME: &str = "get_contact_by_id";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Gives everything HubSpot has on one contact: addresses, phone, company, job title and further properties.",
    schema: schema_of::<Args>,
    run: Run::Read(|caller, arguments| Box::pin(run(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// HubSpot's id of the contact, as search_contacts and passages give it.
    contact_id: String,
}

async fn run(caller: &Caller<'_>, arguments: Value) -> Result<Output> {
    let args: Args = parse(NAME, arguments)?;

    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let contact = contacts::get(&tenant, args.contact_id.trim()).await?;
    let contact = contact.ok_or_else(|| Error::not_found("contact; search_contacts finds the id of one"))?;
    let hits = search::of_sources(&tenant, Kind::Contact, std::slice::from_ref(&contact.hubspot_id)).await?;
    tenant.commit().await?;

    let further: Vec<String> = contact
        .properties
        .iter()
        .filter(|(name, value)| !value.is_empty() && !name.starts_with("hs_"))
        .map(|(name, value)| format!("{name}: {}", value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    let mut value = search_contacts::listed(&contact);
    value["properties"] = json!(contact.properties);
    Ok(Output {
        summary: format!("The contact's properties:\n| {}", further.join("\n| ")),
        value: json!({ "status": "success", "contact": value }),
        hits,
    })
}
