//! What `cargo dev chaos` may change: one scale for all waiting times, a worker's clock, and whether a guard stands.
//!
//! Only a build with the feature `chaos` reads any of it. Without the feature everything here is a constant, nobody's manifest
//! or template switches it on (a test holds that), and an optimised build refuses it.

use std::time::Duration;

#[cfg(all(feature = "chaos", not(debug_assertions)))]
compile_error!("the feature `chaos` is for the fault runs on a developer's machine: it cannot be released");

/// What keeps a write from happening twice. A fault run that cannot tell that one is missing proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Only the newest claim may go on.
    Fence,
    /// A write is written down before it happens.
    Ledger,
    /// A write whose end nobody knows is left alone for a while.
    Quiet,
}

/// A task that kills whoever does it, in a fault run: the reading of a mailbox with this search.
pub const POISON: &str = "chaos:poison";

#[cfg(not(feature = "chaos"))]
mod switches {
    use super::{Duration, Guard};

    pub const fn scaled(time: Duration) -> Duration {
        time
    }

    pub const fn stands(_: Guard) -> bool {
        true
    }

    pub const fn clock_offset_ms() -> i64 {
        0
    }

    pub const fn swallow(_: Option<&str>) {}

    pub const fn stand_still() {}
}

#[cfg(feature = "chaos")]
mod switches {
    use std::sync::OnceLock;

    use super::{Duration, Guard, POISON};

    /// After which a worker that gives no sign counts as lost.
    const LEASE: Duration = Duration::from_secs(90);

    #[expect(
        clippy::disallowed_methods,
        reason = "these are no variables of the product, and Config does not know them"
    )]
    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// `CHAOS_SCALE`: leases, quiet periods, back-offs and time-outs, all by the same factor.
    pub fn scaled(time: Duration) -> Duration {
        static SCALE: OnceLock<f64> = OnceLock::new();
        let read = || variable("CHAOS_SCALE").and_then(|text| text.parse().ok()).unwrap_or(1.0);
        time.mul_f64(*SCALE.get_or_init(read))
    }

    /// `CHAOS_WITHOUT`: the guard that is switched off.
    pub fn stands(guard: Guard) -> bool {
        static WITHOUT: OnceLock<Option<Guard>> = OnceLock::new();
        let read = || match variable("CHAOS_WITHOUT").as_deref() {
            Some("fence") => Some(Guard::Fence),
            Some("ledger") => Some(Guard::Ledger),
            Some("quiet") => Some(Guard::Quiet),
            _ => None,
        };
        *WITHOUT.get_or_init(read) != Some(guard)
    }

    /// `CHAOS_CLOCK`: a file with the milliseconds by which this worker's clock is wrong, as they are now.
    pub fn clock_offset_ms() -> i64 {
        static FILE: OnceLock<Option<String>> = OnceLock::new();
        let Some(file) = FILE.get_or_init(|| variable("CHAOS_CLOCK")) else { return 0 };
        std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// `CHAOS_STAND_STILL`: in so many of a thousand the whole process, heartbeat included, stands still for three to six leases,
    /// as a machine does that is moved or out of memory, and then goes on as if nothing had been.
    pub fn stand_still() {
        static ODDS: OnceLock<u16> = OnceLock::new();
        let read = || variable("CHAOS_STAND_STILL").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut dice = [0; 4];
        if aws_lc_rs::rand::fill(&mut dice).is_err() {
            return;
        }
        let [a, b, c, d] = dice;
        if u16::from_be_bytes([a, b]) % 1000 < *ODDS.get_or_init(read) {
            let share = f64::from(u16::from_be_bytes([c, d])) / f64::from(u16::MAX);
            std::thread::sleep(scaled(LEASE).mul_f64(3.0 + 3.0 * share));
        }
    }

    /// Ends the process, at once, over [`POISON`].
    pub fn swallow(query: Option<&str>) {
        if query == Some(POISON) {
            std::process::abort();
        }
    }
}

pub use switches::{clock_offset_ms, scaled, stand_still, stands, swallow};
