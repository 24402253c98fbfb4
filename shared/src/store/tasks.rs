//! The `tasks` table. The row is the truth; a message on the queue is only a bell. All times are the database's.

use std::time::Duration;

use serde_json::Value;
use tokio_postgres::Row;

use super::{Connection, Tenant};
use crate::chaos::{self, Guard};
use crate::error::Result;
use crate::model::task::{Claim, Job, State, Task};
use crate::model::{TaskId, UserId};
use crate::telemetry::family::TASKS_CREATED;

/// How a task comes to be.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The same key makes the same task, ever.
    pub dedupe_key: Option<String>,
    pub cause: Option<(TaskId, i32)>,
}

/// Adds a task that nothing else stands for.
pub async fn insert(db: &Tenant<'_>, job: &Job, origin: &Origin) -> Result<Option<TaskId>> {
    let sql = "-- tasks::insert
        insert into tasks (user_id, id, task_type, lane, payload, dedupe_key, cause_task, depth, correlation_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict on constraint tasks_dedupe_key do nothing";
    let id = TaskId::random();
    let (cause, depth) = origin.cause.map_or((None, 0), |(task, depth)| (Some(task.0), depth + 1));
    let payload = serde_json::to_value(job)?;
    let (name, lane, call) = (job.name(), job.lane(), db.correlation_id());
    let added = db
        .execute(sql, &[&db.owner.0, &id.0, &name, &lane, &payload, &origin.dedupe_key, &cause, &depth, &call])
        .await?;
    db.count(&TASKS_CREATED, &[name], added);
    Ok((added == 1).then_some(id))
}

/// Makes sure that a task of this lane is waiting: the one that waits already, or a new one.
pub async fn ensure(db: &Tenant<'_>, job: &Job) -> Result<TaskId> {
    let sql = "-- tasks::ensure
        insert into tasks as t (user_id, id, task_type, lane, payload, coalesced, correlation_id)
        values ($1, $2, $3, $4, $5, true, $6)
        on conflict (user_id, lane) where state = 'pending' and coalesced
        do update set payload = excluded.payload, run_after = least(t.run_after, now()), updated_at = now()
        returning id";
    let (id, payload) = (TaskId::random(), serde_json::to_value(job)?);
    let (name, lane, call) = (job.name(), job.lane(), db.correlation_id());
    let kept = TaskId(db.row(sql, &[&db.owner.0, &id.0, &name, &lane, &payload, &call]).await?.try_get("id")?);
    if kept == id {
        db.count(&TASKS_CREATED, &[name], 1);
    }
    Ok(kept)
}

/// Takes a due task, unless somebody else has it or has its lane. One statement, from the bell on.
pub async fn claim(db: &Connection, id: TaskId, lease: Duration) -> Result<Option<Claim>> {
    let sql = "-- tasks::claim
        select owner, payload, attempt, max_attempts, fence, correlation_id, waited from begin_task($1, $2)";
    let Some(row) = db.maybe(sql, &[&id.0, &lease.as_secs_f64()]).await? else { return Ok(None) };
    Ok(Some(Claim {
        id,
        owner: UserId(row.try_get("owner")?),
        job: serde_json::from_value(row.try_get("payload")?)?,
        attempt: row.try_get("attempt")?,
        max_attempts: row.try_get("max_attempts")?,
        fence: row.try_get("fence")?,
        correlation_id: row.try_get("correlation_id")?,
        waited: Duration::try_from_secs_f64(row.try_get("waited")?).unwrap_or_default(),
    }))
}

/// Extends the lease; `false` when the task was lost to somebody else.
pub async fn heartbeat(db: &Tenant<'_>, claim: &Claim, lease: Duration) -> Result<bool> {
    let sql = "-- tasks::heartbeat
        update tasks set lease_until = now() + make_interval(secs => $4)
         where user_id = $1 and id = $2 and fence = $3 and state = 'in_progress'";
    Ok(is_ours(db.execute(sql, &[&db.owner.0, &claim.id.0, &claim.fence, &lease.as_secs_f64()]).await?))
}

/// Keeps the task, and its row, until the transaction ends, and the lease for at least so long. `false` when it was lost to
/// somebody else.
pub async fn hold(db: &Tenant<'_>, claim: &Claim, at_least: Duration) -> Result<bool> {
    let sql = "-- tasks::hold
        update tasks set lease_until = greatest(lease_until, now() + make_interval(secs => $4))
         where user_id = $1 and id = $2 and fence = $3 and state = 'in_progress'";
    Ok(is_ours(db.execute(sql, &[&db.owner.0, &claim.id.0, &claim.fence, &at_least.as_secs_f64()]).await?))
}

/// Whether a claim's own row was found: the fence.
fn is_ours(rows: u64) -> bool {
    rows == 1 || !chaos::stands(Guard::Fence)
}

/// What becomes of a task that somebody worked on.
#[derive(Debug, Clone)]
pub enum Outcome {
    Done(Value),
    /// It goes on later, having got somewhere: this try does not count.
    Again {
        after: Duration,
        progress: Value,
    },
    /// It has to wait, and gets nowhere until then: this try does not count, and those before it still do.
    Wait {
        after: Duration,
        why: String,
    },
    /// It is tried again.
    Retry {
        after: Duration,
        error: String,
    },
    Failed {
        error: String,
    },
    /// There is no task any more, nor anything else of the advisor's.
    Gone,
}

/// What came of writing an outcome.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// Where a newer task of the lane does the rest, it is done, whatever the outcome was.
    pub state: State,
    /// The task of this lane that waited for this one to end.
    pub next: Option<TaskId>,
}

/// Writes the outcome; `None` when the task was lost to somebody else, whose outcome counts.
pub async fn finish(db: &Connection, claim: &Claim, outcome: &Outcome) -> Result<Option<Ended>> {
    let (state, after, result, error, attempt) = match outcome {
        Outcome::Done(result) => (State::Done, Duration::ZERO, Some(result), None, claim.attempt),
        Outcome::Again { after, progress } => (State::Pending, *after, Some(progress), None, 0),
        Outcome::Wait { after, why } => (State::Pending, *after, None, Some(why), claim.attempt - 1),
        Outcome::Retry { after, error } => (State::Pending, *after, None, Some(error), claim.attempt),
        Outcome::Failed { error } => (State::Failed, Duration::ZERO, None, Some(error), claim.attempt),
        // There is no row left to write it to.
        Outcome::Gone => return Ok(None),
    };
    let sql = "-- tasks::finish\nselect ended, next from end_task($1, $2, $3, $4, $5, $6, $7, $8)";
    let (owner, id) = (claim.owner.0, claim.id.0);
    let params: super::db::Params<'_> =
        &[&owner, &id, &claim.fence, &state.name(), &after.as_secs_f64(), &result, &error, &attempt];
    let row = db.row(sql, params).await?;
    let Some(ended) = row.try_get::<_, Option<&str>>("ended")? else { return Ok(None) };
    Ok(Some(Ended { state: ended.parse()?, next: row.try_get::<_, Option<_>>("next")?.map(TaskId) }))
}

/// Remembers that the bell was rung for it.
pub async fn rung(db: &Tenant<'_>, id: TaskId) -> Result<()> {
    db.execute(
        "-- tasks::rung\nupdate tasks set rung_at = now() where user_id = $1 and id = $2",
        &[&db.owner.0, &id.0],
    )
    .await?;
    Ok(())
}

/// Takes back what lost its worker, and answers all tasks that are due and were not rung for within `ring_again`.
pub async fn sweep(db: &Connection, ring_again: Duration, most: i32) -> Result<Vec<TaskId>> {
    let sql = "-- tasks::sweep\nselect lookup.sweep_counted(make_interval(secs => $1), $2) as id";
    let rows = db.rows(sql, &[&ring_again.as_secs_f64(), &most]).await?;
    rows.iter().map(|row| Ok(TaskId(row.try_get("id")?))).collect()
}

/// How long it is until a task that waits may go on; `None` when it does not wait for that.
pub async fn sleeps(db: &Tenant<'_>, id: TaskId) -> Result<Option<Duration>> {
    let sql = "-- tasks::sleeps
        select extract(epoch from run_after - now())::float8 as left from tasks
         where user_id = $1 and id = $2 and state = 'pending' and run_after > now() + interval '1 second'";
    let row = db.maybe(sql, &[&db.owner.0, &id.0]).await?;
    Ok(row.map(|row| row.try_get("left").map(Duration::from_secs_f64)).transpose()?)
}

/// Ends all tasks at once, whoever is at one. The lease stays: by its end a worker has noticed.
pub async fn cancel_all(db: &Tenant<'_>, why: &str) -> Result<u64> {
    let sql = "-- tasks::cancel_all
        update tasks set state = 'failed', fence = fence + 1, last_error = $2, completed_at = now(), updated_at = now()
         where user_id = $1 and state in ('pending', 'in_progress', 'waiting_for_reply')";
    db.execute(sql, &[&db.owner.0, &why]).await
}

/// How long it takes until nobody can be at work any more who was when all tasks were cancelled.
pub async fn still_at_work(db: &Tenant<'_>, but: TaskId) -> Result<Option<Duration>> {
    let sql = "-- tasks::still_at_work
        select extract(epoch from max(lease_until) - now())::float8 as left from tasks
         where user_id = $1 and id <> $2 and lease_until > now()";
    let left: Option<f64> = db.row(sql, &[&db.owner.0, &but.0]).await?.try_get("left")?;
    Ok(left.map(Duration::from_secs_f64))
}

/// Forgets some of all but this one; answers how many.
pub async fn erase(db: &Tenant<'_>, but: TaskId, most: i64) -> Result<u64> {
    let sql = "-- tasks::erase
        delete from tasks where user_id = $1 and id in
            (select id from tasks where user_id = $1 and id <> $2 and (lease_until is null or lease_until <= now()) limit $3)";
    db.execute(sql, &[&db.owner.0, &but.0, &most]).await
}

const COLUMNS: &str =
    "id, task_type, state, attempt, max_attempts, result, last_error, run_after, created_at, updated_at, completed_at";

pub async fn get(db: &Tenant<'_>, id: TaskId) -> Result<Option<Task>> {
    let sql = format!("-- tasks::get\nselect {COLUMNS} from tasks where user_id = $1 and id = $2");
    db.maybe(&sql, &[&db.owner.0, &id.0]).await?.as_ref().map(task).transpose()
}

/// The newest of its kind.
pub async fn newest(db: &Tenant<'_>, task_type: &str) -> Result<Option<Task>> {
    let sql = format!(
        "-- tasks::newest
        select {COLUMNS} from tasks where user_id = $1 and task_type = $2 order by id desc limit 1"
    );
    db.maybe(&sql, &[&db.owner.0, &task_type]).await?.as_ref().map(task).transpose()
}

/// Newest first, from after `before` on.
pub async fn list(db: &Tenant<'_>, state: Option<State>, before: Option<TaskId>, limit: i64) -> Result<Vec<Task>> {
    // Ids are UUIDs of version 7: their order is that of their making.
    let sql = format!(
        "-- tasks::list
        select {COLUMNS} from tasks
         where user_id = $1 and ($2::text is null or state = $2) and ($3::uuid is null or id < $3)
         order by id desc limit $4"
    );
    let rows = db.rows(&sql, &[&db.owner.0, &state.map(State::name), &before.map(|id| id.0), &limit]).await?;
    rows.iter().map(task).collect()
}

fn task(row: &Row) -> Result<Task> {
    Ok(Task {
        id: TaskId(row.try_get("id")?),
        task_type: row.try_get("task_type")?,
        state: row.try_get::<_, &str>("state")?.parse()?,
        attempts: row.try_get("attempt")?,
        max_attempts: row.try_get("max_attempts")?,
        result: row.try_get("result")?,
        last_error: row.try_get("last_error")?,
        scheduled_for: row.try_get("run_after")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        completed_at: row.try_get("completed_at")?,
    })
}
