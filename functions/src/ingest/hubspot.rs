//! Reads the portal's contacts and notes. `/api/ingest/contacts` is the same.

use shared::edge::{Call, Reply, Route};
use shared::model::task::Job;
use shared::model::user::Provider;
use shared::{App, Result};

use super::begin;

pub const ROUTE: Route = Route::post("/api/ingest/hubspot", |app, call| Box::pin(handler(app, call)));
pub const CONTACTS: Route = Route::post("/api/ingest/contacts", |app, call| Box::pin(handler(app, call)));

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;

    let begun = begin(app, advisor, "hubspot", Provider::HubSpot, &Job::HubspotSync {}).await?;

    Reply::json(&begun)
}
