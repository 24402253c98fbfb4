//! Rules that no compiler knows, held to the source itself.

use std::fs;
use std::path::Path;

use super::template::root;

/// What a log line may be told in full: ids, and errors, whose `Debug` is made for logs.
const TOLD: [&str; 15] = [
    "id",
    "task",
    "event",
    "owner",
    "user",
    "session",
    "error",
    "lost",
    "why",
    "outcome",
    "panic",
    "request_id",
    "force_capture()",
    "DisplayErrorContext(error)",
    "refused",
];
/// Words that name what is never logged, whatever it is called by.
const NEVER: [&str; 12] = [
    "body",
    "text",
    "token",
    "email",
    "subject",
    "prompt",
    "content",
    "secret",
    "password",
    "cookie",
    "message.body",
    "address",
];

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// Of each call of a macro of this name the part in brackets, without what stands in quotation marks.
fn calls<'a>(text: &'a str, names: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    let begins = names.iter().flat_map(|name| text.match_indices(*name)).map(|(at, name)| at + name.len());
    begins.map(|at| {
        let (mut depth, mut quoted, mut inside) = (1, false, String::new());
        for sign in text[at..].chars() {
            match sign {
                '"' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if !quoted {
                inside.push(sign);
            }
        }
        inside
    })
}

fn indiscreet(text: &str) -> Vec<String> {
    let macros = ["trace!(", "debug!(", "info!(", "warn!(", "error!(", "info_span!(", "span!("];
    let arguments = calls(text, &macros)
        .flat_map(|call| call.split(',').map(|argument| argument.trim().to_owned()).collect::<Vec<_>>());
    let mut found = Vec::new();
    for argument in arguments {
        let value = argument.rsplit('=').next().unwrap_or_default().trim();
        let shown = value.strip_prefix(['%', '?']);
        let whole = shown.is_some_and(|value| {
            !TOLD.iter().any(|told| {
                value == *told || value.ends_with(&format!(".{told}")) || value.ends_with(&format!("::{told}"))
            })
        });
        let words = value.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_' && sign != '.');
        let named = words.flat_map(|word| word.rsplit('.')).any(|word| NEVER.contains(&word));
        if whole || named {
            found.push(argument);
        }
    }
    found
}

#[test]
fn a_log_line_names_nobody_and_holds_nothing() {
    for folder in ["shared/src", "functions/src"] {
        for (file, text) in sources(folder) {
            assert_eq!(indiscreet(&text), Vec::<String>::new(), "{file}");
        }
    }
    for planted in [
        "debug!(?body, \"sent\")",
        "info!(mail = %mail, \"m\")",
        "warn!(to = email, \"m\")",
        "info!(x = self.token, \"m\")",
    ] {
        assert_eq!(indiscreet(planted).len(), 1, "{planted}");
    }
    assert!(indiscreet("info!(task.id = %claim.id, error = ?error, \"a body\")").is_empty());
}

/// What stands in a statement besides its text: names of constants only. Values are parameters.
fn put_together(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, name) in text.match_indices("format!(") {
        let rest = &text[at + name.len()..];
        let end = rest.find(";").unwrap_or(rest.len()).min(rest.find("\n}").unwrap_or(rest.len()));
        let statement = rest[..end].replace("{{", "").replace("}}", "");
        if !statement.contains("-- ") && !statement.contains("select ") {
            continue;
        }
        for part in statement.split('{').skip(1) {
            let part = part.split('}').next().unwrap_or_default();
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
                found.push(part.to_owned());
            }
        }
    }
    found
}

#[test]
fn no_value_stands_in_the_text_of_a_statement_and_no_setting_outlives_a_transaction() {
    for (file, text) in sources("shared/src/store") {
        let mut parts = put_together(&text);
        // A number of ours, in the one place that opens a transaction; and the name of a table, which a constant is, too.
        parts.retain(|part| !(file.ends_with("store/db.rs") && part == "owner"));
        parts.retain(|part| !(file.ends_with("store/records.rs") && part == "table"));
        // Names of tables and columns, from the constants of the list of what is held.
        let listed = ["what", "select", "name", "owner", "texts", "keys", "after", "until"];
        parts.retain(|part| !(file.ends_with("store/holdings.rs") && listed.contains(&part.as_str())));
        assert_eq!(parts, Vec::<String>::new(), "{file}");
        let lower = text.to_lowercase();
        for setting in ["\"set ", "set session", "\\nset ", "\"listen "] {
            assert!(!lower.contains(setting), "{file}: {setting}");
        }
        assert!(
            lower.match_indices("set_config(").all(|(at, _)| lower[at..].lines().next().unwrap().contains(", true)")),
            "{file}"
        );
    }
    assert_eq!(put_together("format!(\"select {COLUMNS} from t where id = {id}\")"), ["id"]);
}

#[test]
fn nobody_writes_unsafe_code_and_everybody_has_the_same_lints() {
    let manifest =
        |path: &Path| -> toml::Table { fs::read_to_string(path.join("Cargo.toml")).unwrap().parse().unwrap() };
    let workspace = manifest(&root());
    let lints = &workspace["workspace"]["lints"];
    assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for lint in ["unwrap_used", "print_stdout", "print_stderr", "dbg_macro", "allow_attributes"] {
        assert!(lints["clippy"].get(lint).is_some(), "{lint}");
    }
    for member in workspace["workspace"]["members"].as_array().unwrap() {
        let member = member.as_str().unwrap();
        let own = manifest(&root().join(member));
        assert_eq!(own["lints"]["workspace"].as_bool(), Some(true), "{member}");
    }
}
