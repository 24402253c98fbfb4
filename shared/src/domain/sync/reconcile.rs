//! What no push told of: a message can be lost, a watch can have ended. Every account is read now and then whether anybody
//! called or not, by the same reading that a push asks for.

use std::time::Duration;

use crate::domain::World;
use crate::error::Result;
use crate::model::task::Job;
use crate::store::{connections, tasks};

/// Begun in one go; the next takes the rest.
const MOST: i32 = 500;

/// Begins the reading of every account that was not read for `SYNC_INTERVAL`.
pub async fn reconcile(world: &World) -> Result<()> {
    let mut bells = Vec::new();
    let mut db = world.db().await?;
    for (owner, task_type) in connections::due_readings(&db, world.config.sync_interval, MOST).await? {
        let source = task_type.trim_end_matches("_sync");
        let Some(job) = Job::reading(source) else { continue };
        let tenant = db.tenant(owner).await?;
        // A part of an account that was not allowed is left alone.
        if connections::list(&tenant).await?.iter().any(|connection| connection.sources().contains(&source)) {
            bells.push(tasks::ensure(&tenant, &job).await?);
        }
        tenant.commit().await?;
    }
    drop(db);
    for task in bells {
        world.ring(task, Duration::ZERO).await;
    }
    Ok(())
}
