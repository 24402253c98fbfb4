//! How much of the advisor's knowledge can be searched by meaning.

use serde_json::json;
use shared::edge::{Call, Reply, Route};
use shared::model::document::Kind;
use shared::store::documents;
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/embeddings/stats", |app, call| Box::pin(handler(app, call)));

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let counts = documents::counts(&tenant).await?;
    tenant.commit().await?;

    let of = |kind| counts.iter().filter(|count| count.kind == kind).map(|count| count.embedded).sum::<i64>();
    Reply::json(&json!({
        "user_id": advisor.id,
        "total_vectors": counts.iter().map(|count| count.embedded).sum::<i64>(),
        "email_vectors": of(Kind::Email),
        "contact_vectors": of(Kind::Contact),
        "note_vectors": of(Kind::HubspotNote),
        "calendar_vectors": of(Kind::Calendar),
        "waiting": counts.iter().map(|count| count.chunks - count.embedded).sum::<i64>(),
    }))
}
