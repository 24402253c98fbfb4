//! Sees to it that everything that was read gets its vectors. They are made by a task; what has one keeps it.

use std::time::Duration;

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::edge::{Call, Reply, Route};
use shared::model::TaskId;
use shared::model::document::Kind;
use shared::model::task::Job;
use shared::store::{documents, tasks};
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::post("/api/embeddings/generate", |app, call| Box::pin(handler(app, call)))
    .about("embeddings", "Makes the vectors that are missing.")
    .session()
    .optional_body::<Body>(r#"{"source_type": "all", "batch_size": 50}"#)
    .ok::<Embedding>()
    .refuses(&[400]);

#[derive(Deserialize, Validate, JsonSchema)]
#[serde(default)]
struct Body {
    #[garde(skip)]
    source_type: String,
    /// Taken for the sake of older clients; batches are sized by what the vendor takes.
    #[garde(range(min = 1, max = 100))]
    batch_size: i64,
}

impl Default for Body {
    fn default() -> Self {
        Self { source_type: "all".into(), batch_size: 50 }
    }
}

#[derive(Serialize, JsonSchema)]
struct Embedding {
    status: &'static str,
    message: &'static str,
    job_id: TaskId,
    /// Totals of one kind, or of each kind and of all, as asked.
    stats: Value,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let body = if call.has_body() { call.json::<Body>()? } else { Body::default() };
    let kinds: &[Kind] = match body.source_type.as_str() {
        "emails" => &[Kind::Email],
        "contacts" => &[Kind::Contact],
        "all" => &Kind::ALL,
        _ => return Err(Error::bad_request("Invalid source_type: it must be emails, contacts or all.")),
    };

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let counts = documents::counts(&tenant).await?;
    let task = tasks::ensure(&tenant, &Job::Embed {}).await?;
    tenant.commit().await?;
    app.ring(task, Duration::ZERO).await;

    let stats = |kind: Kind, total: &str| -> Value {
        let count = counts.iter().find(|count| count.kind == kind);
        json!({
            total: count.map_or(0, |c| c.documents),
            "total_chunks": count.map_or(0, |c| c.chunks),
            "total_vectors": count.map_or(0, |c| c.embedded),
            "errors": 0,
        })
    };
    let sum = |of: fn(&documents::Count) -> i64| counts.iter().filter(|c| kinds.contains(&c.kind)).map(of).sum::<i64>();
    let stats = match body.source_type.as_str() {
        "emails" => stats(Kind::Email, "total_emails"),
        "contacts" => stats(Kind::Contact, "total_contacts"),
        _ => json!({
            "emails": stats(Kind::Email, "total_emails"),
            "contacts": stats(Kind::Contact, "total_contacts"),
            "total_items": sum(|c| c.documents),
            "total_chunks": sum(|c| c.chunks),
            "total_vectors": sum(|c| c.embedded),
            "total_errors": 0,
        }),
    };
    let message = "Vectors are being made for everything that has none yet.";
    Reply::json(&Embedding { status: "success", message, job_id: task, stats })
}
