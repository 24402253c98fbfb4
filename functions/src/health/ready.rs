//! Says whether calls can be answered: whether the database does.

use std::time::Duration;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/ready", |app, call| Box::pin(handler(app, call)))
    .about("health", "Whether calls can be answered.")
    .open()
    .ok::<Readiness>()
    .answers::<Readiness>(503);

/// Whoever asks wants to know soon.
const PATIENCE: Duration = Duration::from_millis(2500);

#[derive(Serialize, JsonSchema)]
struct Readiness {
    /// `healthy` or `unhealthy`.
    database: &'static str,
    /// `ready` or `not ready`.
    overall: &'static str,
}

async fn handler(app: &App, _: Call) -> Result<Reply> {
    let asked = tokio::time::timeout(PATIENCE, async { app.db().await?.ping().await });

    match asked.await {
        Ok(Ok(())) => Reply::json(&Readiness { database: "healthy", overall: "ready" }),
        outcome => {
            tracing::error!(outcome = ?outcome, "the database does not answer");
            let answer = Readiness { database: "unhealthy", overall: "not ready" };
            Reply::json_with(StatusCode::SERVICE_UNAVAILABLE, &answer)
        }
    }
}
