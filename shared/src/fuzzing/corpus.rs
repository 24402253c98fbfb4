//! The corpus that is kept: what once broke a promise, and what reaches most of the code.

use std::fs;
use std::path::{Path, PathBuf};

use super::TARGETS;

const LARGEST: u64 = 200 * 1024;
const MOST: usize = 30;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/fuzz")
}

fn files(target: &str) -> Vec<PathBuf> {
    let folder = folder().join("corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn every_input_that_is_kept_keeps_every_promise() {
    for (name, run) in TARGETS {
        let files = files(name);
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let input = fs::read(&file).unwrap();
            let kept = std::panic::catch_unwind(|| run(&input));
            assert!(kept.is_ok(), "{} breaks a promise of {name}", file.display());
        }
    }
}

#[test]
fn the_corpus_is_small() {
    let mut bytes = 0;
    for (name, _) in TARGETS {
        let files = files(name);
        assert!(files.len() <= MOST, "{name} keeps {} files: minimise them", files.len());
        bytes += files.iter().map(|file| fs::metadata(file).unwrap().len()).sum::<u64>();
    }
    assert!(bytes <= LARGEST, "the corpus has {bytes} bytes");
}

#[test]
fn every_target_can_be_started() {
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "infra/fuzz/Cargo.toml: {name} is missing");
        let start = fs::read_to_string(folder().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(start.contains(&format!("\"{name}\"")), "fuzz_targets/{name}.rs starts another target");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}
