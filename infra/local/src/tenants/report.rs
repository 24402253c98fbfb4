//! What a run found.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::bouncer::Bouncer;
use super::mix::{Kind, MIX};
use crate::{Problem, Result};

/// So many of a kind are told; all are counted.
const TOLD: usize = 20;

#[derive(Serialize, Default)]
pub struct Report {
    pub requests: usize,
    pub advisors: usize,
    pub clients: usize,
    pub seed: u64,
    pub pgbouncer: String,
    /// Sessions with Postgres, which all share.
    pub database_sessions: u32,
    pub seconds: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub by_route: BTreeMap<&'static str, Route>,
    /// Canaries in answers: the advisor's own, if there are no leaks.
    pub canaries_seen: usize,
    /// Requests to the providers, and those to the model that held a canary.
    pub outgoing: usize,
    pub prompted: usize,
    pub leaks: usize,
    pub errors: usize,
    pub leaked: Vec<String>,
    pub failed: Vec<String>,
    #[serde(skip)]
    took: Vec<Duration>,
}

#[derive(Serialize, Default)]
pub struct Route {
    pub requests: usize,
    /// Answered 429.
    pub limited: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    #[serde(skip)]
    took: Vec<Duration>,
}

impl Report {
    pub fn answered(&mut self, kind: Kind, took: Duration, limited: bool, seen: usize) {
        self.canaries_seen += seen;
        self.took.push(took);
        let route = self.route(kind);
        route.limited += usize::from(limited);
        route.took.push(took);
    }

    /// Nobody waited for an answer.
    pub fn happened(&mut self, kind: Kind) {
        self.route(kind);
    }

    fn route(&mut self, kind: Kind) -> &mut Route {
        self.requests += 1;
        let name = MIX.iter().find(|(known, ..)| *known == kind).map_or("other", |(_, name, _)| name);
        let route = self.by_route.entry(name).or_default();
        route.requests += 1;
        route
    }

    pub fn leak(&mut self, what: String) {
        self.leaks += 1;
        if self.leaked.len() < TOLD {
            self.leaked.push(what);
        }
    }

    pub fn error(&mut self, what: String) {
        self.errors += 1;
        if self.failed.len() < TOLD {
            self.failed.push(what);
        }
    }

    /// Complete, with the pooler it ran over.
    pub fn of(mut self, bouncer: &Bouncer) -> Self {
        self.pgbouncer.clone_from(&bouncer.version);
        self.database_sessions = bouncer.sessions;
        (self.p50_ms, self.p99_ms) = percentiles(&mut self.took);
        for route in self.by_route.values_mut() {
            (route.p50_ms, route.p99_ms) = percentiles(&mut route.took);
        }
        self
    }

    pub fn verdict(&self) -> Result<()> {
        if self.leaks > 0 || self.errors > 0 {
            return Err(Problem(format!("{} leaks and {} errors: see the report.", self.leaks, self.errors)));
        }
        // A run in which nobody saw anything shows nothing.
        if self.canaries_seen < self.requests / 4 || self.prompted == 0 {
            return Err(Problem("Too little was shown to anybody for this run to say something.".to_owned()));
        }
        Ok(())
    }
}

fn percentiles(took: &mut [Duration]) -> (f64, f64) {
    took.sort();
    let at = |percent: usize| {
        let place = (took.len() * percent).div_ceil(100).saturating_sub(1);
        took.get(place).map_or(0.0, |took| (took.as_secs_f64() * 10_000.0).round() / 10.0)
    };
    (at(50), at(99))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let mut took: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();

        assert_eq!(percentiles(&mut took), (100.0, 198.0));
        assert_eq!(percentiles(&mut []), (0.0, 0.0));
    }

    #[test]
    fn a_run_that_shows_nothing_is_no_proof() {
        let quiet = Report { requests: 100, ..Report::default() };
        let seen = Report { requests: 100, canaries_seen: 100, prompted: 1, ..Report::default() };

        assert!(quiet.verdict().is_err());
        assert!(seen.verdict().is_ok());
        assert!(Report { leaks: 1, ..seen }.verdict().is_err());
    }
}
