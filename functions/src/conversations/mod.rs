//! What was asked and answered before.

pub mod create;
pub mod delete;
pub mod list;
pub mod messages;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::model::ConversationId;
use shared::store::conversations;

/// As the frontend's types have it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Conversation {
    id: ConversationId,
    title: String,
    last_message: Option<String>,
    timestamp: Timestamp,
}

impl From<conversations::Conversation> for Conversation {
    fn from(stored: conversations::Conversation) -> Self {
        let conversations::Conversation { id, title, last_message, updated_at } = stored;
        Self { id, title, last_message, timestamp: updated_at }
    }
}
