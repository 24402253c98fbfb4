//! Plays EventBridge: runs each schedule at its rate, and once at the start, for what was missed while nothing ran.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{MissedTickBehavior, interval};

use crate::stop::Stop;

/// The error is what the log should say.
pub type Handler = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// One function that runs by the clock.
pub struct Schedule {
    pub function: &'static str,
    pub every: Duration,
    pub handler: Handler,
}

/// Runs the schedule until asked to stop. A run that takes longer than the rate delays the next one.
pub async fn run(schedule: Schedule, stop: Stop) {
    let mut ticks = interval(schedule.every.max(Duration::from_secs(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.asked() => return,
        }
        let outcome = tokio::spawn((schedule.handler)()).await;
        if let Err(error) = outcome.map_err(|_| "it panicked".to_owned()).and_then(|outcome| outcome) {
            tracing::error!(function = schedule.function, error, "a schedule failed");
        }
    }
}
