//! `create_contact`: a new person in HubSpot.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::create_note::MOST;
use super::{Run, Tool, checks, contact_fields, parse, schema_of};
use crate::error::Result;
use crate::model::action::Action;

const NAME: &str = "create_contact";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Creates a contact in HubSpot, with a first note on it if notes are given. Look with search_contacts \
                  whether there is one first.",
    schema: schema_of::<Args>,
    run: Run::Write(|_, arguments| Box::pin(async { prepare(arguments) })),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    email: String,
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
    /// A first note on the contact, in plain text.
    notes: Option<String>,
}

fn prepare(arguments: Value) -> Result<Action> {
    let args: Args = parse(NAME, arguments)?;
    let given = [
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
    Ok(Action::CreateContact {
        email: checks::address(NAME, "email", &args.email)?,
        properties: contact_fields::properties(NAME, &given)?,
        note: checks::maybe(NAME, "notes", args.notes.as_deref(), MOST)?,
    })
}
