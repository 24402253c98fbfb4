//! Whether somebody is worth asking now. One for each provider in each process: a container that has seen a provider fail
//! does not ask for a while, and then asks once. Other containers find out for themselves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// It opens when failures in a row weigh this much: six that come at once, or two that somebody waited for.
const HEAVIEST: u32 = 6;
const SLOW: Duration = Duration::from_secs(1);
const SLOW_WEIGHS: u32 = 3;
/// How long nobody is asked then.
const REST: Duration = Duration::from_secs(5);
/// Repeats a process has to begin with, and at most.
const REPEATS: f64 = 10.0;
/// What each call adds to them. Of many calls that all fail, 1.1 times as many are sent.
const EARNED: f64 = 0.1;

/// How somebody has answered lately.
#[derive(Default)]
pub struct Circuit(Mutex<State>);

struct State {
    /// Of the failures since the last success.
    weight: u32,
    open_until: Option<Instant>,
    /// Somebody is finding out whether it works again.
    probing: bool,
    repeats: f64,
}

impl Default for State {
    fn default() -> Self {
        Self { weight: 0, open_until: None, probing: false, repeats: REPEATS }
    }
}

impl Circuit {
    /// Leave to ask once; else how long to wait for it. Whoever has it says how it went.
    pub fn enter(self: &Arc<Self>, now: Instant) -> Result<Leave, Duration> {
        let mut state = self.state();
        if let Some(until) = state.open_until {
            if now < until {
                return Err(until - now);
            }
            if state.probing {
                return Err(REST);
            }
            state.probing = true;
            return Ok(Leave { circuit: self.clone(), probe: true });
        }
        Ok(Leave { circuit: self.clone(), probe: false })
    }

    /// A call begins, however often it will be sent.
    pub fn called(&self) {
        let mut state = self.state();
        state.repeats = (state.repeats + EARNED).min(REPEATS);
    }

    /// Takes one of the repeats that all calls of the process share.
    pub fn may_repeat(&self) -> bool {
        let mut state = self.state();
        let enough = state.repeats >= 1.0;
        if enough {
            state.repeats -= 1.0;
        }
        enough
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to ask once. Dropped without a word it says nothing: who asked has gone.
pub struct Leave {
    circuit: Arc<Circuit>,
    probe: bool,
}

impl Leave {
    pub fn succeeded(self) {
        let mut state = self.circuit.state();
        state.weight = 0;
        state.open_until = None;
    }

    pub fn failed(self, took: Duration, now: Instant) {
        let mut state = self.circuit.state();
        state.weight = state.weight.saturating_add(if took >= SLOW { SLOW_WEIGHS } else { 1 });
        if self.probe || state.weight >= HEAVIEST {
            state.open_until = Some(now + REST);
        }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if self.probe {
            self.circuit.state().probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::from_millis(5);

    fn fail(circuit: &Arc<Circuit>, took: Duration, now: Instant) {
        circuit.enter(now).ok().unwrap().failed(took, now);
    }

    #[test]
    fn it_opens_after_a_few_failures_in_a_row_and_sooner_when_somebody_waited() {
        let now = Instant::now();
        for (took, failures) in [(AT_ONCE, 6), (Duration::from_secs(2), 2)] {
            let circuit = Arc::new(Circuit::default());
            for _ in 0..failures {
                fail(&circuit, took, now);
            }
            assert_eq!(circuit.enter(now).err(), Some(REST), "after {failures} of {took:?}");
        }
    }

    #[test]
    fn one_success_forgets_what_failed_before() {
        let (circuit, now) = (Arc::new(Circuit::default()), Instant::now());
        for _ in 0..20 {
            for _ in 0..5 {
                fail(&circuit, AT_ONCE, now);
            }
            circuit.enter(now).ok().unwrap().succeeded();
        }
    }

    #[test]
    fn after_a_rest_one_finds_out_for_all() {
        let (circuit, mut now) = (Arc::new(Circuit::default()), Instant::now());
        (0..6).for_each(|_| fail(&circuit, AT_ONCE, now));

        now += REST;
        let probe = circuit.enter(now).ok().unwrap();
        assert!((0..100).all(|_| circuit.enter(now).is_err()), "one at a time");
        probe.failed(AT_ONCE, now);
        assert!(circuit.enter(now + REST / 2).is_err(), "it rests again");

        now += REST;
        drop(circuit.enter(now).ok().unwrap());
        let probe = circuit.enter(now).ok().unwrap();
        probe.succeeded();
        assert!((0..100).all(|_| circuit.enter(now).is_ok()));
    }

    #[test]
    fn repeats_run_out_and_come_back_with_calls() {
        let circuit = Circuit::default();
        let mut sent = 0;
        for _ in 0..1_000 {
            circuit.called();
            sent += 1 + (0..2).filter(|_| circuit.may_repeat()).count();
        }
        assert!((1_090..=1_120).contains(&sent), "{sent}");
    }
}
