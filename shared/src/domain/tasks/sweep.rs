//! The clock's part: rings for tasks whose bell was lost, takes back those whose worker was, and forgets what has had its time.

use std::time::Duration;

use futures::{StreamExt, stream};
use jiff::SignedDuration;

use crate::chaos;
use crate::domain::accounts::erase;
use crate::domain::{World, inbound};
use crate::error::Result;
use crate::store::{idempotency_keys, metrics, oauth_states, rate_limits, request_windows, sessions, tasks};

/// A bell this old was not heard.
const RING_AGAIN: Duration = Duration::from_secs(60);
/// In one sweep; the next takes the rest.
const MOST: i32 = 500;
/// Bells rung at once.
const AT_ONCE: usize = 16;
/// For how long an answer can be asked for again.
const IDEMPOTENCY: SignedDuration = SignedDuration::from_hours(24);
/// For how long a session that is over is known: a token of it that turns up is in the log as what it is.
const ENDED_SESSION: SignedDuration = SignedDuration::from_hours(24);

pub async fn sweep(world: &World) -> Result<()> {
    let db = world.db().await?;
    let due = tasks::sweep(&db, chaos::scaled(RING_AGAIN.min(world.config.lock_timeout)), MOST).await?;
    oauth_states::forget(&db, world.now()).await?;
    sessions::forget(&db, world.now() - ENDED_SESSION).await?;
    rate_limits::forget(&db).await?;
    request_windows::forget(&db).await?;
    metrics::forget(&db).await?;
    idempotency_keys::forget(&db, world.now() - IDEMPOTENCY).await?;
    drop(db);
    inbound::forget(world).await?;
    erase::go_on(world).await?;

    if !due.is_empty() {
        tracing::info!(tasks = due.len(), "rang for tasks that were due");
    }
    // A queue that does not answer is waited for each time: one after the other, that would take longer than the function may.
    stream::iter(due).for_each_concurrent(AT_ONCE, |task| world.ring(task, Duration::ZERO)).await;
    Ok(())
}
