//! A hit in the seed's shape.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use crate::model::document::{Hit, Kind};

/// What [`shown`] makes, for the description of the API.
#[derive(JsonSchema)]
pub struct Passage {
    /// The exact span that was found.
    pub text: String,
    /// Cosine similarity, 0 to 1.
    pub similarity: f64,
    pub source_type: String,
    pub source_id: Option<String>,
    /// By kind; always `chunk_index` and `total_chunks`.
    pub metadata: Map<String, Value>,
    pub chunk_index: Option<i32>,
    pub created_at: Option<Timestamp>,
    /// For a mail: subject, sender, received_at, gmail_id.
    #[schemars(skip_serializing_if = "Map::is_empty")]
    pub email: Map<String, Value>,
    /// For a contact: name, email, company, hubspot_id.
    #[schemars(skip_serializing_if = "Map::is_empty")]
    pub contact: Map<String, Value>,
}

/// As an item of `sources` and of search results.
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
    if let Value::Object(metadata) = &mut shown["metadata"] {
        metadata.insert("chunk_index".to_owned(), json!(hit.ordinal));
        metadata.insert("total_chunks".to_owned(), json!(hit.chunk_count));
    }
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
        Kind::HubspotNote | Kind::Calendar | Kind::HubspotDeal | Kind::HubspotCompany => {}
    }
    shown
}

/// Ours for a mail and a contact, the provider's for the others: so the seed has it.
fn source_id(hit: &Hit) -> Value {
    let ours = match hit.kind {
        Kind::Email => hit.metadata.get("email_id"),
        Kind::Contact => hit.metadata.get("contact_id"),
        Kind::HubspotNote | Kind::Calendar | Kind::HubspotDeal | Kind::HubspotCompany => None,
    };
    ours.map_or_else(|| json!(hit.source_id), |id| json!(id.to_string()))
}
