//! What was asked and answered before.

pub mod create;
pub mod delete;
pub mod list;
pub mod messages;

use serde_json::{Value, json};
use shared::store::conversations::Conversation;

/// As the frontend's types have it.
fn shown(conversation: &Conversation) -> Value {
    json!({
        "id": conversation.id,
        "title": conversation.title,
        "lastMessage": conversation.last_message,
        "timestamp": conversation.updated_at,
    })
}
