//! A tool the advisor's own client calls by its name, with arguments of its own.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Caller, Ran, find, run};
use crate::domain::actions::policy::Context;
use crate::domain::actions::settle::settle;
use crate::domain::actions::{self, Proposal, Proposed};
use crate::domain::{World, limits};
use crate::error::{Error, Kind, Result};
use crate::model::action::{Action, Kept, Origin, State};
use crate::model::{ActionId, UserId};
use crate::store::users;

/// How long the client is kept waiting for a write; a buffered answer has to leave within 29 seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// One call of a tool.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub owner: UserId,
    pub session: Uuid,
    pub tool: &'a str,
    pub arguments: &'a Value,
    /// The client's own name for it: what is asked again under the same one is done once.
    pub key: Option<&'a str>,
}

/// What came of it.
pub struct Executed {
    pub result: Option<Value>,
    /// Why not, as a sentence.
    pub error: Option<String>,
}

/// Runs it. What the tool says against it is an answer; an error is what keeps it from being tried at all.
pub async fn execute(world: &World, asked: Asked<'_>) -> Result<Executed> {
    let Some(tool) = find(asked.tool) else {
        let error = format!("Invalid arguments: Unknown function: {}", asked.tool);
        return Ok(Executed { result: None, error: Some(error) });
    };
    match called(world, Asked { tool: tool.name, ..asked }).await {
        Ok(executed) => Ok(executed),
        Err(error) if error.kind == Kind::Unauthenticated => Err(error),
        Err(error) => {
            tracing::info!(tool = tool.name, error = ?error, "a tool failed");
            limits::heed(world, asked.owner, &error).await;
            // Our own faults are none of the client's business.
            let why = if error.kind == Kind::Internal { "The tool is out of order.".into() } else { error.detail };
            Ok(Executed { result: None, error: Some(why.into_owned()) })
        }
    }
}

async fn called(world: &World, asked: Asked<'_>) -> Result<Executed> {
    let owner = asked.owner;
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let user = users::get(&tenant).await?.ok_or_else(Error::unauthenticated)?;
    tenant.commit().await?;
    drop(db);
    let time_zone = TimeZone::get(&user.time_zone).unwrap_or(TimeZone::UTC);
    let caller = Caller { world, owner, now: world.now().to_zoned(time_zone) };
    match run(&caller, asked.tool, &asked.arguments.to_string()).await? {
        Ran::Found(output) => Ok(Executed { result: Some(output.value), error: None }),
        Ran::Wants(action) => Ok(told(&written(world, asked, &action).await?)),
    }
}

async fn written(world: &World, asked: Asked<'_>, action: &Action) -> Result<Kept> {
    let Asked { owner, session, tool, arguments, key } = asked;
    let id = match key {
        Some(key) => ActionId::keyed(owner, key, &format!("{tool}{arguments}"), world.now()),
        None => ActionId::random(),
    };
    let origin = Origin::Tool { session };
    let proposal = Proposal { id, action, origin: &origin, context: Context::default(), cause: None };
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let proposed = actions::propose(&tenant, &proposal).await?;
    tenant.commit().await?;
    drop(db);
    match proposed {
        Proposed::Waiting(kept) => Ok(kept),
        Proposed::Going(kept, task) => {
            world.ring(task, Duration::ZERO).await;
            // It is going, whether we can watch it or not: an error here would have the client ask for it once more.
            Ok(settle(world, owner, kept.id, task, PATIENCE).await.unwrap_or_else(|error| {
                tracing::warn!(task.id = %task, error = ?error, "an action could not be watched");
                kept
            }))
        }
    }
}

fn told(kept: &Kept) -> Executed {
    let where_it_stands = || json!({ "action_id": kept.id, "task_id": kept.task_id, "state": kept.state });
    let error = match kept.state {
        State::Done => return Executed { result: kept.result.clone(), error: None },
        State::Pending => "This waits for approval.".to_owned(),
        State::Approved => "This is not finished yet: the provider has not answered. It goes on by itself.".to_owned(),
        _ => kept.error.clone().unwrap_or_else(|| format!("This is {}.", kept.state.name())),
    };
    Executed { result: Some(where_it_stands()), error: Some(error) }
}
