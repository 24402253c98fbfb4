//! Does the task a bell rings for.

use shared::domain::tasks::run;
use shared::edge::Consumer;
use shared::edge::queue::bell;
use shared::{App, Result};

pub const CONSUMER: Consumer =
    Consumer { queue: "tasks", batch_size: 1, handler: |app, body| Box::pin(handler(app, body)) };

async fn handler(app: &App, body: &str) -> Result<()> {
    let task = bell(body)?;

    run::run(app, task).await
}
