//! What is counted, for Prometheus: of all instances together, so it does not matter which one is asked.

use http::StatusCode;
use shared::edge::{Call, Reply, Route};
use shared::store::metrics;
use shared::{App, Result};

use super::text;

pub const ROUTE: Route = Route::get("/metrics", |app, call| Box::pin(handler(app, call)))
    .about("health", "What is counted, for Prometheus.")
    .operator()
    .serves("text/plain");

async fn handler(app: &App, call: Call) -> Result<Reply> {
    call.require_operator(app).await?;

    let samples = metrics::all(&app.db().await?).await?;

    Ok(Reply::body(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text::of(&samples)))
}
