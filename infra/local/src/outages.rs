//! `cargo dev outages`: the experiments of `functions/src/tests/outages` with more repetitions. What they measured goes to
//! standard output, a line of JSON for each; what the tests say goes to standard error.

use std::process::{Command, Stdio};

use fakes::world::Home;

use crate::terminal::say;
use crate::{Problem, Result};

/// Blocks.
pub fn run() -> Result<()> {
    let home = Home::find()?;
    let file = std::env::temp_dir().join(format!("outages-{}.jsonl", std::process::id()));
    let status = Command::new("cargo")
        .args(["test", "--quiet", "--package", "functions", "--lib", "tests::outages::"])
        .env("OUTAGES_FIGURES", &file)
        .current_dir(&home.root)
        .stdin(Stdio::null())
        // Figures alone belong on standard output.
        .stdout(std::io::stderr())
        .status()
        .map_err(|e| Problem(format!("Could not start cargo: {e}.")))?;
    let figures = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(&file);
    for line in figures.lines() {
        say(line);
    }
    if status.success() { Ok(()) } else { Err(Problem("An experiment failed: its name stands above.".to_owned())) }
}
