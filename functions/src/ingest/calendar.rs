//! Reads the advisor's calendar.

use shared::edge::{Call, Reply, Route};
use shared::model::task::Job;
use shared::model::user::Provider;
use shared::{App, Result};

use super::{Begun, MOST, begin, check_calendar};

pub const ROUTE: Route = Route::post("/api/ingest/calendar", |app, call| Box::pin(handler(app, call)))
    .about("ingest", "Reads what is new in the advisor's own calendar.")
    .session()
    .query("calendar_id", "`primary`, or the address it stands for.")
    .number("max_results", "Taken and not needed: everything is read.", 1..=MOST, 250)
    .ok::<Begun>()
    .refuses(&[400, 409, 422]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    // Clients of the seed limit how much is read; here a reading ends when everything is read, in steps.
    call.query_number("max_results", 1..=MOST, 250)?;
    check_calendar(app, advisor, call.query("calendar_id").as_deref()).await?;

    let begun = begin(app, advisor, "calendar", Provider::Google, &Job::CalendarSync {}).await?;

    Reply::json(&begun)
}
