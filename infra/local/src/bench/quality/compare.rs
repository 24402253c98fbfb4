//! Whether one way of searching is better than another, or was lucky.

use fakes::practice::dice::Dice;

const RESAMPLES: u32 = 10_000;

/// In which share of resamples of the questions (paired bootstrap) the first is no better than the second.
pub fn chance_of_no_gain(first: &[f64], second: &[f64]) -> f64 {
    let gains: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    if gains.is_empty() {
        return 1.0;
    }
    let mut dice = Dice::new("resamples");
    let mut without = 0_u32;
    for _ in 0..RESAMPLES {
        let sum: f64 = (0..gains.len()).map(|_| *dice.pick(&gains)).sum();
        without += u32::from(sum <= 0.0);
    }
    f64::from(without) / f64::from(RESAMPLES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_better_is_so_in_every_resample_and_what_is_equal_in_none() {
        let (better, worse) = ([0.6, 0.7, 0.9], [0.5, 0.5, 0.8]);
        assert!(chance_of_no_gain(&better, &worse) < 1e-9);
        assert!(chance_of_no_gain(&worse, &worse) > 0.999);
        assert!((0.2..0.8).contains(&chance_of_no_gain(&[1.0, 0.0, 1.0, 0.0], &[0.0, 1.0, 0.0, 1.0])));
    }
}
