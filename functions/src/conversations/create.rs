//! Begins a conversation.

use garde::Validate;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::edge::{Call, Reply, Route};
use shared::model::ConversationId;
use shared::store::conversations;
use shared::{App, Result};

use super::Conversation;

pub const ROUTE: Route = Route::post("/api/conversations", |app, call| Box::pin(handler(app, call)))
    .about("conversations", "Begins a conversation.")
    .session()
    .idempotent()
    .optional_body::<Body>(r#"{"title": "Tax season"}"#)
    .answers::<Conversation>(201);

#[derive(Deserialize, Validate, JsonSchema)]
struct Body {
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    title: Option<String>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let title =
        if call.has_body() { call.json::<Body>()?.title } else { None }.unwrap_or_else(|| "New conversation".into());

    let id = ConversationId::random();
    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    conversations::start(&tenant, id, &title).await?;
    tenant.commit().await?;

    let begun = Conversation { id, title, last_message: None, timestamp: app.now() };
    Reply::json_with(StatusCode::CREATED, &begun)
}
