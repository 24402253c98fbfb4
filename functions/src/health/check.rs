//! Says that the function runs. It needs nothing else: neither the database nor a secret.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

use super::VERSION;

pub const ROUTE: Route = Route::get("/health", |app, call| Box::pin(handler(app, call)))
    .about("health", "Whether the functions run.")
    .open()
    .ok::<Health>();
pub const API: Route = ROUTE.at("/api/health");

#[derive(Serialize, JsonSchema)]
struct Health {
    status: &'static str,
    service: &'static str,
    version: &'static str,
}

async fn handler(_: &App, _: Call) -> Result<Reply> {
    Reply::json(&Health { status: "healthy", service: "financial-advisor-ai-backend", version: VERSION })
}
