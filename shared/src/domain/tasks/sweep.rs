//! The clock's part: rings for tasks whose bell was lost, takes back those whose worker was, and sees to it that every
//! connected account is read now and then even if no provider calls.

use std::time::Duration;

use jiff::SignedDuration;

use crate::domain::World;
use crate::error::Result;
use crate::model::task::Job;
use crate::store::{connections, idempotency_keys, metrics, oauth_states, rate_limits, request_windows, tasks};

/// A bell this old was not heard.
const RING_AGAIN: Duration = Duration::from_secs(60);
/// In one sweep; the next takes the rest.
const MOST: i32 = 500;
/// For how long an answer can be asked for again.
const IDEMPOTENCY: SignedDuration = SignedDuration::from_hours(24);

pub async fn sweep(world: &World) -> Result<()> {
    let mut db = world.db().await?;
    for (owner, task_type) in connections::due_readings(&db, world.config.sync_interval, MOST).await? {
        let Some(job) = Job::reading(&task_type) else { continue };
        let tenant = db.tenant(owner).await?;
        tasks::ensure(&tenant, &job).await?;
        tenant.commit().await?;
    }
    let due = tasks::sweep(&db, RING_AGAIN.min(world.config.lock_timeout), MOST).await?;
    oauth_states::forget(&db, world.now()).await?;
    rate_limits::forget(&db).await?;
    request_windows::forget(&db).await?;
    metrics::forget(&db).await?;
    idempotency_keys::forget(&db, world.now() - IDEMPOTENCY).await?;
    drop(db);

    if !due.is_empty() {
        tracing::info!(tasks = due.len(), "rang for tasks that were due");
    }
    for task in due {
        world.ring(task, Duration::ZERO).await;
    }
    Ok(())
}
