//! Says that the rules are served. In the seed another route hid this one.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/rules/health", |app, call| Box::pin(handler(app, call)))
    .about("rules", "Whether the rules are served.")
    .open()
    .ok::<Health>();

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RulesHealth")]
struct Health {
    status: &'static str,
    service: &'static str,
}

async fn handler(_: &App, _: Call) -> Result<Reply> {
    Reply::json(&Health { status: "healthy", service: "rules" })
}
