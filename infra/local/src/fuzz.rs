//! `cargo dev fuzz`: runs the fuzz targets under libFuzzer, one after the other.
//!
//! What it learns is kept below `.local/fuzz`, so that the next run goes on from there; what breaks a promise is written to
//! `infra/fuzz/artifacts`. The corpus in the repository stays as it is: `--minimise` makes a small one of what was learnt.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;
use fakes::world::Home;

use crate::terminal::say;
use crate::{Problem, Result};

/// Bytes of one input at most: what takes longer input to find is found by longer runs.
const LONGEST: &str = "-max_len=4096";
/// Seconds one input may take, and megabytes.
const LIMITS: [&str; 2] = ["-timeout=60", "-rss_limit_mb=2048"];

#[derive(Args)]
#[command(after_help = "Examples:
  cargo dev fuzz
  cargo dev fuzz answer mail --minutes 30
  cargo dev fuzz sse --minimise

Needs a nightly compiler, cargo-fuzz and a C++ compiler; says how to get what is missing. Of code without `unsafe` no sanitizer
finds anything more, so none is used.")]
pub struct Options {
    /// Only these; by default all
    pub targets: Vec<String>,
    /// For each target
    #[arg(long, default_value_t = 10)]
    pub minutes: u64,
    /// Afterwards, write the inputs that reach the most code to `.local/fuzz/<target>.min`
    #[arg(long)]
    pub minimise: bool,
}

pub async fn run(options: &Options) -> Result<()> {
    let home = Home::find()?;
    let all = targets(&home.root)?;
    if let Some(unknown) = options.targets.iter().find(|name| !all.contains(name)) {
        return Err(Problem(format!("There is no target `{unknown}`. There are {}.", all.join(", "))));
    }
    let wanted = if options.targets.is_empty() { &all } else { &options.targets };
    tools()?;
    let mut broken = Vec::new();
    for target in wanted {
        say(format_args!("▸ {target}, {} min", options.minutes));
        if !fuzz(&home, target, options)? {
            broken.push(target.as_str());
        }
    }
    if broken.is_empty() {
        say("Every promise was kept.");
        return Ok(());
    }
    Err(Problem(format!(
        "A promise was broken in {}: the input is in infra/fuzz/artifacts. Put it into infra/fuzz/corpus, where `cargo t` replays it.",
        broken.join(", ")
    )))
}

/// Those that have a file.
fn targets(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("infra/fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|e| Problem(format!("Could not read {}: {e}.", folder.display())))?;
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// Says what to install when something is missing.
fn tools() -> Result<()> {
    let works = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    for (program, arguments, advice) in [
        ("cargo", ["+nightly", "--version"], "a nightly compiler: run `rustup toolchain install nightly`"),
        ("cargo", ["fuzz", "--version"], "cargo-fuzz: run `cargo install cargo-fuzz --locked`"),
        ("c++", ["--version", "--version"], "a C++ compiler: on Debian, run `apt install g++`"),
    ] {
        if !works(program, &arguments) {
            return Err(Problem(format!("Fuzzing needs {advice}.")));
        }
    }
    Ok(())
}

/// Whether every promise was kept.
fn fuzz(home: &Home, target: &str, options: &Options) -> Result<bool> {
    let (learnt, kept) = (home.local.join("fuzz").join(target), home.root.join("infra/fuzz/corpus").join(target));
    fs::create_dir_all(&learnt).map_err(|e| Problem(format!("Could not make {}: {e}.", learnt.display())))?;
    let time = format!("-max_total_time={}", options.minutes * 60);
    let mut command = cargo_fuzz(home, "run", target);
    command
        .args([&learnt, &kept])
        .args(["--", &time, LONGEST, "-use_value_profile=1", "-print_final_stats=1"])
        .args(LIMITS);
    let is_kept = status(command)?;
    if options.minimise {
        let small = learnt.with_extension("min");
        fs::create_dir_all(&small).map_err(|e| Problem(format!("Could not make {}: {e}.", small.display())))?;
        let mut command = cargo_fuzz(home, "run", target);
        command.args([&small, &learnt, &kept]).args(["--", "-merge=1", LONGEST]).args(LIMITS);
        status(command)?;
        say(format_args!("  {} is what is left of it", small.display()));
    }
    Ok(is_kept)
}

fn cargo_fuzz(home: &Home, what: &str, target: &str) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(&home.root).env("AWS_LC_SYS_NO_JITTER_ENTROPY", "1");
    command.args(["+nightly", "fuzz", what, "--fuzz-dir", "infra/fuzz", "--sanitizer", "none", target]);
    // The compiler this program was started with is another one.
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    command
}

fn status(mut command: Command) -> Result<bool> {
    let status = command.stdin(Stdio::null()).status().map_err(|e| Problem(format!("Could not start cargo: {e}.")))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_targets_are_those_with_a_corpus() {
        let root: PathBuf = Home::find().unwrap().root;
        let names = targets(&root).unwrap();
        assert!(names.len() >= 8, "{names:?}");
        for name in names {
            assert!(root.join("infra/fuzz/corpus").join(&name).is_dir(), "{name} has no corpus");
        }
    }
}
