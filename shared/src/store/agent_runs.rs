//! The `agent_runs` table: what the assistant planned about an event before anything of it was proposed.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;
use crate::model::action::Action;
use crate::model::{EventId, RuleId, TaskId};

/// A plan to be kept.
pub struct NewRun<'a> {
    pub task: TaskId,
    pub event: EventId,
    pub rule: Option<RuleId>,
    pub instruction: &'a str,
    pub answer: &'a str,
    pub plan: &'a [Action],
    /// Tools that were called.
    pub calls: i32,
    pub tokens: i64,
}

/// A plan as it is kept.
#[derive(Debug, Clone)]
pub struct Run {
    pub answer: String,
    pub plan: Vec<Action>,
    pub is_proposed: bool,
    pub created_at: Timestamp,
}

/// Keeps a plan; the one that is kept already stays, and is answered.
pub async fn put(db: &Tenant<'_>, new: &NewRun<'_>) -> Result<Run> {
    let sql = "-- agent_runs::put
        insert into agent_runs as r (user_id, task_id, event_id, rule_id, instruction, answer, plan, calls, tokens)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (user_id, task_id) do update set updated_at = r.updated_at
        returning answer, plan, state, created_at";
    let NewRun { task, event, rule, instruction, answer, plan, calls, tokens } = new;
    let plan = serde_json::to_value(plan)?;
    let rule = rule.map(|rule| rule.0);
    run(&db.row(sql, &[&db.owner.0, &task.0, &event.0, &rule, instruction, answer, &plan, calls, tokens]).await?)
}

/// The plan of a task, which nobody else goes on from until the transaction ends.
pub async fn lock(db: &Tenant<'_>, task: TaskId) -> Result<Option<Run>> {
    let sql = "-- agent_runs::lock
        select answer, plan, state, created_at from agent_runs where user_id = $1 and task_id = $2 for update";
    db.maybe(sql, &[&db.owner.0, &task.0]).await?.as_ref().map(run).transpose()
}

/// `refusals` says of actions that could not be proposed why, by their place.
pub async fn proposed(db: &Tenant<'_>, task: TaskId, refusals: &Value) -> Result<()> {
    let sql = "-- agent_runs::proposed
        update agent_runs set state = 'proposed', refusals = $3, updated_at = now() where user_id = $1 and task_id = $2";
    db.execute(sql, &[&db.owner.0, &task.0, refusals]).await?;
    Ok(())
}

fn run(row: &Row) -> Result<Run> {
    Ok(Run {
        answer: row.try_get("answer")?,
        plan: serde_json::from_value(row.try_get("plan")?)?,
        is_proposed: row.try_get::<_, &str>("state")? == "proposed",
        created_at: row.try_get("created_at")?,
    })
}
