//! What is connected, and how far the reading of each account is.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::model::UserId;
use shared::model::user::Connection;
use shared::store::sync_cursors::{self, Progress};
use shared::store::{connections, documents};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/ingest/status", |app, call| Box::pin(handler(app, call)))
    .about("ingest", "What is connected, and how far the reading of each account is.")
    .session()
    .ok::<Status>();

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IngestStatus")]
struct Status {
    user_id: UserId,
    gmail_connected: bool,
    calendar_connected: bool,
    hubspot_connected: bool,
    sources: Vec<Progress>,
    documents: i64,
    /// Chunks that can be found by meaning, and those that still wait for it.
    embedded: i64,
    waiting: i64,
    /// Every connected account was read to its end, and everything that was read can be found.
    complete: bool,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let (connections, progress, counts) =
        tokio::try_join!(connections::list(&tenant), sync_cursors::progress(&tenant), documents::counts(&tenant))?;

    let working = |source| connections.iter().any(|c| !c.needs_reconnect && c.sources().contains(&source));
    let embedded: i64 = counts.iter().map(|count| count.embedded).sum();
    let waiting: i64 = counts.iter().map(|count| count.chunks - count.embedded).sum();
    let read = |source: &str| progress.iter().any(|p| p.source == source && p.synced_at.is_some());
    let all_read = !connections.is_empty() && connections.iter().flat_map(Connection::sources).all(read);
    Reply::json(&Status {
        user_id: advisor.id,
        gmail_connected: working("gmail"),
        calendar_connected: working("calendar"),
        hubspot_connected: working("hubspot"),
        documents: counts.iter().map(|count| count.documents).sum(),
        embedded,
        waiting,
        complete: waiting == 0 && all_read,
        sources: progress,
    })
}
