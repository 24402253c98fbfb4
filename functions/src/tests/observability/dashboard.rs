//! The dashboard asks for what is counted and for nothing else. That Prometheus understands it is seen by `cargo dev metrics`.

use std::collections::BTreeSet;

use shared::telemetry::family::{ALL, Kind};

use super::*;

const DASHBOARD: &str = include_str!("../../../../infra/grafana/dashboard.json");

/// Words of a query that could be names.
fn words(query: &str) -> impl Iterator<Item = &str> {
    query.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').filter(|word| word.contains('_'))
}

#[test]
fn is_of_the_shape_grafana_imports() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();

    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 36 && dashboard["id"].is_null());
    let source = &dashboard["templating"]["list"][0];
    assert_eq!((&source["type"], &source["query"]), (&json!("datasource"), &json!("prometheus")));
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert!(ids.len() == panels.len() && panels.len() > 15);
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(["timeseries", "stat"].contains(&panel["type"].as_str().unwrap()), "{title}");
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{title}");
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"]["uid"], format!("${{{}}}", source["name"].as_str().unwrap()), "{title}");
        }
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(x + w <= 24, "{title} is too wide");
        for place in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(place), "{title} lies on another one");
        }
    }
}

#[test]
fn asks_for_what_is_counted_and_for_all_of_it() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            let known: BTreeSet<&str> = ["histogram_quantile", "__rate_interval"]
                .into_iter()
                .chain(ALL.iter().flat_map(|f| f.labels).copied())
                .collect();
            for word in words(query).filter(|word| !known.contains(word)) {
                let family = ALL.iter().find(|family| match family.kind {
                    Kind::Histogram => word.strip_suffix("_bucket") == Some(family.name),
                    _ => word == family.name,
                });
                asked.insert(family.unwrap_or_else(|| panic!("`{query}` asks for {word}, which nobody counts")).name);
            }
        }
    }
    let unseen: Vec<&str> = ALL.iter().map(|family| family.name).filter(|name| !asked.contains(name)).collect();
    assert_eq!(unseen, [""; 0]);
}
