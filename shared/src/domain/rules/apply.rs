//! Does what a policy says about one event: proposes its writes, and adds tasks for what the assistant is to do. All in the
//! transaction of the caller.

use serde_json::{Value, json};

use super::plan::{Step, plan};
use super::situation::Situation;
use crate::domain::actions::policy::Context;
use crate::domain::actions::{self, Proposal, Proposed};
use crate::error::{Kind, Result};
use crate::model::action::Origin;
use crate::model::rule::{Policy, Rule};
use crate::model::task::Claim;
use crate::model::{ActionId, TaskId};
use crate::store::tasks::{self, Origin as TaskOrigin};
use crate::store::{Tenant, rules};

/// What was done.
#[derive(Default)]
pub struct Applied {
    /// To be rung for after the commit.
    pub bells: Vec<TaskId>,
    /// One for each thing, for the record.
    pub results: Vec<Value>,
}

/// `depth` is how many tasks of our own stand above the event.
pub async fn apply(
    db: &Tenant<'_>,
    claim: &Claim,
    rule: &Rule,
    policy: &Policy,
    situation: &Situation,
    depth: i32,
) -> Result<Applied> {
    let event = situation.event.id;
    let origin = Origin::Rule { rule: rule.id, event };
    let mut applied = Applied::default();
    let mut writes = 0;
    for (at, step) in plan(situation, rule.id, policy).into_iter().enumerate() {
        let result = match step {
            Step::Write(action) => {
                // No model had a say in what it is or whom it reaches: that is what the advisor confirmed.
                let context = Context { tainted: true, words: &[], standing: rule.confirmed, before: writes };
                writes += 1;
                let id = ActionId::derived(situation.event.created_at, &format!("rule:{}:{event}:{at}", rule.id));
                let proposal =
                    Proposal { id, action: &action, origin: &origin, context, cause: Some((claim.id, depth)) };
                match actions::propose(db, &proposal).await {
                    Ok(Proposed::Waiting(kept)) => json!({ "action_id": kept.id, "state": "waiting" }),
                    Ok(Proposed::Going(kept, task)) => {
                        applied.bells.push(task);
                        json!({ "action_id": kept.id, "state": "going" })
                    }
                    // A cap: what it kept from happening is told, and the rest goes on.
                    Err(error) if error.kind == Kind::Forbidden => json!({ "refused": error.detail }),
                    Err(error) => return Err(error),
                }
            }
            Step::Task(job) => {
                let dedupe_key = Some(format!("rule:{}:{event}:{at}", rule.id));
                let origin = TaskOrigin { dedupe_key, cause: Some((claim.id, depth)) };
                let task = tasks::insert(db, &job, &origin).await?;
                applied.bells.extend(task);
                json!({ "task_id": task, "task_type": job.name() })
            }
            Step::Log(message) => {
                tracing::info!(rule.id = %rule.id, event.id = %event, "a standing instruction has something to log");
                json!({ "logged": message })
            }
            Step::Skip(why) => json!({ "skipped": why }),
        };
        applied.results.push(result);
    }
    rules::triggered(db, rule.id).await?;
    Ok(applied)
}
