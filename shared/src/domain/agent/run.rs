//! One run: the model looks at an event and plans; then the plan is proposed.

mod plan;

use serde_json::{Map, Value, json};

use self::plan::Planned;
use crate::domain::World;
use crate::domain::actions::policy::Context;
use crate::domain::actions::{self, Proposal, Proposed};
use crate::domain::rules::handle::depth;
use crate::domain::rules::situation::Situation;
use crate::error::{Kind, Result};
use crate::model::action::Origin;
use crate::model::rule::Priority;
use crate::model::task::Claim;
use crate::model::{ActionId, EventId, RuleId, TaskId};
use crate::store::agent_runs::{self, NewRun, Run};
use crate::store::events;
use crate::store::tasks::Outcome;

/// What is to be done about what.
pub struct Assignment<'a> {
    pub event: EventId,
    pub rule: Option<RuleId>,
    pub instruction: &'a str,
    pub kind: Option<&'a str>,
    pub priority: Option<Priority>,
}

pub async fn run(world: &World, claim: &Claim, assignment: &Assignment<'_>) -> Result<Outcome> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let Some(event) = events::get(&tenant, assignment.event).await? else {
        return Ok(Outcome::Done(json!({ "answer": "What this was about is not there any more." })));
    };
    let depth = depth(&tenant, &event).await?;
    let known = agent_runs::lock(&tenant, claim.id).await?;
    let situation = Situation::of(&tenant, event).await?;
    tenant.commit().await?;
    drop(db);

    let run = match known {
        Some(run) => run,
        None => {
            keep(world, claim, assignment, &plan::make(world, claim, &situation, assignment.instruction).await?).await?
        }
    };
    let proposed = propose(world, claim, assignment, &run, depth).await?;
    for task in proposed.bells {
        world.ring(task, std::time::Duration::ZERO).await;
    }
    Ok(Outcome::Done(json!({
        "type": assignment.kind, "priority": assignment.priority, "rule_id": assignment.rule, "event_id": assignment.event,
        "answer": run.answer, "proposed": proposed.ids, "refused": proposed.refusals,
    })))
}

/// The plan is kept before anything is done about it.
async fn keep(world: &World, claim: &Claim, assignment: &Assignment<'_>, planned: &Planned) -> Result<Run> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let new = NewRun {
        task: claim.id,
        event: assignment.event,
        rule: assignment.rule,
        instruction: assignment.instruction,
        answer: &planned.answer,
        plan: &planned.actions,
        calls: i32::try_from(planned.calls).unwrap_or(i32::MAX),
        tokens: i64::try_from(planned.tokens).unwrap_or(i64::MAX),
    };
    let run = agent_runs::put(&tenant, &new).await?;
    tenant.commit().await?;
    Ok(run)
}

#[derive(Default)]
struct Outlook {
    ids: Vec<ActionId>,
    bells: Vec<TaskId>,
    /// By the action's place.
    refusals: Map<String, Value>,
}

/// Proposes what is planned, each under an id of its own that is the same at every try.
async fn propose(world: &World, claim: &Claim, assignment: &Assignment<'_>, run: &Run, depth: i32) -> Result<Outlook> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let origin = Origin::Proactive { rule: assignment.rule, event: assignment.event };
    let mut outlook = Outlook::default();
    for (at, action) in run.plan.iter().enumerate() {
        let id = ActionId::derived(run.created_at, &format!("agent:{}:{at}", claim.id));
        let context = Context { tainted: true, words: &[], standing: false, before: at };
        let proposal = Proposal { id, action, origin: &origin, context, cause: Some((claim.id, depth + 1)) };
        match actions::propose(&tenant, &proposal).await {
            Ok(Proposed::Waiting(kept)) => outlook.ids.push(kept.id),
            Ok(Proposed::Going(kept, task)) => {
                outlook.ids.push(kept.id);
                outlook.bells.push(task);
            }
            Err(error) if error.kind == Kind::Forbidden => {
                outlook.refusals.insert(at.to_string(), json!(error.detail));
            }
            Err(error) => return Err(error),
        }
    }
    if !run.is_proposed {
        agent_runs::proposed(&tenant, claim.id, &Value::Object(outlook.refusals.clone())).await?;
    }
    tenant.commit().await?;
    Ok(outlook)
}
