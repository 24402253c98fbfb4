//! The release build, and this program's own part in it: what measures must not be slower than what is measured.

use std::path::PathBuf;
use std::process::Command;

use fakes::world::Home;

use super::Options;
use crate::terminal::complain;
use crate::{Problem, Result, binaries};

/// The least a function can be: `functions/examples/`.
pub const HELLO: &str = "hello-world";

/// Builds everything for release, and has the release build of this program do the measuring.
pub async fn and_measure(home: &Home, options: &Options) -> Result<()> {
    complain("Building for release; the first time takes minutes …");
    // The functions by themselves: built together with others they would have those others' features, too.
    for wanted in
        [&["functions", "--bins"][..], &["local", "--package", "functions", "--bin", "local", "--example", HELLO]]
    {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--release", "--package"]).args(wanted).current_dir(&home.root);
        binaries::run(cargo, home.log("bench-build")?, "The release build failed").await?;
    }

    let folder = folder(home);
    let mut measure = tokio::process::Command::new(folder.join("local"));
    measure.arg("bench").arg("--built").arg(&folder);
    measure.args(options.names.iter().filter_map(clap_name));
    for (flag, path) in [("--compare", &options.compare), ("--table", &options.table)] {
        if let Some(path) = path {
            measure.arg(flag).arg(path);
        }
    }
    if options.quick {
        measure.arg("--quick");
    }
    let status = measure.status().await.map_err(|e| Problem(format!("Could not start {}: {e}.", folder.display())))?;
    if status.success() { Ok(()) } else { Err(Problem("The bench ended early: see above.".to_owned())) }
}

fn clap_name(name: &super::Name) -> Option<String> {
    clap::ValueEnum::to_possible_value(name).map(|value| value.get_name().to_owned())
}

/// Where cargo puts what is built for release: beside the folder of development builds.
fn folder(home: &Home) -> PathBuf {
    let beside = binaries::folder(home);
    beside.parent().map_or_else(|| home.root.join("target/release"), |target| target.join("release"))
}
