//! The advisor's tasks, newest first.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::model::TaskId;
use shared::model::task::{State, Task};
use shared::store::tasks;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/api/tasks", |app, call| Box::pin(handler(app, call)))
    .about("tasks", "Background work, newest first.")
    .session()
    .number("limit", "How many at most.", 1..=100, 20)
    .query("state", "Only those that are pending, in_progress, waiting_for_reply, done or failed.")
    .query("cursor", "The `next_cursor` of an earlier answer.")
    .ok::<Page>()
    .refuses(&[422]);

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TaskPage")]
struct Page {
    items: Vec<Task>,
    /// For the next page; `null` on the last.
    next_cursor: Option<TaskId>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let limit = call.query_number("limit", 1..=100, 20)?;
    let state = call.query("state").map(|text| text.parse::<State>()).transpose();
    let state = state.map_err(|_| {
        Error::invalid_query("state", "must be pending, in_progress, waiting_for_reply, done or failed.")
    })?;
    let cursor = call.query("cursor").map(|text| text.parse::<TaskId>()).transpose();
    let cursor = cursor.map_err(|_| Error::invalid_query("cursor", "must be the next_cursor of an earlier answer."))?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let mut items = tasks::list(&tenant, state, cursor, limit + 1).await?;

    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = items.last().filter(|_| more).map(|task| task.id);
    Reply::json(&Page { items, next_cursor })
}
