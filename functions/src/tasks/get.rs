//! One task.

use shared::edge::{Call, Reply, Route};
use shared::model::TaskId;
use shared::model::task::Task;
use shared::store::tasks;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/api/tasks/{id}", |app, call| Box::pin(handler(app, call)))
    .about("tasks", "One task: state, attempts, result, last error.")
    .session()
    .ok::<Task>()
    .refuses(&[404]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let id: TaskId = call.path("id", "task")?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let task = tasks::get(&tenant, id).await?.ok_or_else(|| Error::not_found("task"))?;

    Reply::json(&task)
}
