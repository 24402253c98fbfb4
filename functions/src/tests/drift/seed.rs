//! `infra/docs/seed-readme.md`: what the seed promises, where it is, and the tests that show it. None of it may be an empty
//! word.

use std::fs;

use super::template::root;

const PAGE: &str = "infra/docs/seed-readme.md";

/// The cells of the tables of promises: what is said, where it is, and its tests.
fn rows(page: &str) -> Vec<[&str; 3]> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        inside = line.starts_with('|') && (inside || line == "| the README says | here | tests |");
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        if let ([said, place, tests], true) = (&cells[..], inside && !line.starts_with("|--")) {
            rows.push([*said, *place, *tests]);
        }
    }
    rows.retain(|[said, ..]| *said != "the README says");
    rows
}

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn problems(page: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for [said, place, tests] in rows(page) {
        if [said, place, tests].contains(&"") {
            problems.push(format!("{said}: a cell is empty"));
        }
        let files = quoted(place).filter(|name| name.contains('/') && !name.contains([' ', '{', '*']));
        for file in files.filter(|file| !root().join(file).exists()) {
            problems.push(format!("{said}: there is no {file}"));
        }
        for test in quoted(tests) {
            let (file, name) = test.split_once("::").unwrap_or((test, ""));
            let text = fs::read_to_string(root().join(file)).unwrap_or_default();
            if name.is_empty() || !text.contains(&format!("fn {name}(")) {
                problems.push(format!("{said}: there is no test {test}"));
            }
        }
        if quoted(tests).next().is_none() && !tests.starts_with("every test") {
            problems.push(format!("{said}: no test is named"));
        }
    }
    problems
}

#[test]
fn every_promise_of_the_seed_has_a_place_and_a_test() {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();

    assert!(rows(&page).len() > 70, "{PAGE} has lost its tables");
    assert_eq!(problems(&page), Vec::<String>::new(), "{PAGE}");
}

#[test]
fn a_promise_without_either_is_found() {
    let page = "| the README says | here | tests |\n|---|---|---|\n| It flies | `shared/src/wings.rs` | `functions/src/tests/drift/seed.rs::it_flies` |\n\
                | It swims |  | |";

    let found = problems(page);

    assert!(found[0].contains("no shared/src/wings.rs") && found[1].contains("no test"), "{found:?}");
    assert!(found.iter().any(|problem| problem.contains("It swims")), "{found:?}");
}
