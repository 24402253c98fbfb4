//! Runs one task: claim, work under a heartbeat, write the outcome, ring for what follows.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use futures::FutureExt;
use futures::future::BoxFuture;
use tracing::Instrument;

use crate::chaos;
use crate::domain::accounts::{disconnect, erase, export};
use crate::domain::agent::run::Assignment;
use crate::domain::inbound::watches;
use crate::domain::{World, actions, agent, knowledge, limits, rules, sync};
use crate::error::{Error, Result};
use crate::model::TaskId;
use crate::model::task::{Claim, Job, State};
use crate::store::tasks::{self, Outcome};
use crate::telemetry::Trail;
use crate::telemetry::emf::Metric;
use crate::telemetry::family::{ERRORS, TASK_DURATION, TASK_RETRIES, TASKS_COMPLETED};

const BACKOFF: Duration = Duration::from_secs(30);
const LONGEST_BACKOFF: Duration = Duration::from_secs(900);
/// However long the configured lease is, a lost worker is noticed after this.
const LONGEST_LEASE: Duration = Duration::from_secs(90);

/// Does the task the bell rang for. A bell for a task that is done, not due or somebody else's is no error.
pub async fn run(world: &World, id: TaskId) -> Result<()> {
    let lease = chaos::scaled(world.config.lock_timeout.min(LONGEST_LEASE));
    let Some(claim) = tasks::claim(&world.db().await?, id, lease).await? else { return Ok(()) };
    // What the task does belongs to the call it came from, however often and by whomever the bell was rung.
    let world = world.on_behalf_of(claim.correlation_id.as_deref());
    let span = tracing::info_span!(
        "task",
        task.id = %claim.id,
        task.kind = claim.job.name(),
        task.attempt = claim.attempt,
        user.id = %claim.owner,
        correlation_id = world.trail().correlation_id(),
    );
    Box::pin(claimed(&world, claim, lease)).instrument(span).await
}

async fn claimed(world: &World, claim: Claim, lease: Duration) -> Result<()> {
    let (id, begun) = (claim.id, Instant::now());
    tracing::info!(task.id = %id, task.kind = claim.job.name(), task.attempt = claim.attempt, "task started");

    // On the heap: it is as large as the largest of all kinds of work.
    let work = AssertUnwindSafe(Box::pin(work(world, &claim))).catch_unwind();
    let worked = tokio::select! {
        worked = work => worked.unwrap_or_else(|_| Err(Error::internal("The task panicked."))),
        () = beat(world, &claim, lease) => {
            tracing::warn!(task.id = %id, "the task was lost to another worker");
            return Ok(());
        }
    };
    let outcome = worked.unwrap_or_else(|error| {
        world.trail().count(&ERRORS, &["task", error.kind.code()]);
        world.trail().beside("Kind", error.kind.code());
        judge(&claim, &error)
    });
    count(world.trail(), &claim, &outcome, begun.elapsed());
    finish(world, &claim, &outcome).await
}

fn count(trail: &Trail, claim: &Claim, outcome: &Outcome, took: Duration) {
    let kind = claim.job.name();
    trail.observe(&TASK_DURATION, &[kind], took);
    trail.measure_ms(Metric::TaskDuration, took);
    // What waits on purpose, or has been tried before, is not late.
    if claim.attempt == 1 {
        trail.measure(Metric::TaskAge, claim.waited.as_secs_f64());
    }
    match outcome {
        Outcome::Done(_) | Outcome::Gone => trail.measure(Metric::TasksDone, 1.0),
        Outcome::Failed { .. } => trail.measure(Metric::TasksFailed, 1.0),
        Outcome::Retry { .. } => trail.count(&TASK_RETRIES, &[kind]),
        Outcome::Again { .. } | Outcome::Wait { .. } => {}
    }
    trail.beside("task.id", claim.id.to_string());
    trail.beside("task.kind", kind);
    trail.beside("correlation_id", trail.correlation_id());
}

async fn work(world: &World, claim: &Claim) -> Result<Outcome> {
    let worked = begun(world, claim).await;
    if let Err(error) = &worked {
        limits::heed(world, claim.owner, error).await;
        sync::note_error(world, claim, error).await;
    }
    worked
}

/// The work, on the heap, and not put together where it is waited for: there, all kinds of it would have their room on the stack.
fn begun<'a>(world: &'a World, claim: &'a Claim) -> BoxFuture<'a, Result<Outcome>> {
    match &claim.job {
        Job::GmailSync { query } => {
            chaos::swallow(query.as_deref());
            Box::pin(sync::gmail::step(world, claim.owner, query.as_deref()))
        }
        Job::CalendarSync {} => Box::pin(sync::calendar::step(world, claim.owner)),
        Job::HubspotSync {} => Box::pin(sync::hubspot::step(world, claim.owner)),
        Job::HubspotEvents { events } => Box::pin(sync::hubspot::handle(world, claim, events)),
        Job::Embed {} => Box::pin(knowledge::embed::step(world, claim)),
        Job::Watch {} => Box::pin(watches::run(world, claim.owner)),
        Job::Disconnect { provider } => Box::pin(disconnect::run(world, claim.owner, *provider)),
        Job::ExportAccount {} => Box::pin(export::step(world, claim)),
        Job::EraseAccount {} => Box::pin(erase::step(world, claim)),
        Job::PerformAction { action } => Box::pin(actions::perform::run(world, claim, *action)),
        Job::HandleEvent { event } => Box::pin(rules::handle::handle(world, claim, *event)),
        Job::JudgeRule { rule, event, policy_hash } => {
            Box::pin(rules::judge::run(world, claim, *rule, *event, policy_hash))
        }
        Job::AskModel { rule, event, prompt } => Box::pin(agent::ask::run(world, claim, *rule, *event, prompt)),
        Job::RunAgent { event, rule, instruction, kind, priority } => Box::pin(async move {
            let (event, rule, kind, priority) = (*event, *rule, kind.as_deref(), *priority);
            agent::run::run(world, claim, &Assignment { event, rule, instruction, kind, priority }).await
        }),
    }
}

/// Keeps the lease; ends when the task was lost.
async fn beat(world: &World, claim: &Claim, lease: Duration) {
    loop {
        tokio::time::sleep(lease / 3).await;
        let kept = async {
            let mut db = world.db().await?;
            let tenant = db.tenant(claim.owner).await?;
            let kept = tasks::heartbeat(&tenant, claim, lease).await?;
            tenant.commit().await?;
            Ok::<_, Error>(kept)
        };
        match kept.await {
            Ok(true) => {}
            Ok(false) => return,
            // The lease outlives two lost beats.
            Err(error) => tracing::warn!(task.id = %claim.id, error = ?error, "a heartbeat was lost"),
        }
    }
}

/// What becomes of a task that failed: what may pass is tried again, what will not pass ends.
fn judge(claim: &Claim, error: &Error) -> Outcome {
    let text = error.detail.to_string();
    if error.kind.is_retryable() && !claim.is_last_try() {
        // Whoever asks for patience gets it, however much, and not from all tasks at the same moment.
        let after = error.retry_after.unwrap_or_default() + backoff(claim.attempt);
        tracing::warn!(task.id = %claim.id, error = ?error, "task failed and will be tried again");
        return Outcome::Retry { after, error: text };
    }
    tracing::error!(task.id = %claim.id, error = ?error, "task failed");
    Outcome::Failed { error: text }
}

/// Full jitter: anything up to a bound that doubles.
fn backoff(attempt: i32) -> Duration {
    let doublings = u32::try_from(attempt.max(1) - 1).unwrap_or(0).min(10);
    let bound = chaos::scaled((BACKOFF * 2u32.pow(doublings)).min(LONGEST_BACKOFF));
    let mut byte = [0; 2];
    // Without random numbers the whole bound is waited, which is safe.
    let share = rand::fill(&mut byte).map_or(1.0, |()| f64::from(u16::from_be_bytes(byte)) / f64::from(u16::MAX));
    bound.mul_f64(share).max(Duration::from_secs(1))
}

async fn finish(world: &World, claim: &Claim, outcome: &Outcome) -> Result<()> {
    if matches!(outcome, Outcome::Gone) {
        tracing::info!(task.id = %claim.id, task.kind = claim.job.name(), "task done, and gone");
        return Ok(());
    }
    let Some(ended) = tasks::finish(&world.db().await?, claim, outcome).await? else {
        tracing::warn!(task.id = %claim.id, "a stale worker's outcome was refused");
        return Ok(());
    };
    if matches!(ended.state, State::Done | State::Failed) {
        world.trail().count(&TASKS_COMPLETED, &[claim.job.name(), ended.state.name()]);
    }
    match outcome {
        Outcome::Done(_) => tracing::info!(task.id = %claim.id, task.kind = claim.job.name(), "task done"),
        Outcome::Again { after, .. } | Outcome::Wait { after, .. } | Outcome::Retry { after, .. } => {
            // What was left to the next of its lane does not come again.
            if ended.state == State::Pending {
                world.ring(claim.id, *after).await;
            }
        }
        Outcome::Failed { .. } | Outcome::Gone => {}
    }
    if let Some(next) = ended.next {
        world.ring(next, Duration::ZERO).await;
    }
    Ok(())
}
