//! What was measured, for `cargo dev outages`: a line of JSON for each experiment.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

/// Names the file the lines go to; without one the experiments are short and nothing is written.
#[expect(clippy::disallowed_methods, reason = "a test run is configured by its environment")]
fn file() -> Option<String> {
    std::env::var("OUTAGES_FIGURES").ok()
}

/// How often an experiment is repeated: less in every test run, more when its figures are wanted.
pub fn times(short: usize, long: usize) -> usize {
    if file().is_some() { long } else { short }
}

/// Whether experiments that only watch the clock are wanted, too.
pub fn are_wanted() -> bool {
    file().is_some()
}

pub fn note(experiment: &str, mut figures: Value) {
    let Some(path) = file() else { return };
    figures["experiment"] = json!(experiment);
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{figures}").unwrap();
}

/// In milliseconds.
pub fn percentiles(mut samples: Vec<Duration>) -> Value {
    samples.sort();
    let at =
        |share: f64| samples.get(((samples.len() - 1) as f64 * share).round() as usize).map(|d| d.as_millis() as u64);
    json!({ "n": samples.len(), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0) })
}
