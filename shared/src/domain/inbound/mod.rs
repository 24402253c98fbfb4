//! What the providers tell us by themselves: is it really them, is it new, and whose is it. What follows from it is a task's
//! business: here nothing is decided and no provider is called, because whoever calls waits for five seconds at most.
//!
//! Each delivery ends in one transaction for each advisor it is for: the delivery, so that its copies are known, and the task,
//! together or not at all. The bell is rung after the commit.

pub mod calendar;
pub mod gmail;
pub mod hubspot;
pub mod pubsub;
pub mod signature;
pub mod watches;

use jiff::SignedDuration;

use crate::domain::World;
use crate::error::Result;
use crate::model::event::Source;
use crate::store::{unknown_deliveries, webhook_events};
use crate::telemetry::family::WEBHOOK_UNKNOWN;

/// How long a delivery is remembered. HubSpot tries for a day, Pub/Sub for a week.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Forgotten in one go; the next takes the rest.
const MOST: i32 = 5_000;

/// Forgets old deliveries.
pub async fn forget(world: &World) -> Result<()> {
    let db = world.db().await?;
    webhook_events::forget(&db, world.now() - REMEMBERED, MOST).await?;
    Ok(())
}

/// Something came for nobody we know: counted, and answered like everything else, or it would come again.
async fn for_nobody(world: &World, source: Source, deliveries: i64) -> Result<()> {
    tracing::info!(source = source.name(), deliveries, "a delivery was for nobody we know");
    let db = world.db().await?;
    unknown_deliveries::count(&db, source, deliveries).await?;
    world.trail().add(&WEBHOOK_UNKNOWN, &[source.name()], u64::try_from(deliveries).unwrap_or_default());
    Ok(())
}
