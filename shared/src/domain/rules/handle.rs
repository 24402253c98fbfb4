//! Looks at one event with every standing instruction.

use serde_json::json;

use crate::domain::World;
use crate::error::Result;
use crate::model::EventId;
use crate::model::task::Claim;
use crate::store::events;
use crate::store::tasks::Outcome;

/// An event that is gone was erased where it came from: there is nothing left to do about it.
pub async fn handle(world: &World, claim: &Claim, event: EventId) -> Result<Outcome> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let event = events::get(&tenant, event).await?;
    tenant.commit().await?;
    Ok(Outcome::Done(json!({ "event_type": event.map(|event| event.event_type), "rules": 0 })))
}
