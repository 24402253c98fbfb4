//! How the database is. Which one it is and how busy is told to operators alone; to anybody else, whether it answers.

use std::time::Duration;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::store::db::About;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/health/database", |app, call| Box::pin(handler(app, call)))
    .about("health", "How the database is; with METRICS_TOKEN as a bearer, in detail.")
    .open()
    .ok::<Health>()
    .answers::<Health>(503);

const PATIENCE: Duration = Duration::from_millis(2500);

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DatabaseHealth")]
struct Health {
    /// `healthy` or `unhealthy`.
    status: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

/// For operators.
#[derive(Serialize, JsonSchema)]
struct Details {
    /// `connected` or `disconnected`.
    connection: &'static str,
    version: String,
    /// A number, as text: so the seed has it.
    active_connections: String,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let is_operator = call.is_operator(app).await.unwrap_or(false);

    let asked = tokio::time::timeout(PATIENCE, async { app.db().await?.about().await }).await;
    let about: Result<About> = asked.unwrap_or_else(|_| Err(Error::internal("The database does not answer in time.")));

    let (status, health, details) = match about {
        Ok(about) => {
            let active_connections = about.connections.to_string();
            let details = Details { connection: "connected", version: about.version, active_connections };
            (StatusCode::OK, "healthy", details)
        }
        Err(error) => {
            tracing::error!(error = ?error, "the database does not answer");
            let (version, active_connections) = ("unknown".into(), "unknown".into());
            let details = Details { connection: "disconnected", version, active_connections };
            (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", details)
        }
    };
    Reply::json_with(status, &Health { status: health, details: is_operator.then_some(details) })
}
