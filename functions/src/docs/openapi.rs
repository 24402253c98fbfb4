//! Serves the description of the whole API.

use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

use crate::openapi;

pub const ROUTE: Route = Route::get("/openapi.json", |app, call| Box::pin(handler(app, call)))
    .about("docs", "The description of this API, as OpenAPI 3.1.")
    .open()
    .ok::<Document>();

/// Whatever OpenAPI says it is.
#[derive(schemars::JsonSchema)]
#[schemars(transparent)]
struct Document(#[expect(dead_code, reason = "only described")] serde_json::Map<String, serde_json::Value>);

async fn handler(app: &App, _: Call) -> Result<Reply> {
    Reply::json(&openapi::document(&app.config.public_url))
}
