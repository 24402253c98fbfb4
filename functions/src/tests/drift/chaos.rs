//! What `cargo dev chaos` may switch off, nothing that is deployed can: the feature `chaos` is nobody's default.

use std::time::{Duration, Instant};

use shared::chaos::{self, Guard};

use super::text;

#[test]
fn nobody_switches_the_feature_chaos_on() {
    for package in ["shared", "functions", "infra/local", "infra/fakes", "infra/fakes/minilm"] {
        let manifest: toml::Table = text(&format!("{package}/Cargo.toml")).parse().unwrap();
        let features = manifest.get("features").and_then(|features| features.as_table()).cloned().unwrap_or_default();
        assert!(!features.contains_key("default"), "{package}");
        for (feature, needs) in features.iter().filter(|(feature, _)| *feature != "chaos") {
            assert!(!needs.to_string().contains("chaos"), "{package}: {feature}");
        }
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let used = manifest.get(section).map(ToString::to_string).unwrap_or_default();
            assert!(!used.contains("chaos"), "{package} takes it in its {section}");
        }
    }
    for file in ["Cargo.toml", "template.yaml", "samconfig.toml", ".cargo/config.toml"] {
        assert!(!text(file).contains("chaos\""), "{file} names it");
    }
    let source = text("shared/src/chaos.rs");
    assert!(source.contains("all(feature = \"chaos\", not(debug_assertions))"), "a release must refuse it");
}

#[test]
fn without_it_every_guard_stands_and_time_is_what_it_is() {
    assert!([Guard::Fence, Guard::Ledger, Guard::Quiet].into_iter().all(chaos::stands));
    assert_eq!(chaos::scaled(Duration::from_secs(90)), Duration::from_secs(90));
    assert_eq!(chaos::clock_offset_ms(), 0);
    let begun = Instant::now();
    (0..10_000).for_each(|_| chaos::stand_still());
    assert!(begun.elapsed() < Duration::from_secs(4), "nobody stands still");
    // It would end this process.
    chaos::swallow(Some(chaos::POISON));
}
