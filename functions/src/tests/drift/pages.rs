//! The pages that promise something: what is said, where it is, and the tests that show it. None of it may be an empty word.

use std::fs;

use super::template::root;

/// `infra/docs/seed-readme.md`: what the seed promises. `infra/docs/security.md`: what we do.
const PAGES: [(&str, usize); 2] = [("infra/docs/seed-readme.md", 70), ("infra/docs/security.md", 40)];

/// One row of a table of promises.
struct Promise<'a> {
    said: &'a str,
    here: &'a str,
    tests: &'a str,
}

/// The rows of every table whose second and third columns are `here` and `tests`.
fn promises(page: &str) -> Vec<Promise<'_>> {
    let mut promises = Vec::new();
    let mut inside = false;
    let mut is_head = true;
    for line in page.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        if !line.starts_with('|') {
            (inside, is_head) = (false, true);
            continue;
        }
        if is_head {
            inside = cells.get(1..3) == Some(&["here", "tests"]);
            is_head = false;
        } else if let ([said, here, tests, ..], true) = (&cells[..], inside && !line.starts_with("|--")) {
            promises.push(Promise { said, here, tests });
        }
    }
    promises
}

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn problems(page: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for Promise { said, here, tests } in promises(page) {
        if [said, here, tests].contains(&"") {
            problems.push(format!("{said}: a cell is empty"));
        }
        let files = quoted(here).filter(|name| name.contains('/') && !name.contains([' ', '{', '*']));
        for file in files.filter(|file| !root().join(file).exists()) {
            problems.push(format!("{said}: there is no {file}"));
        }
        // A whole experiment is a command; `cargo dev --help` has them.
        for test in quoted(tests).filter(|test| !test.starts_with("cargo dev ")) {
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
fn every_promise_has_a_place_and_a_test() {
    for (name, least) in PAGES {
        let page = fs::read_to_string(root().join(name)).unwrap();

        assert!(promises(&page).len() > least, "{name} has lost its tables");
        assert_eq!(problems(&page), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_promise_without_either_is_found() {
    let page = "| the README says | here | tests |\n|---|---|---|\n| It flies | `shared/src/wings.rs` | `functions/src/tests/drift/pages.rs::it_flies` |\n\
                | It swims |  | |\n\n| promise | here | tests | what remains |\n|---|---|---|---|\n| It sings | `README.md` | by ear | |\n";

    let found = problems(page);

    assert!(found[0].contains("no shared/src/wings.rs") && found[1].contains("no test"), "{found:?}");
    for said in ["It swims", "It sings"] {
        assert!(found.iter().any(|problem| problem.contains(said)), "{said}: {found:?}");
    }
}
