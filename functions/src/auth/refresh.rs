//! Replaces the session's token, for clients that want to do it themselves.

use serde_json::json;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::post("/api/auth/refresh", |app, call| Box::pin(handler(app, call)));

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let (_, renewed) = call.advisor_refreshing(app).await?;

    Reply::json(&json!({ "status": "ok", "renewed": renewed }))
}
