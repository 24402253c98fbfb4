//! `update_contact`: other values in a HubSpot contact's fields.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::create_note::known;
use super::{Caller, Run, Tool, checks, contact_fields, parse, schema_of};
use crate::error::Result;
use crate::model::action::Action;

const NAME: &str = "update_contact";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Changes fields of one HubSpot contact. Give only what changes; what is left out stays.",
    schema: schema_of::<Args>,
    run: Run::Write(|caller, arguments| Box::pin(prepare(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// HubSpot's id of the contact, as search_contacts and passages give it.
    contact_id: String,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
    company: Option<String>,
    job_title: Option<String>,
    website: Option<String>,
    city: Option<String>,
    state: Option<String>,
    zip_code: Option<String>,
    country: Option<String>,
    /// One of HubSpot's: subscriber, lead, marketingqualifiedlead, salesqualifiedlead, opportunity, customer, evangelist,
    /// other.
    lifecycle_stage: Option<String>,
}

async fn prepare(caller: &Caller<'_>, arguments: Value) -> Result<Action> {
    let args: Args = parse(NAME, arguments)?;
    let given = [
        ("email", &args.email),
        ("first_name", &args.first_name),
        ("last_name", &args.last_name),
        ("phone", &args.phone),
        ("company", &args.company),
        ("job_title", &args.job_title),
        ("website", &args.website),
        ("city", &args.city),
        ("state", &args.state),
        ("zip_code", &args.zip_code),
        ("country", &args.country),
        ("lifecycle_stage", &args.lifecycle_stage),
    ];
    let properties = contact_fields::properties(NAME, &given)?;
    if properties.is_empty() {
        return Err(checks::wrong(NAME, "first_name", "at least one field must be given a new value."));
    }
    let contact = known(caller, &args.contact_id).await?;
    Ok(Action::UpdateContact { name: contact.name(), contact_id: contact.hubspot_id, properties })
}
