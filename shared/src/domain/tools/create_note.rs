//! `create_note`: something to remember about a contact, in HubSpot.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Caller, Run, Tool, checks, parse, schema_of};
use crate::error::{Error, Result};
use crate::model::action::Action;
use crate::model::crm::Contact;
use crate::store::contacts;

const NAME: &str = "create_note";
/// HubSpot takes 65,536 characters of HTML, of which a sign may take six.
pub(super) const MOST: usize = 10_000;

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Adds a note to one HubSpot contact.",
    schema: schema_of::<Args>,
    run: Run::Write(|caller, arguments| Box::pin(prepare(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// HubSpot's id of the contact, as search_contacts and passages give it.
    contact_id: String,
    /// Plain text.
    note_body: String,
}

async fn prepare(caller: &Caller<'_>, arguments: Value) -> Result<Action> {
    let args: Args = parse(NAME, arguments)?;
    let note_body = checks::text(NAME, "note_body", &args.note_body, MOST)?;
    let contact = known(caller, &args.contact_id).await?;
    Ok(Action::CreateNote { name: contact.name(), contact_id: contact.hubspot_id, note_body })
}

/// The advisor's contact with this id.
pub(super) async fn known(caller: &Caller<'_>, contact_id: &str) -> Result<Contact> {
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let contact = contacts::get(&tenant, contact_id.trim()).await?;
    tenant.commit().await?;
    contact.ok_or_else(|| Error::not_found("contact; search_contacts finds the id of one"))
}
