//! Whether providers can be heard, and how many deliveries would be known again.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::store::webhook_events;
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/webhooks/health", |app, call| Box::pin(handler(app, call)))
    .about("webhooks", "Whether providers can be heard, and how many deliveries would be known again.")
    .ok::<Health>();

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WebhooksHealth")]
struct Health {
    status: &'static str,
    webhooks: [&'static str; 3],
    replay_protection: ReplayProtection,
}

#[derive(Serialize, JsonSchema)]
struct ReplayProtection {
    /// Deliveries of the last thirty days.
    processed_count: i64,
    max_capacity: i64,
}

/// Deliveries are remembered for thirty days, however many there are: the largest number every client can read.
const CAPACITY: i64 = (1 << 53) - 1;

async fn handler(app: &App, _call: Call) -> Result<Reply> {
    let db = app.db().await?;
    let remembered = webhook_events::remembered(&db).await?;

    Reply::json(&Health {
        status: "healthy",
        webhooks: ["hubspot", "gmail", "calendar"],
        replay_protection: ReplayProtection { processed_count: remembered, max_capacity: CAPACITY },
    })
}
