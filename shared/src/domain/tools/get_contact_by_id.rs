//! `get_contact_by_id`: one HubSpot contact, whole.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, Output, Run, Tool, parse, schema_of, search_contacts, search_deals};
use crate::domain::crm::Directory;
use crate::error::{Error, Result};
use crate::model::crm::Company;
use crate::model::document::Kind;
use crate::store::{contacts, deals, search};

const NAME: &str = "get_contact_by_id";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Gives everything HubSpot has on one contact: addresses, phone, company, job title, further \
                  properties, whose contact it is, and the deals with it.",
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
    let ids = std::slice::from_ref(&contact.hubspot_id);
    let with = deals::about(&tenant, ids, &[]).await?;
    let people = with.iter().flat_map(|deal| deal.contact_ids.clone()).collect();
    let companies =
        with.iter().map(|deal| &deal.company_ids).chain([&contact.company_ids]).flatten().cloned().collect();
    let directory = Directory::of(&tenant, people, companies).await?;
    let mut hits = search::of_sources(&tenant, Kind::Contact, ids).await?;
    let deal_ids: Vec<String> = with.iter().map(|deal| deal.hubspot_id.clone()).collect();
    hits.extend(search::of_sources(&tenant, Kind::HubspotDeal, &deal_ids).await?);
    tenant.commit().await?;

    let owner = directory.owner(contact.owner_id.as_deref());
    let employers: Vec<String> = directory.companies(&contact.company_ids).into_iter().map(Company::name).collect();
    let mut value = search_contacts::listed(&contact, &directory);
    value["owner"] = json!(owner);
    value["companies"] = json!(employers);
    value["deals"] = with.iter().map(|deal| search_deals::listed(deal, &directory.named(deal))).collect();
    value["properties"] = json!(contact.properties);

    let plain = contact.properties.iter().filter(|(name, value)| !value.is_empty() && !is_internal(name));
    let mut lines: Vec<String> = plain.map(|(name, value)| format!("{name}: {}", one_line(value))).collect();
    lines.extend((!employers.is_empty()).then(|| format!("companies: {}", one_line(&employers.join(", ")))));
    lines.extend(owner.map(|owner| format!("owner: {}", one_line(owner))));
    lines.push(match with.len() {
        0 => "deals: none".into(),
        n => format!("deals: {n}, shown below"),
    });
    Ok(Output {
        summary: format!("The contact's properties:\n| {}", lines.join("\n| ")),
        value: json!({ "status": "success", "contact": value }),
        hits,
    })
}

/// What HubSpot keeps for itself, and ids that are said in words.
fn is_internal(property: &str) -> bool {
    property.starts_with("hs_") || property == "hubspot_owner_id"
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
