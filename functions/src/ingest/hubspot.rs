//! Reads the portal's contacts and notes. `/api/ingest/contacts` is the same.

use shared::edge::{Call, Reply, Route};
use shared::model::task::Job;
use shared::model::user::Provider;
use shared::{App, Result};

use super::{Begun, begin};

pub const ROUTE: Route = Route::post("/api/ingest/hubspot", |app, call| Box::pin(handler(app, call)))
    .about("ingest", "Reads the portal's contacts and notes.")
    .session()
    .idempotent()
    .ok::<Begun>()
    .refuses(&[400, 409]);
pub const CONTACTS: Route = ROUTE.at("/api/ingest/contacts");

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;

    let begun = begin(app, advisor, "hubspot", Provider::HubSpot, &Job::HubspotSync {}).await?;

    Reply::json(&begun)
}
