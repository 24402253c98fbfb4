//! How much of the advisor's knowledge can be searched by meaning.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::model::UserId;
use shared::model::document::Kind;
use shared::store::documents;
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/embeddings/stats", |app, call| Box::pin(handler(app, call)))
    .about("embeddings", "How much can be searched by meaning.")
    .session()
    .ok::<Stats>();

/// Vectors, and the chunks that still wait for one.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "VectorStats")]
struct Stats {
    user_id: UserId,
    total_vectors: i64,
    email_vectors: i64,
    contact_vectors: i64,
    note_vectors: i64,
    calendar_vectors: i64,
    deal_vectors: i64,
    company_vectors: i64,
    waiting: i64,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let counts = documents::counts(&tenant).await?;

    let of = |kind| counts.iter().filter(|count| count.kind == kind).map(|count| count.embedded).sum::<i64>();
    Reply::json(&Stats {
        user_id: advisor.id,
        total_vectors: counts.iter().map(|count| count.embedded).sum(),
        email_vectors: of(Kind::Email),
        contact_vectors: of(Kind::Contact),
        note_vectors: of(Kind::HubspotNote),
        calendar_vectors: of(Kind::Calendar),
        deal_vectors: of(Kind::HubspotDeal),
        company_vectors: of(Kind::HubspotCompany),
        waiting: counts.iter().map(|count| count.chunks - count.embedded).sum(),
    })
}
