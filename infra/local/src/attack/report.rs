//! What came of it.

use std::time::Duration;

use serde::Serialize;

use crate::{Problem, Result};

#[derive(Serialize)]
pub struct Report {
    pub seed: u64,
    /// By what was down.
    pub acknowledged: Vec<Acknowledged>,
    pub killed: Killed,
    /// Events that were acknowledged and are not there.
    pub lost: i64,
    /// Rows there should be one of.
    pub duplicated: i64,
    /// Events without a task, and tasks that did not end well.
    pub left_over: i64,
    pub unfinished: i64,
}

/// Milliseconds from the delivery to the answer.
#[derive(Serialize)]
pub struct Acknowledged {
    pub down: &'static str,
    pub posts: usize,
    pub first: u64,
    pub p50: u64,
    pub p99: u64,
    pub slowest: u64,
}

#[derive(Serialize, Default)]
pub struct Killed {
    pub processes: u32,
    /// Deliveries that were under way then.
    pub broken_off: u32,
    pub events: i64,
}

impl Acknowledged {
    /// The first is that of a process that has just been started.
    pub fn of(down: &'static str, first: Duration, mut others: Vec<Duration>) -> Self {
        others.sort_unstable();
        let ms = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let at = |share: usize| others.get((others.len() * share / 100).min(others.len().saturating_sub(1)));
        let at = |share| at(share).copied().map_or(0, ms);
        Self { down, posts: others.len() + 1, first: ms(first), p50: at(50), p99: at(99), slowest: at(100) }
    }
}

impl Report {
    pub fn verdict(&self) -> Result<()> {
        let wrong = self.lost + self.duplicated + self.left_over + self.unfinished;
        if wrong == 0 { Ok(()) } else { Err(Problem("A promise was broken: see the report.".to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let measured: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        let told = Acknowledged::of("nothing", Duration::from_millis(900), measured);
        assert_eq!((told.posts, told.first, told.p50, told.p99, told.slowest), (201, 900, 101, 199, 200));
    }
}
