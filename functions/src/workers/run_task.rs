//! Does the task a bell rings for.

use shared::domain::tasks::run;
use shared::edge::Consumer;
use shared::model::TaskId;
use shared::{App, Result};

pub const CONSUMER: Consumer =
    Consumer { queue: "tasks", batch_size: 1, handler: |app, task| Box::pin(handler(app, task)) };

async fn handler(app: &App, task: TaskId) -> Result<()> {
    run::run(app, task).await
}
