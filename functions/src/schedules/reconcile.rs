//! Finds what pushes lost: reads every account that was not read for a while.

use std::time::Duration;

use shared::domain::sync::reconcile;
use shared::edge::Schedule;
use shared::{App, Result};

pub const SCHEDULE: Schedule = Schedule { every: Duration::from_secs(60), handler: |app| Box::pin(handler(app)) };

async fn handler(app: &App) -> Result<()> {
    reconcile::reconcile(app).await
}
