//! Whoever is woken by an alarm finds an entry for it, and a number behind it.

use std::collections::BTreeSet;
use std::fs;

use serde_yaml_ng::Value as Yaml;
use shared::telemetry::emf::Metric;

use super::template::root;

const RUNBOOK: &str = "infra/docs/runbook.md";
const ALARMS: &str = "infra/aws/alarms.yaml";

fn alarms_yaml() -> String {
    fs::read_to_string(root().join(ALARMS)).unwrap()
}

struct Alarm {
    name: String,
    description: String,
    namespace: String,
    metric: String,
}

/// A value of CloudFormation's, with its short forms as text: `!Sub ${Name}-x` is `${Name}-x`, `!Ref Name` is `Name`.
fn plain(value: &Yaml) -> String {
    match value {
        Yaml::Tagged(tagged) => plain(&tagged.value),
        Yaml::String(text) => text.clone(),
        _ => String::new(),
    }
}

fn resources(text: &str) -> Vec<Yaml> {
    let template: Yaml = serde_yaml_ng::from_str(text).unwrap();
    template["Resources"].as_mapping().unwrap().values().cloned().collect()
}

fn alarms(text: &str) -> Vec<Alarm> {
    let all = resources(text).into_iter().filter(|resource| resource["Type"] == "AWS::CloudWatch::Alarm");
    all.map(|alarm| {
        let of = |name: &str| plain(&alarm["Properties"][name]);
        Alarm {
            name: of("AlarmName").replace("${Name}-", ""),
            description: of("AlarmDescription"),
            namespace: of("Namespace"),
            metric: of("MetricName"),
        }
    })
    .collect()
}

/// What is counted out of the log.
fn filtered(text: &str) -> BTreeSet<String> {
    let filters = resources(text).into_iter().filter(|resource| resource["Type"] == "AWS::Logs::MetricFilter");
    filters.map(|filter| plain(&filter["Properties"]["MetricTransformations"][0]["MetricName"])).collect()
}

/// The entries: name and text.
fn entries(page: &str) -> Vec<(&str, &str)> {
    page.split("\n## ").skip(1).filter_map(|entry| entry.split_once('\n')).collect()
}

#[test]
fn every_alarm_has_its_entry_and_every_entry_its_alarm() {
    let page = fs::read_to_string(root().join(RUNBOOK)).unwrap();
    let entries = entries(&page);
    for (name, text) in &entries {
        let commands = text.split("```").nth(1).unwrap_or_else(|| panic!("{name}: no commands"));
        assert_eq!(
            commands.lines().skip(1).filter(|line| !line.trim().is_empty()).count(),
            3,
            "{name}: three commands"
        );
        for part in ["**Means**", "**Who notices**", "**Then**"] {
            assert!(text.contains(part), "{name}: nothing is said under {part}");
        }
        for link in text.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(entries.iter().any(|(other, _)| *other == link), "{name} leads to {link}, which is not there");
        }
    }

    let text = alarms_yaml();
    let alarms = alarms(&text);
    let named: BTreeSet<&str> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    assert!(named.len() >= 10 && named.len() == alarms.len(), "{named:?}");
    assert_eq!(named, entries.iter().map(|(name, _)| *name).collect());
    for alarm in &alarms {
        let place = format!("{RUNBOOK}#{}", alarm.name);
        assert!(alarm.description.ends_with(&place), "{}: {} does not end with {place}", alarm.name, alarm.description);
    }
}

#[test]
fn every_number_of_ours_that_an_alarm_looks_at_is_counted() {
    let text = alarms_yaml();
    let ours: BTreeSet<String> = Metric::ALL.into_iter().map(Metric::name).chain(filtered(&text)).collect();

    for alarm in alarms(&text).iter().filter(|alarm| !alarm.namespace.starts_with("AWS/")) {
        assert_eq!(alarm.namespace, "Name", "{}: the functions count under the stack's name", alarm.name);
        assert!(ours.contains(&alarm.metric), "{}: nobody counts {}", alarm.name, alarm.metric);
    }
}
