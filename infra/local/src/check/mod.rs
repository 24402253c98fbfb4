//! `cargo dev check`: what CI runs, in the same order. Stops at the first failure and says what to do.

mod secrets;
mod supply;
mod template;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use fakes::world::{Home, install};

pub use template::templates;

use crate::terminal::say;
use crate::{Problem, Result};

struct Check {
    name: &'static str,
    command: Command,
    /// What to do when it fails.
    advice: &'static str,
}

/// Blocks; the tools write to the terminal themselves.
pub fn run() -> Result<()> {
    let home = Home::find()?;
    let progress = |line: &str| say(format_args!("  · {line}"));
    let linter = install::linter(&home, &progress)?;
    let sam = install::sam(&home, &progress)?;
    let checkov = install::checkov(&home, &progress)?;
    let validator = install::openapi_validator(&home, &progress)?;
    let deny = supply::deny(&home, &progress)?;
    let machete = supply::machete(&home, &progress)?;
    let started = Instant::now();
    timed("secrets", || secrets::look(&home, &linter.with_file_name("detect-secrets")))?;
    timed("openapi.json", || described(&home, &validator))?;
    timed("cargo deny advisories", || supply::advisories(&home, &deny))?;
    for mut check in checks(&home, &Tools { linter, sam, checkov, deny, machete }) {
        say(format_args!("▸ {}", check.name));
        let began = Instant::now();
        let status = check
            .command
            .current_dir(&home.root)
            .stdin(Stdio::null())
            .status()
            .map_err(|e| Problem(format!("Could not start {}: {e}.", check.command.get_program().display())))?;
        if !status.success() {
            return Err(Problem(format!("`{}` failed: {}", check.name, check.advice)));
        }
        say(format_args!("  ✓ {:.1} s", began.elapsed().as_secs_f64()));
    }
    say(format_args!("All checks passed in {:.0} s.", started.elapsed().as_secs_f64()));
    Ok(())
}

/// Has somebody else's program read our description against the specification.
fn described(home: &Home, validator: &Path) -> Result<()> {
    let file = home.local.join("openapi.json");
    let document = functions::openapi::document("https://api.example.com").to_string();
    std::fs::write(&file, document).map_err(|e| Problem(format!("Could not write {}: {e}.", file.display())))?;
    let status = Command::new(validator)
        .args(["--validation-errors", "all"])
        .arg(&file)
        .status()
        .map_err(|e| Problem(format!("Could not start {}: {e}.", validator.display())))?;
    if status.success() {
        return Ok(());
    }
    Err(Problem(
        "`/openapi.json` is not what OpenAPI 3.1 asks for: correct the routes' descriptions it names.".to_owned(),
    ))
}

/// One that is more than a command.
fn timed(name: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    say(format_args!("▸ {name}"));
    let began = Instant::now();
    check()?;
    say(format_args!("  ✓ {:.1} s", began.elapsed().as_secs_f64()));
    Ok(())
}

struct Tools {
    linter: PathBuf,
    sam: PathBuf,
    checkov: PathBuf,
    deny: PathBuf,
    machete: PathBuf,
}

fn checks(home: &Home, tools: &Tools) -> Vec<Check> {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        command.args(arguments);
        command
    };
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    doc.env("RUSTDOCFLAGS", "-Dwarnings");
    let mut deny = Command::new(&tools.deny);
    deny.args(["check", "bans", "licenses", "sources"]);
    let mut machete = Command::new(&tools.machete);
    machete.args(["shared", "functions", "infra"]).stdout(Stdio::null());

    let mut all = vec![
        Check { name: "cargo fmt", command: cargo(&["fmt", "--all", "--check"]), advice: "run `cargo fmt --all`." },
        Check {
            name: "cargo deny",
            command: deny,
            advice: "a crate is not fit for what .deny.toml asks: choose another, or write down there why it may be.",
        },
        Check {
            name: "cargo machete",
            command: machete,
            advice: "remove the dependencies nobody uses; `.local/tools/bin/cargo-machete` names them.",
        },
    ];
    all.extend(template::checks(home, tools));
    all.extend([
        Check {
            name: "cargo clippy",
            command: cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-Dwarnings"]),
            advice: "correct what it names, or say `#[expect(lint, reason = \"…\")]` with a reason.",
        },
        Check { name: "cargo doc", command: doc, advice: "correct the links and examples it names." },
        Check {
            name: "cargo test",
            command: cargo(&["test", "--workspace"]),
            advice: "run one test again with `cargo t <its name>`.",
        },
    ]);
    all
}
