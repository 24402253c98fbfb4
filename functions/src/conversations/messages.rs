//! What was said last in a conversation, oldest first; the page before it is in `Link`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use shared::edge::{Call, Reply, Route};
use shared::model::ConversationId;
use shared::store::conversations;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/api/conversations/{id}/messages", |app, call| Box::pin(handler(app, call)))
    .about(
        "conversations",
        "What was said last in a conversation, oldest first; what was said before is named by `Link`.",
    )
    .session()
    .number("limit", "How many at most.", 1..=500, 200)
    .query("cursor", "Where the page of later ones began: taken from its `Link`.")
    .ok::<Vec<Message>>()
    .refuses(&[404, 422]);

/// As the frontend's types have it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    /// `user` or `assistant`.
    role: String,
    /// Markdown, with citations as `[n]`.
    content: String,
    timestamp: Timestamp,
    /// What `[n]` stands for: id, type, title, snippet, url, n.
    sources: Vec<Value>,
    /// id, name, arguments, status.
    tool_calls: Vec<Value>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let id: ConversationId = call.path("id", "conversation")?;
    let limit = call.query_number("limit", 1..=500, 200)?;
    let before = call.query("cursor").map(|text| text.parse::<i64>()).transpose();
    let before = before
        .map_err(|_| Error::invalid_query("cursor", "must be taken from the Link header of an earlier answer."))?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    if !conversations::exists(&tenant, id).await? {
        return Err(Error::not_found("conversation"));
    }
    let mut messages = conversations::messages_before(&tenant, id, before, limit + 1).await?;

    let more = messages.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        messages.remove(0);
    }
    let next = messages.first().filter(|_| more);
    let next = next.map(|first| format!("/api/conversations/{id}/messages?limit={limit}&cursor={}", first.id));
    let reply = Reply::json(&messages.into_iter().map(shown).collect::<Vec<Message>>())?;
    Ok(reply.with_next_page(next.as_deref()))
}

fn shown(message: conversations::Message) -> Message {
    let sources = message.sources.as_array().into_iter().flatten().map(|source| {
        json!({
            "id": source["source_id"], "type": source["source_type"], "title": source["title"],
            "snippet": source["text"], "url": source["url"], "n": source["n"],
        })
    });
    Message {
        id: message.id.to_string(),
        role: message.role,
        content: message.content,
        timestamp: message.created_at,
        sources: sources.collect(),
        tool_calls: message.tool_calls.as_array().cloned().unwrap_or_default(),
    }
}
