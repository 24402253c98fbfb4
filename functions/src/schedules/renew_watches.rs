//! Renews what ends soon, once an hour, so that there are many tries before one does; and tells providers again of goodbyes
//! they did not hear.

use std::time::Duration;

use shared::domain::inbound::watches;
use shared::edge::Schedule;
use shared::{App, Result};

pub const SCHEDULE: Schedule = Schedule { every: Duration::from_secs(60 * 60), handler: |app| Box::pin(handler(app)) };

async fn handler(app: &App) -> Result<()> {
    watches::renew(app).await
}
