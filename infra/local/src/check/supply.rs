//! The crates we stand on: what they are, whether anybody uses them, and what has become known of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fakes::world::{Home, install};

use crate::terminal::{complain, say};
use crate::{Problem, Result};

pub fn deny(home: &Home, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    install::tool(home, "cargo-deny", "0.20.2", progress)
}

pub fn machete(home: &Home, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    install::tool(home, "cargo-machete", "0.9.2", progress)
}

/// Whether anything is known against a crate of ours. The database of that is on GitHub: where it cannot be reached the copy of
/// last time will do, and where there is none either this says so, loudly, and stops nobody.
pub fn advisories(home: &Home, deny: &Path) -> Result<()> {
    let asked = ask(home, deny, &[])?;
    match verdict(&asked) {
        Verdict::Clean => Ok(()),
        Verdict::Found => Err(refused(&asked)),
        Verdict::NoDatabase => {
            let offline = ask(home, deny, &["--offline"])?;
            match verdict(&offline) {
                Verdict::Clean => {
                    say("  · github.com is out of reach: checked with the database as it was fetched last");
                    Ok(())
                }
                Verdict::Found => Err(refused(&offline)),
                Verdict::NoDatabase => {
                    complain(
                        "  ! NOT CHECKED: the database of known vulnerabilities is out of reach (github.com/RustSec/advisory-db), \
                         and there is no recent copy of it here.",
                    );
                    Ok(())
                }
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    Found,
    NoDatabase,
}

/// cargo-deny ends alike in both cases: what it found has a code in brackets, what it lacks has none.
fn verdict(output: &Output) -> Verdict {
    let said = String::from_utf8_lossy(&output.stderr);
    match () {
        () if output.status.success() => Verdict::Clean,
        () if said.contains("advisories FAILED") || said.contains("error[") => Verdict::Found,
        () => Verdict::NoDatabase,
    }
}

fn refused(output: &Output) -> Problem {
    complain(String::from_utf8_lossy(&output.stderr));
    Problem("`cargo deny advisories` failed: take a version without it, or write down in .deny.toml why it does not touch us.".into())
}

fn ask(home: &Home, deny: &Path, more: &[&str]) -> Result<Output> {
    let mut command = Command::new(deny);
    command.args(more).args(["--color", "never", "check", "advisories"]).current_dir(&home.root);
    command.output().map_err(|e| Problem(format!("Could not start cargo-deny: {e}.")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn what_was_found_is_told_from_what_was_not_looked_for() {
        let output = |code: i32, said: &str| Output {
            status: ExitStatus::from_raw(code << 8),
            stdout: Vec::new(),
            stderr: said.into(),
        };
        let away = "[ERROR] failed to fetch advisory database https://github.com/RustSec/advisory-db with cli: failed to clone";

        assert_eq!(verdict(&output(0, "advisories ok")), Verdict::Clean);
        assert_eq!(verdict(&output(1, "error[vulnerability]: a way in\nadvisories FAILED")), Verdict::Found);
        assert_eq!(verdict(&output(1, away)), Verdict::NoDatabase);
    }
}
