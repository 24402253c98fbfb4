//! Waiting lines: who comes when, how long each takes, and how long each waits. Deterministic.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fakes::practice::dice::Dice;

/// Events of one kind over a stretch of time, in seconds.
pub struct Arrivals {
    dice: Dice,
    /// A second, at the time that is asked for.
    rate: Box<dyn Fn(f64) -> f64>,
    /// No rate is above it.
    most: f64,
    now: f64,
    until: f64,
}

impl Arrivals {
    /// At random, at this rate, which may change with time.
    pub fn new(seed: &str, until: f64, most: f64, rate: impl Fn(f64) -> f64 + 'static) -> Self {
        Self { dice: Dice::new(seed), rate: Box::new(rate), most, now: 0.0, until }
    }
}

impl Iterator for Arrivals {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        loop {
            // As often as at the most; of those that are too many for the moment, some are left out.
            self.now -= (1.0 - uniform(&mut self.dice)).ln() / self.most;
            if self.now >= self.until {
                return None;
            }
            if uniform(&mut self.dice) * self.most < (self.rate)(self.now) {
                return Some(self.now);
            }
        }
    }
}

/// From 0 to below 1.
#[expect(clippy::cast_precision_loss, reason = "of 53 bits")]
pub fn uniform(dice: &mut Dice) -> f64 {
    (dice.next() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Times that spread as real ones do: this one in the middle, few much longer.
pub fn spread(dice: &mut Dice, middle: f64) -> f64 {
    let normal = (-2.0 * (1.0 - uniform(dice)).ln()).sqrt() * (std::f64::consts::TAU * uniform(dice)).cos();
    middle * (0.5 * normal).exp()
}

/// How many are under way at once, at most, where nobody has to wait.
pub fn most_at_once(events: impl Iterator<Item = (f64, f64)>) -> usize {
    let (mut under_way, mut most) = (BinaryHeap::new(), 0);
    for (begins, takes) in events {
        while under_way.peek().is_some_and(|Reverse(ends)| *ends <= micros(begins)) {
            under_way.pop();
        }
        under_way.push(Reverse(micros(begins + takes)));
        most = most.max(under_way.len());
    }
    most
}

/// How long each waits for one of so many places, first come, first served; sorted.
pub fn waits(events: impl Iterator<Item = (f64, f64)>, places: usize) -> Vec<f64> {
    let mut free: BinaryHeap<_> = (0..places).map(|_| Reverse(0)).collect();
    let mut waits = Vec::new();
    for (comes, takes) in events {
        let Some(Reverse(next)) = free.pop() else { break };
        let begins = next.max(micros(comes));
        waits.push(seconds(begins - micros(comes)));
        free.push(Reverse(begins + micros(takes)));
    }
    waits.sort_by(f64::total_cmp);
    waits
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a day has 10^11 of them")]
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

#[expect(clippy::cast_precision_loss, reason = "a day has 10^11 of them")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// Of what is sorted.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "of small counts"
)]
pub fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_every_place_taken_waits_for_the_first_that_is_left() {
        let events = [(0.0, 10.0), (1.0, 2.0), (2.0, 1.0), (20.0, 1.0)];

        assert_eq!(waits(events.into_iter(), 2), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(waits(events.into_iter(), 1), [0.0, 0.0, 9.0, 10.0]);
        assert_eq!(most_at_once(events.into_iter()), 3);
        assert_eq!((percentile(&[1.0, 2.0, 3.0, 4.0], 50.0), percentile(&[1.0, 2.0], 99.0)), (2.0, 2.0));
    }

    #[test]
    fn as_many_come_as_the_rate_says_and_the_same_each_time() {
        let come = || Arrivals::new("test", 1000.0, 4.0, |at| if at < 500.0 { 4.0 } else { 1.0 }).count();

        assert!((2300..2700).contains(&come()), "{}", come());
        assert_eq!(come(), come());
        let mut dice = Dice::new("spread");
        let mut many: Vec<f64> = (0..1001).map(|_| spread(&mut dice, 8.0)).collect();
        many.sort_by(f64::total_cmp);
        assert!((7.0..9.0).contains(&percentile(&many, 50.0)), "{}", percentile(&many, 50.0));
    }

    /// The textbook's line: one place, busy half of the time, everybody waits half of what an event takes on average … for times that
    /// are all the same.
    #[test]
    fn a_line_with_one_place_waits_as_the_formula_says() {
        let mut events = Arrivals::new("formula", 200_000.0, 0.5, |_| 0.5).map(|at| (at, 1.0));
        let waits = waits(&mut events, 1);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let mean = waits.iter().sum::<f64>() / waits.len() as f64;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }
}
