//! What is connected, and how far the reading of each account is.

use serde_json::{Value, json};
use shared::edge::{Call, Reply, Route};
use shared::model::user::Provider;
use shared::store::{connections, documents, sync_cursors};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/ingest/status", |app, call| Box::pin(handler(app, call)));

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let connections = connections::list(&tenant).await?;
    let progress = sync_cursors::progress(&tenant).await?;
    let counts = documents::counts(&tenant).await?;
    tenant.commit().await?;

    let working = |provider| connections.iter().any(|c| c.provider == provider && !c.needs_reconnect);
    let embedded: i64 = counts.iter().map(|count| count.embedded).sum();
    let waiting: i64 = counts.iter().map(|count| count.chunks - count.embedded).sum();
    let sources: Vec<Value> = progress.iter().map(|source| json!(source)).collect();
    Reply::json(&json!({
        "user_id": advisor.id,
        "gmail_connected": working(Provider::Google),
        "calendar_connected": working(Provider::Google),
        "hubspot_connected": working(Provider::HubSpot),
        "sources": sources,
        "documents": counts.iter().map(|count| count.documents).sum::<i64>(),
        "embedded": embedded,
        "waiting": waiting,
        // Every connected account was read to its end, and everything that was read can be found.
        "complete": waiting == 0
            && !connections.is_empty()
            && connections.iter().all(|connection| {
                let source = match connection.provider {
                    Provider::Google => "gmail",
                    Provider::HubSpot => "hubspot",
                };
                progress.iter().any(|p| p.source == source && p.synced_at.is_some())
            }),
    }))
}
