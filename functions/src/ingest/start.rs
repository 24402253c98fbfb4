//! Reads whichever account the body names.

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::edge::{Call, Reply, Route};
use shared::model::task::Job;
use shared::model::user::Provider;
use shared::{App, Error, Result};

use super::{Begun, MOST, begin, check_calendar};

pub const ROUTE: Route = Route::post("/api/ingest", |app, call| Box::pin(handler(app, call)))
    .about("ingest", "Reads whichever account the body names.")
    .session()
    .body::<Body>(r#"{"source": "calendar"}"#)
    .ok::<Begun>()
    .refuses(&[400, 409]);

#[derive(Deserialize, Validate, JsonSchema)]
struct Body {
    #[garde(length(chars, max = 50))]
    source: String,
    /// Taken and not needed: a reading ends when everything is read.
    #[garde(range(min = 1, max = MOST))]
    #[serde(default)]
    max_results: Option<i64>,
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    gmail_query: Option<String>,
    #[garde(length(chars, max = 250))]
    #[serde(default)]
    calendar_id: Option<String>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let body: Body = call.json()?;
    let (provider, job) = match body.source.as_str() {
        "gmail" => {
            let query = body.gmail_query.filter(|query| !query.trim().is_empty());
            (Provider::Google, Job::GmailSync { query })
        }
        "calendar" => {
            check_calendar(app, advisor, body.calendar_id.as_deref()).await?;
            (Provider::Google, Job::CalendarSync {})
        }
        "hubspot" => (Provider::HubSpot, Job::HubspotSync {}),
        other => {
            let detail = format!("Invalid source: {other}. Must be one of: gmail, calendar, hubspot");
            return Err(Error::bad_request(detail));
        }
    };

    let begun = begin(app, advisor, &body.source, provider, &job).await?;

    Reply::json(&begun)
}
