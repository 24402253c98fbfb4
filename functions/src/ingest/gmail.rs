//! Reads the mailbox, or the part of it a Gmail search names. `/api/ingest/emails` is the same.

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::edge::{Call, Reply, Route};
use shared::model::task::Job;
use shared::model::user::Provider;
use shared::{App, Result};

use super::{Begun, begin};

pub const ROUTE: Route = Route::post("/api/ingest/gmail", |app, call| Box::pin(handler(app, call)))
    .about("ingest", "Reads what is new in the mailbox, or what a Gmail search finds.")
    .session()
    .idempotent()
    .query("gmail_query", "Gmail's search; the body may name it too.")
    .optional_body::<Body>(r#"{"gmail_query": "from:sara@example.com"}"#)
    .ok::<Begun>()
    .refuses(&[400, 409]);
pub const EMAILS: Route = ROUTE.at("/api/ingest/emails");

#[derive(Deserialize, Validate, JsonSchema, Default)]
struct Body {
    /// Gmail's search syntax; the whole mailbox when left out.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    gmail_query: Option<String>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let body = if call.has_body() { call.json::<Body>()? } else { Body::default() };
    let query = body.gmail_query.or_else(|| call.query("gmail_query")).filter(|query| !query.trim().is_empty());

    let job = Job::GmailSync { query };
    let begun = begin(app, advisor, "gmail", Provider::Google, &job).await?;

    Reply::json(&begun)
}
