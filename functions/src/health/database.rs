//! How the database is. Which one it is and how busy is told to operators alone; to anybody else, whether it answers.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::store::db::About;
use shared::store::metrics::{self, Queue};
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
    /// Tasks that are due or waited for, by state.
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<BTreeMap<String, i64>>,
    /// For how long the task that waits longest has been due.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_due_seconds: Option<u64>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let is_operator = call.is_operator(app).await.unwrap_or(false);

    let asked = tokio::time::timeout(PATIENCE, async {
        let db = app.db().await?;
        let about = db.about().await?;
        let queue = if is_operator { Some(metrics::queue(&db).await?) } else { None };
        Ok((about, queue))
    });
    let about: Result<(About, Option<Queue>)> =
        asked.await.unwrap_or_else(|_| Err(Error::internal("The database does not answer in time.")));

    let (status, health, details) = match about {
        Ok((about, queue)) => {
            let details = Details {
                connection: "connected",
                version: about.version,
                active_connections: about.connections.to_string(),
                oldest_due_seconds: queue.as_ref().map(|queue| queue.oldest_due.as_secs()),
                tasks: queue.map(|queue| queue.tasks.into_iter().collect()),
            };
            (StatusCode::OK, "healthy", details)
        }
        Err(error) => {
            tracing::error!(error = ?error, "the database does not answer");
            let (version, active_connections) = ("unknown".into(), "unknown".into());
            let details = Details {
                connection: "disconnected",
                version,
                active_connections,
                tasks: None,
                oldest_due_seconds: None,
            };
            (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", details)
        }
    };
    Reply::json_with(status, &Health { status: health, details: is_operator.then_some(details) })
}
