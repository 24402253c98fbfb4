//! CloudWatch's embedded metric format: one line of JSON for each invocation, out of which CloudWatch takes the numbers.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! Each name and combination of dimensions is paid for as a metric of its own, so there are no dimensions but the kind of an
//! error. Function, route, status and task stand beside the numbers, where CloudWatch Logs Insights finds them and nobody pays.
//!
//! By hand: the format is one object, and the crates for it count in the process and know no invocation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What such a line is logged as. It is printed as it is, whatever the level.
pub const TARGET: &str = "numbers";

/// What CloudWatch knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    Requests,
    Latency,
    ServerErrors,
    /// With the dimension `Kind`.
    Errors,
    /// From when it was due until it was begun.
    TaskAge,
    TaskDuration,
    TasksDone,
    TasksRetried,
    TasksFailed,
    ModelRequests,
    ModelErrors,
    ModelInputTokens,
    ModelOutputTokens,
    ModelLatency,
    FirstToken,
    ProviderRequests,
    ProviderErrors,
    WebhookEvents,
    /// Deliveries that were answered with a fault of ours.
    WebhookErrors,
    SlowQueries,
    QueryTime,
}

impl Metric {
    pub const ALL: [Self; 21] = [
        Self::Requests,
        Self::Latency,
        Self::ServerErrors,
        Self::Errors,
        Self::TaskAge,
        Self::TaskDuration,
        Self::TasksDone,
        Self::TasksRetried,
        Self::TasksFailed,
        Self::ModelRequests,
        Self::ModelErrors,
        Self::ModelInputTokens,
        Self::ModelOutputTokens,
        Self::ModelLatency,
        Self::FirstToken,
        Self::ProviderRequests,
        Self::ProviderErrors,
        Self::WebhookEvents,
        Self::WebhookErrors,
        Self::SlowQueries,
        Self::QueryTime,
    ];

    /// As it is written here.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Latency | Self::TaskDuration | Self::ModelLatency | Self::FirstToken | Self::QueryTime => {
                "Milliseconds"
            }
            Self::TaskAge => "Seconds",
            _ => "Count",
        }
    }

    /// Whether several of one invocation are one sum, and not several values.
    pub fn adds_up(self) -> bool {
        self.unit() == "Count" || self == Self::QueryTime
    }

    fn dimensions(self) -> Value {
        if self == Self::Errors { json!([["Kind"]]) } else { json!([[]]) }
    }
}

/// Values of one metric in one line; CloudWatch takes a hundred.
const MOST: usize = 100;

/// The line, or none when nothing was counted.
pub fn line(
    namespace: &str,
    at_ms: i64,
    numbers: &BTreeMap<Metric, Vec<f64>>,
    beside: &Map<String, Value>,
) -> Option<String> {
    if numbers.is_empty() {
        return None;
    }
    let described = [json!([[]]), json!([["Kind"]])].into_iter().filter_map(|dimensions| {
        let metrics: Vec<Value> = numbers
            .keys()
            .filter(|metric| metric.dimensions() == dimensions)
            .map(|metric| json!({ "Name": metric.name(), "Unit": metric.unit() }))
            .collect();
        (!metrics.is_empty()).then(|| json!({ "Namespace": namespace, "Dimensions": dimensions, "Metrics": metrics }))
    });
    let mut line = beside.clone();
    line.insert("_aws".into(), json!({ "Timestamp": at_ms, "CloudWatchMetrics": described.collect::<Vec<_>>() }));
    for (metric, values) in numbers {
        let value = match values.as_slice() {
            [one] => json!(one),
            many => json!(many[..many.len().min(MOST)]),
        };
        line.insert(metric.name(), value);
    }
    Some(Value::Object(line).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_cloudwatch_specifies() {
        let numbers = BTreeMap::from([
            (Metric::Requests, vec![1.0]),
            (Metric::Errors, vec![1.0]),
            (Metric::ModelLatency, vec![120.0, 80.0]),
        ]);
        let beside = Map::from_iter([("route".to_owned(), json!("/api/chat")), ("Kind".to_owned(), json!("upstream"))]);

        let line: Value = serde_json::from_str(&line("stack", 1_790_000_000_000, &numbers, &beside).unwrap()).unwrap();

        assert_eq!(line["_aws"]["Timestamp"], 1_790_000_000_000_i64);
        let [plain, by_kind] = line["_aws"]["CloudWatchMetrics"].as_array().unwrap().as_slice() else {
            panic!("{line}")
        };
        assert_eq!((&plain["Namespace"], &plain["Dimensions"]), (&json!("stack"), &json!([[]])));
        assert_eq!(by_kind["Dimensions"], json!([["Kind"]]));
        assert_eq!(by_kind["Metrics"], json!([{ "Name": "Errors", "Unit": "Count" }]));
        for described in [plain, by_kind] {
            for metric in described["Metrics"].as_array().unwrap() {
                let value = &line[metric["Name"].as_str().unwrap()];
                assert!(value.is_number() || value.is_array(), "{metric} has no value");
            }
        }
        assert_eq!((&line["ModelLatency"], &line["Kind"]), (&json!([120.0, 80.0]), &json!("upstream")));
    }

    #[test]
    fn what_is_paid_for_is_known_by_name_and_is_little() {
        let with_a_dimension = Metric::ALL.iter().filter(|metric| metric.dimensions() != json!([[]])).count();
        assert!(Metric::ALL.len() <= 25 && with_a_dimension == 1, "each costs money, each month");
        assert_eq!(line("stack", 0, &BTreeMap::new(), &Map::new()), None);
    }
}
