//! The advisor's tasks, newest first.

use serde_json::json;
use shared::edge::{Call, Reply, Route};
use shared::model::TaskId;
use shared::model::task::State;
use shared::store::tasks;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/api/tasks", |app, call| Box::pin(handler(app, call)));

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let limit = call.query_number("limit", 1..=100, 20)?;
    let state = call.query("state").map(|text| text.parse::<State>()).transpose();
    let state = state
        .map_err(|_| Error::invalid("state", "must be pending, in_progress, waiting_for_reply, done or failed."))?;
    let cursor = call.query("cursor").map(|text| text.parse::<TaskId>()).transpose();
    let cursor = cursor.map_err(|_| Error::invalid("cursor", "must be the next_cursor of an earlier answer."))?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let mut items = tasks::list(&tenant, state, cursor, limit + 1).await?;
    tenant.commit().await?;

    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = items.last().filter(|_| more).map(|task| task.id);
    Reply::json(&json!({ "items": items, "next_cursor": next_cursor }))
}
