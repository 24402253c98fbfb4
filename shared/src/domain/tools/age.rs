//! What a tool found in a source that cannot be read at the moment says how old it is, to the model and to clients.

use serde_json::json;

use super::{Caller, Output};
use crate::domain::sync::{self, stale};
use crate::error::Result;

/// Where a tool looks. One that asks the provider itself is never out of date.
fn source(tool: &str) -> Option<&'static str> {
    match tool {
        "search_emails" => Some(sync::GMAIL),
        "search_calendar" => Some(sync::CALENDAR),
        "search_contacts" | "get_contact_by_id" | "get_contact_notes" | "search_deals" => Some(sync::HUBSPOT),
        _ => None,
    }
}

pub async fn mark(caller: &Caller<'_>, tool: &str, output: &mut Output) -> Result<()> {
    let Some(source) = source(tool) else { return Ok(()) };
    let stale = stale::of_advisor(caller.world, caller.owner).await?;
    if let Some(stale) = stale.iter().find(|stale| stale.source == source) {
        let note = stale.sentence(caller.now.time_zone());
        output.summary = format!("{note} Tell the advisor so.\n{}", output.summary);
        if let Some(fields) = output.value.as_object_mut() {
            fields.insert("stale".into(), json!({ "source": stale.source, "as_of": stale.as_of, "note": note }));
        }
    }
    Ok(())
}
