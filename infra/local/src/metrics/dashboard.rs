//! The dashboard of `infra/grafana`: Prometheus understands every query of it, and has an answer.

use serde_json::Value;

use super::compare::Check;
use super::prometheus::Prometheus;
use crate::{Problem, Result};

const DASHBOARD: &str = include_str!("../../../grafana/dashboard.json");

pub async fn check(prometheus: &Prometheus) -> Result<Vec<Check>> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).map_err(|e| Problem(format!("The dashboard: {e}.")))?;
    let mut checks = Vec::new();
    for panel in dashboard["panels"].as_array().into_iter().flatten() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = target["expr"].as_str().unwrap_or_default().replace("$__rate_interval", "1m");
            let series = prometheus.query(&query).await?;
            let what = format!("dashboard: {}: {} series", panel["title"].as_str().unwrap_or_default(), series.len());
            // Where nothing went wrong there is nothing to be seen.
            let may_be_empty = panel["description"].as_str().is_some_and(|about| about.contains("Empty when"));
            let agrees = may_be_empty || !series.is_empty();
            checks.push(Check { what, sent: 1.0, seen: f64::from(u8::from(agrees)), agrees });
        }
    }
    Ok(checks)
}
