//! What waits for the advisor, newest first.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::model::ActionId;
use shared::model::action::{Kept, State};
use shared::store::actions;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/api/approvals", |app, call| Box::pin(handler(app, call)))
    .about("approvals", "Writes that wait for the advisor, newest first.")
    .session()
    .number("limit", "How many at most.", 1..=100, 20)
    .query("state", "`pending` if left out; also approved, denied, expired, done, failed, unknown, or `all`.")
    .query("cursor", "The `next_cursor` of an earlier answer.")
    .ok::<Page>()
    .refuses(&[422]);

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovalPage")]
struct Page {
    items: Vec<Kept>,
    /// For the next page; `null` on the last.
    next_cursor: Option<ActionId>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let limit = call.query_number("limit", 1..=100, 20)?;
    let state = match call.query("state").as_deref() {
        None => Some(State::Pending),
        Some("all") => None,
        Some(name) => Some(name.parse::<State>().map_err(|_| {
            Error::invalid_query("state", "must be pending, approved, denied, expired, done, failed, unknown or all.")
        })?),
    };
    let cursor = call.query("cursor").map(|text| text.parse::<ActionId>()).transpose();
    let cursor = cursor.map_err(|_| Error::invalid_query("cursor", "must be the next_cursor of an earlier answer."))?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let mut items = actions::list(&tenant, state, cursor, limit + 1).await?;

    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = items.last().filter(|_| more).map(|kept| kept.id);
    Reply::json(&Page { items, next_cursor })
}
