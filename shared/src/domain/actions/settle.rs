//! Waiting for what comes of an action, for somebody who sits in front of it.

use std::time::{Duration, Instant};

use crate::chaos;
use crate::domain::World;
use crate::domain::tasks::run;
use crate::error::{Error, Result};
use crate::model::action::Kept;
use crate::model::{ActionId, TaskId, UserId};
use crate::store::{actions, tasks};

/// How often it is looked at while another worker has it.
const LOOK: Duration = Duration::from_millis(150);

/// Does the task here and now, unless a worker has it already, and answers how it stands after at most `patience`. What is not
/// over by then, or has to wait longer than that, goes on without us: its bell has been rung.
pub async fn settle(world: &World, owner: UserId, id: ActionId, task: TaskId, patience: Duration) -> Result<Kept> {
    let ends = Instant::now() + chaos::scaled(patience);
    loop {
        // However it is cut off, the task's lease and the sweep see to the rest.
        let left = ends.saturating_duration_since(Instant::now());
        if let Err(error) = tokio::time::timeout(left, Box::pin(run::run(world, task))).await.unwrap_or(Ok(())) {
            tracing::warn!(task.id = %task, error = ?error, "an action was not done at once");
        }
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        let (kept, sleeps) = tokio::try_join!(actions::get(&tenant, id), tasks::sleeps(&tenant, task))?;
        drop(tenant);
        drop(db);
        let kept = kept.ok_or_else(|| Error::not_found("approval"))?;
        let ends_before = |pause: Duration| Instant::now() + pause > ends;
        if kept.state.is_over() || ends_before(LOOK) || sleeps.is_some_and(ends_before) {
            return Ok(kept);
        }
        tokio::time::sleep(LOOK).await;
    }
}
