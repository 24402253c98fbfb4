//! The functions' development binaries, and how one is started as Lambda starts it.

use std::path::{Path, PathBuf};
use std::process::Command;

use fakes::world::home::Home;
use fakes::world::process::{Supervised, tail};

use crate::{Problem, Result};

/// Builds all of them.
pub async fn build(home: &Home) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--package", "functions", "--bins"]).current_dir(&home.root);
    run(cargo, home.log("boot-build")?, "The functions do not build").await
}

/// Runs a command that takes its time, with what it says in a log.
pub async fn run(command: Command, log: PathBuf, failure: &str) -> Result<()> {
    let work = tokio::task::spawn_blocking(move || Supervised::run(&command, None, &log).map(|status| (status, log)));
    let (status, log) = work.await.map_err(|e| Problem(format!("{failure}: {e}.")))??;
    if status.success() { Ok(()) } else { Err(Problem(format!("{failure}:\n{}", tail(&log)))) }
}

/// Where cargo puts them: beside this program.
pub fn folder(home: &Home) -> PathBuf {
    let program = std::env::current_exe().ok();
    program.as_deref().and_then(Path::parent).map_or_else(|| home.root.join("target/debug"), Path::to_owned)
}
