//! That whoever looks after the product finds out what happened, how often, and for how long; and nobody's name.

mod counted;
mod dashboard;
mod numbers;
mod trail;

use serde_json::{Value, json};

use super::support::*;

/// The log, line by line.
fn lines(log: &Log) -> Vec<Value> {
    log.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
