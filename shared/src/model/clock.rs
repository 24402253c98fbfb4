//! The time, which tests can move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::chaos;

/// Clones are the same clock.
#[derive(Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the one place where time comes from")]
    pub fn now(&self) -> Timestamp {
        // Postgres keeps microseconds: a time that is written is the time that is read.
        let moved = self.0.load(Ordering::Relaxed) + chaos::clock_offset_ms();
        let now = Timestamp::now() + SignedDuration::from_millis(moved);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// The same moment, for measuring.
    pub fn instant(&self) -> Instant {
        Instant::now() + Duration::from_millis(u64::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(0))
    }

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
