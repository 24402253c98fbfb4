//! Does what was approved, step by step through the ledger of effects.

use crate::domain::World;
use crate::error::{Error, Result};
use crate::model::ActionId;
use crate::model::task::Claim;
use crate::store::tasks::Outcome;

pub async fn run(_world: &World, _claim: &Claim, _action: ActionId) -> Result<Outcome> {
    Err(Error::internal("No provider is written to yet."))
}
