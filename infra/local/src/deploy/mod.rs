//! `cargo dev deploy`: the functions' code, once built, to a stack that `sam deploy` has made. Only what changed is sent;
//! the migrations run first; the alias `live` moves last, function by function.
//!
//! By AWS's own client and not by calling `cargo lambda deploy` for each function: what is there already, what was live before
//! and whether the migrations went through have to be asked anyway. What comes out is the same, a new version behind `live`,
//! and a test lets `cargo lambda deploy` do it too.

mod lambda;
pub mod package;
mod rehearsal;
mod release;
mod rollback;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use clap::Args;
use fakes::world::Home;
use fakes::world::install;
use url::Url;

use crate::terminal::{say, step};
use crate::{Problem, Result, binaries, world};
use lambda::{Architecture, Lambda};
use release::Release;

#[derive(Args)]
#[command(after_help = "Examples:
  cargo dev deploy financial-advisor-staging
  cargo dev deploy financial-advisor-staging --only tasks-get --only tasks-list
  cargo dev deploy financial-advisor-staging --rollback
  cargo dev deploy rehearsal --rehearse --no-build

Credentials and region come from the environment or from ~/.aws, as for the AWS command line; with single sign-on first
`eval \"$(aws configure export-credentials --format env)\"`. infra/docs/upgrade.md tells the whole story.")]
pub struct Options {
    /// The stack's name, by which its functions begin
    pub stack: String,
    /// Only this function (may be repeated); the migrations run only where ops-migrate is named
    #[arg(long, value_name = "FUNCTION")]
    pub only: Vec<String>,
    /// Take the newest release back: `live` moves to what it was before
    #[arg(long, conflicts_with_all = ["only", "no_build"])]
    pub rollback: bool,
    /// Release what is in target/lambda, without building it
    #[arg(long)]
    pub no_build: bool,
    /// Where Lambda's API is, if not at AWS
    #[arg(long)]
    pub endpoint_url: Option<Url>,
    /// Against an AWS on this machine, in which a stack of this name is made first: once, once more, and back
    #[arg(long, conflicts_with_all = ["rollback", "endpoint_url"])]
    pub rehearse: bool,
}

pub async fn run(options: &Options) -> Result<()> {
    let home = Home::find()?;
    if options.rehearse {
        return rehearsal::run(&home, options).await;
    }
    let lambda = Lambda::from_environment(options.endpoint_url.as_ref()).await?;
    if options.rollback {
        return rollback::run(&lambda, &options.stack, &world::functions(&home, &[])?).await;
    }
    let functions = world::functions(&home, &options.only)?;
    let stack = step("Stack", async {
        let stack = lambda.look(&options.stack, &functions).await?;
        let (functions, architecture) = (stack.functions.len(), stack.architecture);
        Ok((stack, format!("{}, {functions} functions for {architecture}", options.stack)))
    })
    .await?;
    if !options.no_build {
        build(&home, stack.architecture).await?;
    }
    let release = Release { lambda: &lambda, stack, code: home.root.join("target/lambda") };
    release.run().await.map(drop)
}

/// All functions in one run, for the processor of the stack.
async fn build(home: &Home, architecture: Architecture) -> Result<()> {
    let progress = |line: &str| say(format_args!("  · {line}"));
    let program = install::cargo_lambda(home, &progress)?;
    let mut command = Command::new(&program);
    command.args(["lambda", "build", "--release", "--package", "functions"]).current_dir(&home.root);
    // Zig is found in the environment in which it was installed.
    if let Some(folder) = program.parent() {
        command.env("PATH", before_path(folder)?);
    }
    // Zig also where the processor is ours: it links against the libc of Amazon Linux and not against this machine's.
    install::zig(home, &progress)?;
    if architecture == Architecture::Arm64 {
        command.arg("--arm64");
    }
    step("Build", async {
        let log = home.log("lambda-build")?;
        binaries::run(command, log, "The functions do not build").await.map(|()| ((), "target/lambda".to_owned()))
    })
    .await
}

#[expect(
    clippy::disallowed_methods,
    reason = "where programs are is the shell's business, not the product's configuration"
)]
fn before_path(folder: &Path) -> Result<OsString> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&rest));
    std::env::join_paths(folders).map_err(|e| Problem(format!("PATH cannot be extended: {e}.")))
}
