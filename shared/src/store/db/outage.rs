//! A database that is away is away for everybody: who comes right after somebody who waited for it is told at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{PoolError, TimeoutType};
use tokio::sync::Notify;

use crate::error::{Error, Kind};

/// So soon it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// When the database was last found to be away, if it was.
#[derive(Default)]
pub struct Outage {
    since: Mutex<Option<Instant>>,
    /// When somebody last reached it.
    reached: Mutex<Option<Instant>>,
    begun: Notify,
}

impl Outage {
    /// The error, when there is no use in trying.
    pub fn known(&self, now: Instant) -> Option<Error> {
        let began = (*locked(&self.since))?;
        (now.saturating_duration_since(began) < AGAIN).then(away)
    }

    pub fn begins(&self, now: Instant) {
        *locked(&self.since) = Some(now);
        self.begun.notify_waiters();
    }

    /// Somebody has reached it.
    pub fn ends(&self, now: Instant) {
        *locked(&self.since) = None;
        *locked(&self.reached) = Some(now);
    }

    /// Whether somebody has reached it since then.
    pub fn is_over_since(&self, then: Instant) -> bool {
        locked(&self.reached).is_some_and(|reached| reached >= then)
    }

    /// Waits until somebody finds that the database is away: who stands in line need not find out anew.
    pub async fn found(&self) -> Error {
        self.begun.notified().await;
        away()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether it says that nobody is there, and not that somebody is busy or does not like our password.
pub fn is_one(error: &PoolError) -> bool {
    match error {
        PoolError::Timeout(kind) => !matches!(kind, TimeoutType::Wait),
        PoolError::Backend(error) => error.code().is_none(),
        _ => false,
    }
}

pub fn away() -> Error {
    Error::new(Kind::Unavailable, "The database is out of reach. Please try again in a moment.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_believed_for_a_second() {
        let (outage, now) = (Outage::default(), Instant::now());
        assert!(outage.known(now).is_none());

        outage.begins(now);

        assert_eq!(outage.known(now + AGAIN / 2).unwrap().kind, Kind::Unavailable);
        assert!(outage.known(now + AGAIN).is_none());
        outage.ends(now);
        assert!(outage.known(now).is_none() && outage.is_over_since(now));
    }
}
