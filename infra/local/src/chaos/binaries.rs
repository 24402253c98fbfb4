//! The product's own binaries with the feature `chaos`, kept apart from those without.

use std::path::PathBuf;
use std::process::Command;

use fakes::world::Home;
use fakes::world::process::{Supervised, tail};

use crate::{Problem, Result};

pub const WORKER: &str = "workers-run-task";
pub const SWEEP: &str = "schedules-sweep";
pub const RECONCILE: &str = "schedules-reconcile";
pub const DOOR: &str = "chat-execute-tool";

/// Where they are, and whatever else a run keeps in files.
pub struct Binaries {
    pub folder: PathBuf,
}

impl Binaries {
    /// What the functions have to say.
    pub fn log(&self) -> PathBuf {
        self.folder.join("functions.log")
    }
}

/// Builds them and keeps them in a folder of this run under `.local`, whatever else is built meanwhile.
pub async fn build(home: &Home) -> Result<Binaries> {
    let folder = home.local.join(format!("chaos/{}", std::process::id()));
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--package", "functions", "--features", "chaos"]).current_dir(&home.root);
    for name in [WORKER, SWEEP, RECONCILE, DOOR] {
        cargo.args(["--bin", name]);
    }
    let log = home.log("chaos-build")?;
    let work = tokio::task::spawn_blocking(move || Supervised::run(&cargo, None, &log).map(|status| (status, log)));
    let (status, log) = work.await.map_err(|e| Problem(format!("The build broke off: {e}.")))??;
    if !status.success() {
        return Err(Problem(format!("The functions do not build:\n{}", tail(&log))));
    }

    let unwritten = |e: std::io::Error| Problem(format!("Could not copy the binaries to {}: {e}.", folder.display()));
    std::fs::create_dir_all(&folder).map_err(unwritten)?;
    let program = std::env::current_exe().map_err(unwritten)?;
    let built = program.parent().ok_or_else(|| Problem("This program has no folder.".to_owned()))?;
    for name in [WORKER, SWEEP, RECONCILE, DOOR] {
        // The same file under another name, where that is possible: cargo writes a new one the next time.
        let (built, kept) = (built.join(name), folder.join(name));
        if std::fs::hard_link(&built, &kept).is_err() {
            std::fs::copy(&built, &kept).map_err(unwritten)?;
        }
    }
    Ok(Binaries { folder })
}
