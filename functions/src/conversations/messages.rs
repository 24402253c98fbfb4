//! What was said in a conversation, oldest first.

use serde_json::{Value, json};
use shared::edge::{Call, Reply, Route};
use shared::model::ConversationId;
use shared::store::conversations::{self, Message};
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/api/conversations/{id}/messages", |app, call| Box::pin(handler(app, call)));

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let id: ConversationId = call.path("id", "conversation")?;
    let limit = call.query_number("limit", 1..=500, 200)?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    if !conversations::exists(&tenant, id).await? {
        return Err(Error::not_found("conversation"));
    }
    let messages = conversations::messages(&tenant, id, limit).await?;
    tenant.commit().await?;

    Reply::json(&messages.iter().map(shown).collect::<Vec<Value>>())
}

/// As the frontend's types have it.
fn shown(message: &Message) -> Value {
    let each = |list: &Value, shape: fn(&Value) -> Value| -> Vec<Value> {
        list.as_array().into_iter().flatten().map(shape).collect()
    };
    json!({
        "id": message.id.to_string(),
        "role": message.role,
        "content": message.content,
        "timestamp": message.created_at,
        "sources": each(&message.sources, |source| json!({
            "id": source["source_id"], "type": source["source_type"], "title": source["title"],
            "snippet": source["text"], "url": source["url"], "n": source["n"],
        })),
        "toolCalls": each(&message.tool_calls, Clone::clone),
    })
}
