//! Which connections may be dead without knowing it: a function that was frozen wakes up with such sockets, and behind a query
//! that was not waited for the next one would wait, too. Those are asked before they are used again; the others are not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{Hook, HookError};
use tokio_postgres::Client;

/// What was used so lately is there.
const SURELY_THERE: Duration = Duration::from_secs(1);
/// A query that nobody waits for is ended by the server before that.
const GIVEN_UP: Duration = Duration::from_secs(30);
/// One that does not answer in this time is not used again.
const PATIENCE: Duration = Duration::from_millis(800);

/// When a query was last left before it was answered.
#[derive(Default)]
pub struct Doubt(Mutex<Option<Instant>>);

impl Doubt {
    /// What deadpool does before it hands a connection out again.
    pub fn settled_before_use(self: &Arc<Self>) -> Hook {
        let doubt = self.clone();
        Hook::async_fn(move |client, used| {
            let is_in_doubt = doubt.is_in_doubt(used.last_used(), Instant::now());
            Box::pin(async move {
                let is_fit = !is_in_doubt || is_there(client).await;
                is_fit.then_some(()).ok_or_else(|| HookError::message("it does not answer"))
            })
        })
    }

    fn is_in_doubt(&self, last_used: Duration, now: Instant) -> bool {
        let given_up = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last_used > SURELY_THERE || given_up.is_some_and(|at| now.saturating_duration_since(at) < GIVEN_UP)
    }

    /// A query was left, or had no answer.
    pub fn begins(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// Whether somebody answers there.
pub async fn is_there(client: &Client) -> bool {
    matches!(tokio::time::timeout(PATIENCE, client.simple_query("")).await, Ok(Ok(_)))
}

/// A query under way. Dropped before [`UnderWay::answered`], it was left.
pub struct UnderWay<'a>(Option<&'a Doubt>);

impl<'a> UnderWay<'a> {
    pub fn begin(doubt: &'a Doubt) -> Self {
        Self(Some(doubt))
    }

    pub fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(doubt) = self.0 {
            doubt.begins();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_rested_or_was_left_is_doubted() {
        let (doubt, just_now) = (Doubt::default(), Duration::from_millis(1));

        assert!(!doubt.is_in_doubt(just_now, Instant::now()));
        assert!(doubt.is_in_doubt(Duration::from_secs(2), Instant::now()));
        UnderWay::begin(&doubt).answered();
        assert!(!doubt.is_in_doubt(just_now, Instant::now()));
        drop(UnderWay::begin(&doubt));
        assert!(doubt.is_in_doubt(just_now, Instant::now()));
        assert!(!doubt.is_in_doubt(just_now, Instant::now() + GIVEN_UP));
    }
}
