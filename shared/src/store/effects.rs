//! The `effects` table: every write to the outside before, during and after it happens. All times are the database's.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use super::Tenant;
use crate::chaos::{self, Guard};
use crate::error::{Error, Result};
use crate::model::TaskId;
use crate::model::task::Claim;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing of it has happened.
    Intended,
    /// It may have happened, or be about to.
    Started,
    Done,
    /// Whether it happened cannot be found out.
    Unknown,
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "intended" => Ok(Self::Intended),
            "started" => Ok(Self::Started),
            "done" => Ok(Self::Done),
            "unknown" => Ok(Self::Unknown),
            _ => Err(Error::internal("Stored data names an unknown state of an effect.")),
        }
    }
}

/// One write, as far as it has come.
#[derive(Debug, Clone)]
pub struct Effect {
    pub key: String,
    pub request_hash: Vec<u8>,
    pub state: State,
    /// Who began it last.
    pub started_fence: Option<i64>,
    /// How often it was begun.
    pub tries: i32,
    /// Such as `hubspot:contacts:501`.
    pub provider_ref: Option<String>,
    /// What the provider answered.
    pub response: Option<Value>,
    /// What it changes, as it was before.
    pub before: Option<Value>,
    /// When it was first meant to happen: the same for every try.
    pub intended_at: Timestamp,
    /// How long ago it was begun last.
    pub started_ago: Option<Duration>,
}

/// A write to be kept before it happens.
pub struct Intent<'a> {
    pub task: TaskId,
    pub step: i32,
    pub key: &'a str,
    pub request_hash: &'a [u8],
    pub before: Option<&'a Value>,
}

/// Keeps what is about to be done; what is kept already stays as it is.
pub async fn intend(db: &Tenant<'_>, new: &Intent<'_>) -> Result<()> {
    let sql = "-- effects::intend
        insert into effects (user_id, task_id, step, key, request_hash, before_image) values ($1, $2, $3, $4, $5, $6)
        on conflict (user_id, task_id, step) do nothing";
    let Intent { task, step, key, request_hash, before } = new;
    db.execute(sql, &[&db.owner.0, &task.0, step, key, request_hash, before]).await?;
    Ok(())
}

const COLUMNS: &str =
    "key, request_hash, state, started_fence, tries, provider_ref, response, before_image, created_at,
    extract(epoch from now() - started_at)::float8 as started_ago";

pub async fn get(db: &Tenant<'_>, task: TaskId, step: i32) -> Result<Option<Effect>> {
    let sql =
        format!("-- effects::get\nselect {COLUMNS} from effects where user_id = $1 and task_id = $2 and step = $3");
    db.maybe(&sql, &[&db.owner.0, &task.0, &step]).await?.as_ref().map(effect).transpose()
}

/// Begins it, in the name of a claim. `seen` is who was known to have begun it last; `makes` is what will be there, if that is
/// known. `false` when somebody else is at it.
pub async fn start(db: &Tenant<'_>, claim: &Claim, step: i32, seen: Option<i64>, makes: Option<&str>) -> Result<bool> {
    let sql = "-- effects::start
        update effects set state = 'started', started_at = now(), started_fence = $4, tries = tries + 1, provider_ref = $6
         where user_id = $1 and task_id = $2 and step = $3 and state in ('intended', 'started')
           and started_fence is not distinct from $5";
    Ok(is_ours(db.execute(sql, &[&db.owner.0, &claim.id.0, &step, &claim.fence, &seen, &makes]).await?))
}

/// Nothing came of it: it was refused. `began` is whose try it was.
pub async fn retract(db: &Tenant<'_>, task: TaskId, step: i32, began: Option<i64>) -> Result<bool> {
    let sql = "-- effects::retract
        update effects set state = 'intended', provider_ref = null
         where user_id = $1 and task_id = $2 and step = $3 and state = 'started' and started_fence is not distinct from $4";
    Ok(is_ours(db.execute(sql, &[&db.owner.0, &task.0, &step, &began]).await?))
}

/// It happened. `began` is whose try it was: `false` when somebody else has begun it since, who will find out.
pub async fn finish(
    db: &Tenant<'_>,
    task: TaskId,
    step: i32,
    began: Option<i64>,
    provider_ref: &str,
    response: &Value,
) -> Result<bool> {
    let sql = "-- effects::finish
        update effects set state = 'done', provider_ref = $5, response = $6
         where user_id = $1 and task_id = $2 and step = $3 and state = 'started' and started_fence is not distinct from $4";
    Ok(is_ours(db.execute(sql, &[&db.owner.0, &task.0, &step, &began, &provider_ref, response]).await?))
}

/// Whether a try's own row was found: the fence.
fn is_ours(rows: u64) -> bool {
    rows == 1 || !chaos::stands(Guard::Fence)
}

/// Whatever of a task was begun and did not come to an end is never known of. Answers whether there was anything.
pub async fn give_up(db: &Tenant<'_>, task: TaskId) -> Result<bool> {
    let sql = "-- effects::give_up
        update effects set state = 'unknown' where user_id = $1 and task_id = $2 and state in ('started', 'unknown')";
    Ok(db.execute(sql, &[&db.owner.0, &task.0]).await? > 0)
}

/// Forgets what was written to and read of these, which were erased where they are: only that something was written stays.
pub async fn forget(db: &Tenant<'_>, provider_refs: &[String]) -> Result<u64> {
    let sql = "-- effects::forget
        update effects set response = case when response is not null then '{}'::jsonb end, before_image = null
         where user_id = $1 and provider_ref = any($2)";
    db.execute(sql, &[&db.owner.0, &provider_refs]).await
}

/// The task that wrote this record of a provider last, such as `hubspot:contacts:501`: what is heard of it may be our own
/// doing. `within` is how long ago at most.
pub async fn author(db: &Tenant<'_>, provider_ref: &str, within: Duration) -> Result<Option<TaskId>> {
    let sql = "-- effects::author
        select task_id from effects
         where user_id = $1 and provider_ref = $2 and started_at > now() - make_interval(secs => $3)
         order by started_at desc limit 1";
    let row = db.maybe(sql, &[&db.owner.0, &provider_ref, &within.as_secs_f64()]).await?;
    Ok(row.map(|row| row.try_get("task_id").map(TaskId)).transpose()?)
}

fn effect(row: &Row) -> Result<Effect> {
    let ago: Option<f64> = row.try_get("started_ago")?;
    Ok(Effect {
        key: row.try_get("key")?,
        request_hash: row.try_get("request_hash")?,
        state: row.try_get::<_, &str>("state")?.parse()?,
        started_fence: row.try_get("started_fence")?,
        tries: row.try_get("tries")?,
        provider_ref: row.try_get("provider_ref")?,
        response: row.try_get("response")?,
        before: row.try_get("before_image")?,
        intended_at: row.try_get("created_at")?,
        started_ago: ago.map(|ago| Duration::from_secs_f64(ago.max(0.0))),
    })
}
