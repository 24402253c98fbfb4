//! Where to look for what.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

use super::VERSION;

pub const ROUTE: Route = Route::get("/", |app, call| Box::pin(handler(app, call)))
    .about("health", "Where to look for what.")
    .open()
    .ok::<Root>();

#[derive(Serialize, JsonSchema)]
struct Root {
    message: &'static str,
    version: &'static str,
    docs: &'static str,
    health: &'static str,
    ready: &'static str,
    metrics: &'static str,
}

async fn handler(_: &App, _: Call) -> Result<Reply> {
    Reply::json(&Root {
        message: "Financial Advisor AI Backend API",
        version: VERSION,
        docs: "/docs",
        health: "/health",
        ready: "/ready",
        metrics: "/metrics",
    })
}
