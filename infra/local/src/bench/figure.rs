//! One measured number, beside what it is measured against.

use serde::{Deserialize, Serialize};

/// A line of the report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    /// `coldstart.auth-me.init`: the bench, what was measured, and how.
    pub name: String,
    pub value: f64,
    pub unit: String,
    /// The same of what it is compared with, from the same run.
    pub baseline: Option<f64>,
    /// What that is.
    pub against: Option<String>,
    /// Value by baseline.
    pub ratio: Option<f64>,
    /// Measurements.
    pub n: usize,
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    /// Such as `<= 20` or `ratio <= 1.5`.
    pub target: Option<String>,
    pub met: Option<bool>,
    /// Anything a reader has to know to believe it.
    pub note: Option<String>,
    pub machine: String,
}

impl Figure {
    /// A single number.
    pub fn one(name: impl Into<String>, unit: &str, value: f64) -> Self {
        Self {
            name: name.into(),
            value,
            unit: unit.to_owned(),
            baseline: None,
            against: None,
            ratio: None,
            n: 1,
            p50: None,
            p95: None,
            target: None,
            met: None,
            note: None,
            machine: String::new(),
        }
    }

    /// The middle of many; also keeps how far they spread.
    pub fn of(name: impl Into<String>, unit: &str, samples: &Samples) -> Self {
        let mut figure = Self::one(name, unit, samples.at(50.0));
        figure.n = samples.len();
        figure.p50 = Some(samples.at(50.0));
        figure.p95 = Some(samples.at(95.0));
        figure
    }

    /// The 95th percentile of many in place of their middle.
    pub fn p95_of(name: impl Into<String>, unit: &str, samples: &Samples) -> Self {
        let mut figure = Self::of(name, unit, samples);
        figure.value = samples.at(95.0);
        figure
    }

    #[must_use]
    pub fn against(mut self, what: &str, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self.against = Some(what.to_owned());
        self.ratio = (baseline != 0.0).then(|| self.value / baseline);
        self
    }

    #[must_use]
    pub fn at_most(mut self, bound: f64) -> Self {
        self.target = Some(format!("<= {}", round(bound)));
        self.met = Some(self.value <= bound);
        self
    }

    #[must_use]
    pub fn at_least(mut self, bound: f64) -> Self {
        self.target = Some(format!(">= {}", round(bound)));
        self.met = Some(self.value >= bound);
        self
    }

    /// A bound on the ratio; comes after [`Figure::against`].
    #[must_use]
    pub fn ratio_at_most(mut self, bound: f64) -> Self {
        self.target = Some(format!("ratio <= {}", round(bound)));
        self.met = Some(self.ratio.is_some_and(|ratio| ratio <= bound));
        self
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// For a person.
    pub fn line(&self) -> String {
        let mark = match self.met {
            Some(true) => "✓",
            Some(false) => "✗",
            None => " ",
        };
        let baseline = match (self.baseline, &self.against) {
            (Some(baseline), Some(against)) => format!("{against} {}", short(baseline)),
            _ => String::new(),
        };
        let target = self.target.as_ref().map(|target| format!("[{target}]")).unwrap_or_default();
        format!("  {mark} {:<44} {:>10} {:<8} {baseline} {target}", self.name, short(self.value), self.unit)
    }
}

/// As a person would write it.
fn round(bound: f64) -> f64 {
    (bound * 100.0).round() / 100.0
}

/// With as many digits as can be believed.
pub fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v == v.trunc() && v < 1e15 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// Many measurements of the same.
#[derive(Debug, Default, Clone)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By nearest rank; NaN of none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "of small counts"
    )]
    pub fn at(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = ((percent / 100.0) * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
    }

    pub fn most(&self) -> f64 {
        self.at(100.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "of small counts")]
    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_says_whether_its_target_is_met() {
        let samples: Samples = (1..=100).rev().map(f64::from).collect();
        let figure = Figure::of("a", "ms", &samples).against("b", 40.0).ratio_at_most(1.5);

        assert_eq!((figure.value, figure.p95, figure.n), (50.0, Some(95.0), 100));
        assert_eq!(
            (figure.ratio, figure.met, figure.target.as_deref()),
            (Some(1.25), Some(true), Some("ratio <= 1.5"))
        );
        assert_eq!(Figure::one("a", "ms", 3.0).at_most(2.0).met, Some(false));
        assert_eq!(Figure::one("a", "", 0.99).at_least(0.99).met, Some(true));
        assert_eq!(
            Figure::one("a", "ms", 3.0).ratio_at_most(2.0).met,
            Some(false),
            "without a baseline nothing is met"
        );
    }

    #[test]
    fn numbers_are_written_with_the_digits_that_mean_something() {
        assert_eq!([0.01234, 1.2345, 12.345, 1234.5, 3.0].map(short), ["0.012", "1.23", "12.3", "1234", "3"]);
    }
}
