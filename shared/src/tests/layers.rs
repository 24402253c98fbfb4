//! Data flows one way: the table on the crate's front page, held to be true.

use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may use besides itself and what may be used by all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("config", &[]),
    ("telemetry", &[]),
    ("chaos", &[]),
    ("model", &[]),
    ("store", &["model"]),
    ("clients", &["model"]),
    ("domain", &["store", "clients", "model"]),
];
const USED_BY_ALL: &[&str] = &["error", "config", "telemetry", "chaos"];
const LAYERS: &[&str] = &["model", "store", "clients", "domain", "edge", "app"];

#[test]
fn data_flows_one_way() {
    for (layer, allowed) in MAY_USE {
        for (file, text) in rust_files(&folder("src"), Some(layer)) {
            for other in used(&text, "crate").iter().filter(|name| LAYERS.contains(&name.as_str())) {
                assert!(
                    other == layer || allowed.contains(&other.as_str()),
                    "{}: `{layer}` must not use `{other}`",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn every_layer_has_its_rule() {
    let known: Vec<&str> =
        MAY_USE.iter().map(|(layer, _)| *layer).chain(["edge", "app", "lib", "tests", "fuzzing"]).collect();
    for (file, _) in rust_files(&folder("src"), None) {
        let layer = layer(&folder("src"), &file);
        assert!(known.contains(&layer.as_str()), "{}: say in MAY_USE what `{layer}` may use", file.display());
    }
    assert!(USED_BY_ALL.iter().all(|layer| known.contains(layer) && !LAYERS.contains(layer)));
}

#[test]
fn functions_leave_the_providers_to_the_domain() {
    for (file, text) in rust_files(&folder("../functions/src"), None) {
        let is_test = file.starts_with(folder("../functions/src/tests"));
        let calls_providers = used(&text, "shared").iter().any(|name| name == "clients");
        assert!(is_test || !calls_providers, "{}: functions must not use `shared::clients`", file.display());
    }
}

/// A stand-in that shared our types would share our mistakes.
#[test]
fn the_fakes_know_nothing_of_the_product() {
    let manifest = fs::read_to_string(folder("../infra/fakes/Cargo.toml")).unwrap();
    for product in ["shared", "functions"] {
        let depends = manifest.lines().any(|line| line.split(['.', ' ', '=']).next() == Some(product));
        assert!(!depends, "infra/fakes/Cargo.toml: the fakes must not depend on `{product}`");
        for (file, text) in rust_files(&folder("../infra/fakes/src"), None) {
            assert!(used(&text, product).is_empty(), "{}: the fakes must not use `{product}`", file.display());
        }
    }
}

#[test]
fn imports_are_found_however_they_are_written() {
    let text = "
        //! [`crate::clients`] in a comment is no import.
        use crate::edge::{Call, Reply};
        pub(in crate::model) use crate::{store::{self, tasks}, error::Result,
            clients};
        fn f(app: &crate::App) -> othercrate::domain::X {}
        use super::super::domain::tasks;";

    assert_eq!(used(text, "crate"), ["edge", "model", "store", "error", "clients", "app", "domain"]);
    assert_eq!(used("use shared::{App, clients::gmail};", "shared"), ["app", "clients"]);
}

pub(super) fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The first name of a file's path below `src`.
fn layer(src: &Path, file: &Path) -> String {
    let first = file.strip_prefix(src).unwrap().components().next().unwrap();
    Path::new(&first).file_stem().unwrap().to_string_lossy().into_owned()
}

/// Path and text of every file below `src`, or of one layer's.
pub(super) fn rust_files(src: &Path, wanted: Option<&str>) -> Vec<(PathBuf, String)> {
    let mut folders = vec![src.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && wanted.is_none_or(|wanted| wanted == layer(src, &path))
            {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    assert!(!files.is_empty(), "{} has no files of {wanted:?}", src.display());
    files
}

/// The first name after each `root::`, of each branch where a group follows. A chain of `super::` may lead to the root of
/// the crate, so what it names counts too. `App` is the layer `app`.
fn used(text: &str, root: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let up = "super::super";
    let starts = [root, up].into_iter().filter(|start| *start != up || root == "crate").flat_map(|start| {
        code.match_indices(&format!("{start}::")).map(|(at, path)| (at, at + path.len())).collect::<Vec<_>>()
    });
    let mut starts: Vec<(usize, usize)> = starts.collect();
    starts.sort_unstable();
    let begins_a_word = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':'));
    starts.iter().filter(|(at, _)| begins_a_word(*at)).flat_map(|(_, end)| branches(&code[*end..])).collect()
}

fn branches(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else { return vec![first_name(path)] };
    let (mut depth, mut names, mut begins) = (1, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => begins = true,
            _ if begins && !c.is_whitespace() => {
                names.push(first_name(&group[at..]));
                begins = false;
            }
            _ => {}
        }
    }
    names
}

fn first_name(path: &str) -> String {
    let path = path.trim_start_matches("super::");
    let name: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if name == "App" { "app".to_owned() } else { name }
}
