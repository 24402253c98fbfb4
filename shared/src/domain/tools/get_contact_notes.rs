//! `get_contact_notes`: what was noted on a HubSpot contact.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, Output, Run, Tool, limit, parse, schema_of};
use crate::domain::crm::Directory;
use crate::error::{Error, Result};
use crate::model::document::Kind;
use crate::store::{contacts, notes, search};

const NAME: &str = "get_contact_notes";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Gives the notes on one HubSpot contact, newest first.",
    schema: schema_of::<Args>,
    run: Run::Read(|caller, arguments| Box::pin(run(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// HubSpot's id of the contact, as search_contacts and passages give it.
    contact_id: String,
    /// How many, 1 to 50; 20 if left out.
    limit: Option<i64>,
}

async fn run(caller: &Caller<'_>, arguments: Value) -> Result<Output> {
    let args: Args = parse(NAME, arguments)?;
    let contact_id = args.contact_id.trim();

    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let contact = contacts::get(&tenant, contact_id).await?;
    let contact = contact.ok_or_else(|| Error::not_found("contact; search_contacts finds the id of one"))?;
    let notes = notes::of_contact(&tenant, contact_id, limit(args.limit, 20, 50)).await?;
    let ids: Vec<String> = notes.iter().map(|note| note.hubspot_id.clone()).collect();
    let hits = search::of_sources(&tenant, Kind::HubspotNote, &ids).await?;
    let directory = Directory::of(&tenant, Vec::new(), Vec::new()).await?;
    tenant.commit().await?;

    let listed = notes.iter().map(|note| {
        let owner = directory.owner(note.owner_id.as_deref());
        json!({ "note_id": note.hubspot_id, "body": note.body, "timestamp": note.noted_at, "owner": owner })
    });
    let listed: Vec<Value> = listed.collect();
    Ok(Output {
        summary: match listed.len() {
            0 => format!("There are no notes on {}.", contact.name().replace(['\n', '\r'], " ")),
            n => format!("{n} notes were found."),
        },
        value: json!({ "status": "success", "contact_id": contact_id, "total": listed.len(), "notes": listed }),
        hits,
    })
}
