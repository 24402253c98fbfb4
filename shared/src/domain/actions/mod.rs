//! Writes to the outside. Deterministic code decides about them, never a model:
//!
//! ```text
//! a tool prepares an Action → propose: the policy lets it happen, or it waits → the advisor approves, denies or edits
//!                                          └→ task → perform: each step through the ledger of effects → what came of it
//! ```
//! What waits is shown as exact JSON with its hash; an approval names the hash, so that what happens is what was seen.

pub mod ledger;
pub mod perform;
pub mod policy;
pub mod preview;
pub mod settle;
pub mod words;

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use crate::error::{Error, Kind, Result};
use crate::model::action::{Action, DecidedBy, Kept, Origin, State};
use crate::model::task::Job;
use crate::model::{ActionId, TaskId};
use crate::store::actions::{self, NewAction};
use crate::store::tasks::{self, Origin as TaskOrigin};
use crate::store::{Tenant, users};
use policy::{Context, Verdict};

/// How long an action waits for the advisor.
pub const LIVES: Duration = Duration::from_secs(24 * 60 * 60);

/// Something that wants to happen.
pub struct Proposal<'a> {
    /// The same id is the same action: it is proposed once, however often a task is tried again.
    pub id: ActionId,
    pub action: &'a Action,
    pub origin: &'a Origin,
    pub context: Context<'a>,
    /// The task that wants it, and how many stand above that.
    pub cause: Option<(TaskId, i32)>,
}

/// What became of a proposal.
#[derive(Debug, Clone)]
pub enum Proposed {
    /// It waits for the advisor.
    Waiting(Kept),
    /// It happens: the task is to be rung for after the commit.
    Going(Kept, TaskId),
}

impl Proposed {
    pub fn kept(&self) -> &Kept {
        match self {
            Self::Waiting(kept) | Self::Going(kept, _) => kept,
        }
    }
}

/// What an approval names.
pub fn hash(action: &Action) -> Result<Vec<u8>> {
    Ok(digest(&SHA256, &serde_json::to_vec(action)?).as_ref().to_vec())
}

/// Lets an action happen, or has it wait, as the policy says. `Forbidden` when a cap is reached.
pub async fn propose(db: &Tenant<'_>, proposal: &Proposal<'_>) -> Result<Proposed> {
    let Proposal { id, action, origin, context, cause } = proposal;
    if let Some(known) = actions::get(db, *id).await? {
        return Ok(match known.task_id {
            Some(task) => Proposed::Going(known, task),
            None => Proposed::Waiting(known),
        });
    }
    // Two proposals at once must not both slip under a cap.
    users::lock(db).await?;
    let verdict = policy::judge(db, action, origin, context).await?;
    let (reasons, by) = match verdict {
        Verdict::Allow(by) => (Vec::new(), Some(by)),
        Verdict::Ask(reasons) => (reasons, None),
        Verdict::Refuse(why) => return Err(Error::forbidden(why)),
    };
    let hash = hash(action)?;
    let new = NewAction {
        id: *id,
        action,
        hash: &hash,
        preview: &preview::text(action),
        reasons: &reasons,
        origin,
        lives: LIVES,
    };
    actions::insert(db, &new).await?;
    match by {
        Some(by) => {
            let task = go(db, *id, &hash, by, *cause).await?;
            Ok(Proposed::Going(kept(db, *id).await?, task))
        }
        None => Ok(Proposed::Waiting(kept(db, *id).await?)),
    }
}

/// The advisor says yes to exactly this. `Conflict` when it does not wait any more, or is not what they saw. Answers the task
/// to ring for after the commit.
pub async fn approve(db: &Tenant<'_>, id: ActionId, seen: &str, by: DecidedBy) -> Result<(Kept, TaskId)> {
    let waiting = waiting(db, id).await?;
    if !waiting.hash.eq_ignore_ascii_case(seen) {
        return Err(Error::new(
            Kind::Conflict,
            "This is not what was shown: it was changed since. Please look at it again.",
        ));
    }
    let hash = hash(&waiting.action)?;
    let task = go(db, id, &hash, by, None).await?;
    Ok((kept(db, id).await?, task))
}

pub async fn deny(db: &Tenant<'_>, id: ActionId, by: DecidedBy) -> Result<Kept> {
    waiting(db, id).await?;
    actions::deny(db, id, by).await?;
    kept(db, id).await
}

/// The advisor changes it: another hash, to be approved anew. `Invalid` when it is another tool's.
pub async fn edit(db: &Tenant<'_>, id: ActionId, action: &Action) -> Result<Kept> {
    let waiting = waiting(db, id).await?;
    if waiting.action.tool() != action.tool() {
        return Err(Error::invalid("action.tool", format!("must stay {}.", waiting.action.tool())));
    }
    actions::edit(db, id, action, &hash(action)?, &preview::text(action)).await?;
    kept(db, id).await
}

async fn waiting(db: &Tenant<'_>, id: ActionId) -> Result<Kept> {
    let known = actions::lock(db, id).await?.ok_or_else(|| Error::not_found("approval"))?;
    match known.state {
        State::Pending => Ok(known),
        State::Expired => {
            Err(Error::new(Kind::Conflict, "This has waited too long and has expired. Please ask for it again."))
        }
        state => Err(Error::new(Kind::Conflict, format!("This has been decided already: it is {}.", state.name()))),
    }
}

async fn go(db: &Tenant<'_>, id: ActionId, hash: &[u8], by: DecidedBy, cause: Option<(TaskId, i32)>) -> Result<TaskId> {
    let origin = TaskOrigin { dedupe_key: Some(format!("action:{id}")), cause };
    let task = tasks::insert(db, &Job::PerformAction { action: id }, &origin).await?;
    let task = task.ok_or_else(|| Error::new(Kind::Conflict, "This has been decided already."))?;
    if !actions::approve(db, id, hash, by, task).await? {
        return Err(Error::new(Kind::Conflict, "This has been decided already."));
    }
    Ok(task)
}

async fn kept(db: &Tenant<'_>, id: ActionId) -> Result<Kept> {
    actions::get(db, id).await?.ok_or_else(|| Error::not_found("approval"))
}
