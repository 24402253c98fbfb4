//! The report: one JSON object.

use std::time::Duration;

use serde_json::{Value, json};

use super::check::Verdict;
use super::options::Options;
use super::plan;
use super::storm::Lived;

pub fn report(options: &Options, lived: &Lived, verdict: &Verdict, took: Duration) -> Value {
    let seconds = |time: Duration| time.as_secs();
    let mut report = json!({
        "experiment": "chaos",
        "command": options.command(),
        "seed": options.seed,
        "scale": options.scale,
        "without": options.without.map(super::options::Guard::name),
        "holds": verdict.holds(),
        "advisors": options.advisors(),
        "workers": options.workers,
        "asked": plan::kinds(&lived.acknowledged),
        "at_the_door": lived.acknowledged.iter().filter(|order| order.at_the_door).count(),
        "refused_at_the_door": lived.refused.len(),
        "nemesis": lived.nemesis,
        "providers": lived.weather,
        "seconds": { "storm": seconds(lived.storm), "calm": seconds(lived.calm), "all": seconds(took) },
        "machine": machine(),
        "violations": verdict.violations.iter().take(50).collect::<Vec<_>>(),
    });
    if let (Some(report), Ok(Value::Object(found))) = (report.as_object_mut(), serde_json::to_value(verdict)) {
        report.extend(found);
    }
    report
}

fn machine() -> Value {
    let cores = std::thread::available_parallelism().map(usize::from).unwrap_or_default();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = memory.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    json!({ "cores": cores, "memory_gb": kilobytes >> 20, "system": std::env::consts::OS, "processor": std::env::consts::ARCH })
}
