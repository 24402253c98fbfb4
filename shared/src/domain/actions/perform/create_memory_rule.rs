//! A standing instruction is a row of ours: it is kept, and the action ended, in one transaction.

use serde_json::{Value, json};

use super::super::ledger::Halt;
use crate::domain::World;
use crate::domain::rules::compile::Compiled;
use crate::domain::rules::{check, manage};
use crate::error::{Error, Result};
use crate::model::action::{Action, Kept, State};
use crate::model::task::Claim;
use crate::store::actions;

/// What was approved is confirmed with it: the advisor was shown the policy. What a client named itself was not shown to
/// anybody, and waits to be confirmed.
pub(super) async fn run(world: &World, claim: &Claim, kept: &Kept) -> Result<Value, Halt> {
    let Action::CreateMemoryRule { rule_text, policy, form, note } = &kept.action else {
        return Err(Error::internal("This is no standing instruction.").into());
    };
    let policy = check::check(policy.clone(), None).map_err(|problems| Error::bad_request(problems.join(" ")))?;
    let compiled = Compiled { policy, form: *form, note: note.clone() };
    let confirmed = kept.origin == "chat";
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let state = actions::lock(&tenant, kept.id).await?.map(|locked| locked.state);
    if state != Some(State::Approved) {
        return Err(Error::internal("The task was lost to another worker.").into());
    }
    let rule = manage::keep(&tenant, rule_text, None, true, &compiled, confirmed).await?;
    let message = match confirmed {
        true => "Memory rule created. It acts by itself from now on.",
        false => "Memory rule created. What it wants to write waits until you confirm it.",
    };
    let result = json!({
        "status": "success", "message": message, "rule_id": rule.id, "rule_text": rule.text, "is_active": rule.is_active,
        "confirmed": rule.confirmed, "policy_text": compiled.policy.words(),
    });
    actions::finish(&tenant, kept.id, State::Done, Some(&result), None).await?;
    tenant.commit().await.map_err(Halt::from)?;
    Ok(result)
}
