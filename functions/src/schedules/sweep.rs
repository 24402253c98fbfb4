//! Rings for what was not heard, takes back what lost its worker, forgets what has had its time.

use std::time::Duration;

use shared::domain::tasks::sweep;
use shared::edge::Schedule;
use shared::{App, Result};

pub const SCHEDULE: Schedule = Schedule { every: Duration::from_secs(60), handler: |app| Box::pin(handler(app)) };

async fn handler(app: &App) -> Result<()> {
    sweep::sweep(app).await
}
