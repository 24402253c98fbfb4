//! Prometheus' text format, version 0.0.4, with the seed's names.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>
//!
//! By hand: the client library counts in this process, which here sees a part of one instance's calls, and writes the
//! newer OpenMetrics.

use std::fmt::Write;

use shared::store::metrics::Sample;
use shared::telemetry::family::{ALL, BOUNDS, Kind};

/// All families, those without a sample too. Samples of one histogram stand together.
pub fn of(samples: &[Sample]) -> String {
    let mut out = String::new();
    for family in ALL {
        let (name, labels) = (family.name, family.labels);
        let kind = match family.kind {
            Kind::Counter | Kind::Seconds => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        line(&mut out, format_args!("# HELP {name} {}\n# TYPE {name} {kind}", family.help));
        // What an older version counted by other labels is nobody's any more.
        let own: Vec<&Sample> =
            samples.iter().filter(|sample| sample.name == name && sample.labels.len() == labels.len()).collect();
        if family.kind == Kind::Histogram {
            for one in own.chunk_by(|a, b| a.labels == b.labels) {
                histogram(&mut out, name, &pairs(labels, &one[0].labels), one);
            }
            continue;
        }
        for sample in own {
            let labels = braced(&pairs(labels, &sample.labels));
            match family.kind {
                Kind::Seconds => line(&mut out, format_args!("{name}{labels} {}", sample.seconds)),
                _ => line(&mut out, format_args!("{name}{labels} {}", sample.count)),
            }
        }
    }
    out
}

/// Each bucket holds all that is not above its bound.
fn histogram(out: &mut String, name: &str, labels: &[String], samples: &[&Sample]) {
    let up_to = |most: usize| -> i64 {
        samples
            .iter()
            .filter(|sample| sample.bucket.is_some_and(|bucket| bucket <= most))
            .map(|sample| sample.count)
            .sum()
    };
    for (at, bound) in BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]).enumerate() {
        let labels = braced(&[labels, &[format!("le=\"{bound}\"")]].concat());
        line(out, format_args!("{name}_bucket{labels} {}", up_to(at)));
    }
    let labels = braced(labels);
    let seconds: f64 = samples.iter().map(|sample| sample.seconds).sum();
    line(out, format_args!("{name}_sum{labels} {seconds}"));
    line(out, format_args!("{name}_count{labels} {}", up_to(BOUNDS.len())));
}

fn pairs(names: &[&str], values: &[String]) -> Vec<String> {
    let escaped = |value: &String| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    names.iter().zip(values).map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect()
}

fn braced(pairs: &[String]) -> String {
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str, labels: &[&str], bucket: Option<usize>, count: i64, seconds: f64) -> Sample {
        Sample { name: name.into(), labels: labels.iter().map(|l| (*l).to_owned()).collect(), bucket, count, seconds }
    }

    #[test]
    fn a_histogram_adds_up() {
        let text = of(&[
            sample("rag_search_duration_seconds", &[], Some(0), 2, 0.004),
            sample("rag_search_duration_seconds", &[], Some(3), 1, 0.03),
            sample("rag_search_duration_seconds", &[], Some(BOUNDS.len()), 1, 200.0),
        ]);

        for line in [
            "# TYPE rag_search_duration_seconds histogram",
            "rag_search_duration_seconds_bucket{le=\"0.005\"} 2",
            "rag_search_duration_seconds_bucket{le=\"0.05\"} 3",
            "rag_search_duration_seconds_bucket{le=\"10\"} 3",
            "rag_search_duration_seconds_bucket{le=\"+Inf\"} 4",
            "rag_search_duration_seconds_sum 200.034",
            "rag_search_duration_seconds_count 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_label_cannot_end_its_line() {
        let text = of(&[sample("webhook_events_total", &["hubspot", "a\"} 1\n# \\"], None, 7, 0.0)]);

        let wanted = r#"webhook_events_total{source="hubspot",event_type="a\"} 1\n# \\"} 7"#;
        assert!(text.lines().any(|line| line == wanted), "{text}");
    }
}
