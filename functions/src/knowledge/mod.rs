//! Searching the advisor's knowledge directly, without a model that answers.

pub mod generate;
pub mod search;
pub mod stats;

use serde_json::{Value, json};
use shared::model::document::{Hit, Kind};

/// A hit in the seed's shape.
pub fn shown(hit: &Hit) -> Value {
    let mut shown = json!({
        "text": hit.text,
        "similarity": hit.similarity,
        "source_type": hit.kind.name(),
        "source_id": source_id(hit),
        "metadata": hit.metadata,
        "chunk_index": hit.ordinal,
        "created_at": hit.created_at,
    });
    shown["metadata"]["chunk_index"] = json!(hit.ordinal);
    shown["metadata"]["total_chunks"] = json!(hit.chunk_count);
    let field = |name: &str| hit.metadata.get(name).cloned().unwrap_or_default();
    match hit.kind {
        Kind::Email => {
            shown["email"] = json!({
                "subject": hit.title, "sender": field("sender"), "received_at": hit.occurred_at, "gmail_id": hit.source_id,
            });
        }
        Kind::Contact => {
            shown["contact"] = json!({
                "name": hit.title, "email": field("email"), "company": field("company"), "hubspot_id": hit.source_id,
            });
        }
        Kind::HubspotNote | Kind::Calendar => {}
    }
    shown
}

/// Ours for a mail and a contact, the provider's for the others: so the seed has it.
fn source_id(hit: &Hit) -> Value {
    let ours = match hit.kind {
        Kind::Email => hit.metadata.get("email_id"),
        Kind::Contact => hit.metadata.get("contact_id"),
        Kind::HubspotNote | Kind::Calendar => None,
    };
    ours.map_or_else(|| json!(hit.source_id), |id| json!(id.to_string()))
}
