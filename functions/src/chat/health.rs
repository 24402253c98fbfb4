//! Says that the chat is there.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/chat/health", |app, call| Box::pin(handler(app, call)))
    .about("chat", "Whether the chat is there.")
    .open()
    .ok::<Health>();

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChatHealth")]
struct Health {
    status: &'static str,
    service: &'static str,
}

async fn handler(_: &App, _: Call) -> Result<Reply> {
    Reply::json(&Health { status: "healthy", service: "chat" })
}
