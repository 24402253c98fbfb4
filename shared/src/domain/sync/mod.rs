//! Bringing mail, events and CRM records here, in steps: each reads a little, stores it, and moves the cursor last, so that a
//! sync can stop anywhere and go on. What is stored becomes documents in the same transaction.

pub mod calendar;
pub mod gmail;
pub mod hubspot;
pub mod reconcile;
pub mod stale;

use std::time::Duration;

use crate::domain::World;
use crate::error::{Error, Result};
use crate::model::task::{Claim, Job};
use crate::store::sync_cursors;

/// The names of the cursors.
pub const GMAIL: &str = "gmail";
pub const CALENDAR: &str = "calendar";
pub const HUBSPOT: &str = "hubspot";

/// A step works about this long, so that a function never comes near its time-out.
const STEP: Duration = Duration::from_secs(20);

/// Whether a provider refused the token: another one may do.
fn is_token_refused<T>(answer: &Result<T>) -> bool {
    answer.as_ref().is_err_and(|error| error.upstream_status() == Some(401))
}

/// Tells the advisor why a source stands still.
pub async fn note_error(world: &World, claim: &Claim, error: &Error) {
    let source = match claim.job {
        Job::GmailSync { .. } => GMAIL,
        Job::CalendarSync {} => CALENDAR,
        Job::HubspotSync {} | Job::HubspotEvents { .. } => HUBSPOT,
        Job::Embed {} => "embeddings",
        Job::Watch {}
        | Job::Disconnect { .. }
        | Job::HandleEvent { .. }
        | Job::PerformAction { .. }
        | Job::JudgeRule { .. }
        | Job::AskModel { .. }
        | Job::ExportAccount {}
        | Job::EraseAccount {}
        | Job::RunAgent { .. } => return,
    };
    let noted = async {
        let mut db = world.db().await?;
        let tenant = db.tenant(claim.owner).await?;
        sync_cursors::put_error(&tenant, source, &error.detail).await?;
        tenant.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(task.id = %claim.id, error = ?error, "an error could not be noted");
    }
}
