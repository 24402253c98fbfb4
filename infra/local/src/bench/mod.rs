//! `cargo dev bench`: what the release binaries need, in time, memory and round trips, each figure beside a baseline of the same
//! run. One JSON line a figure on standard output; what is being done on standard error.

mod build;
mod cluster;
mod coldstart;
mod compare;
mod cost;
mod figure;
mod first_token;
mod function;
mod ingest;
mod load;
mod proc;
mod quality;
mod relay;
mod retrieval;
mod scale;
mod table;
mod tasks;
mod warm;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use clap::{Args, ValueEnum};
use fakes::server::lock;
use fakes::world::Home;

use crate::terminal::{complain, say};
use crate::{Problem, Result};
pub use figure::{Figure, Samples};

#[derive(Args, Clone)]
#[command(after_help = "Examples:
  cargo dev bench                                   all of it: eight minutes, after the release build
  cargo dev bench coldstart warm
  cargo dev bench > before.jsonl                    and, after a change:
  cargo dev bench --compare before.jsonl
  cargo dev bench --table infra/docs/figures.md

Builds the functions and this program for release first. Figures are of this machine: say which it was.")]
pub struct Options {
    /// Only these
    pub names: Vec<Name>,
    /// Show each figure beside that of an earlier run's output
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// Also write the figures as a table in Markdown
    #[arg(long, value_name = "FILE")]
    pub table: Option<PathBuf>,
    /// A tenth of the measurements: to see whether everything works, and not to be believed
    #[arg(long)]
    pub quick: bool,
    /// Where release binaries are that were built before
    #[arg(long, value_name = "FOLDER")]
    pub built: Option<PathBuf>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// From the start of a process to its first answer; memory; size of what is uploaded
    Coldstart,
    /// One request after the other: time and round trips
    Warm,
    /// What a question waits for besides the model
    FirstToken,
    /// The search, in a fleet of many tenants
    Retrieval,
    /// Whether the search finds what was asked for
    Quality,
    /// Mail from the provider to what can be searched
    Ingest,
    /// From the bell to the task that is done
    Tasks,
    /// Many requests at once
    Load,
    /// What the times come to in dollars
    Cost,
    /// Ten thousand advisors, by simulation
    Scale,
}

/// What a bench stands on.
pub struct Bench {
    pub home: Home,
    /// Where the functions' release binaries are.
    pub binaries: PathBuf,
    pub quick: bool,
    machine: String,
    figures: Mutex<Vec<Figure>>,
}

impl Bench {
    /// Reports one.
    pub fn say(&self, mut figure: Figure) {
        figure.machine.clone_from(&self.machine);
        complain(figure.line());
        if let Ok(line) = serde_json::to_string(&figure) {
            say(line);
        }
        lock(&self.figures).push(figure);
    }

    /// Tells whoever waits what is being done.
    pub fn doing(&self, what: impl std::fmt::Display) {
        complain(format_args!("  … {what}"));
    }

    /// What was measured before in this run.
    pub fn known(&self, name: &str) -> Option<f64> {
        lock(&self.figures).iter().find(|figure| figure.name == name).map(|figure| figure.value)
    }

    /// So many, or with `--quick` a tenth of it.
    pub fn times(&self, many: usize) -> usize {
        if self.quick { (many / 10).max(3) } else { many }
    }
}

pub async fn run(options: &Options) -> Result<()> {
    let home = Home::find()?;
    let Some(binaries) = options.built.clone() else { return build::and_measure(&home, options).await };
    let earlier = options.compare.as_deref().map(compare::read).transpose()?;
    let bench = Bench { home, binaries, quick: options.quick, machine: proc::machine(), figures: Mutex::default() };
    let names = if options.names.is_empty() { Name::value_variants() } else { &options.names };
    for name in names {
        let began = Instant::now();
        complain(format_args!("{name:?}"));
        match name {
            Name::Coldstart => Box::pin(coldstart::run(&bench)).await,
            Name::Warm => Box::pin(warm::run(&bench)).await,
            Name::FirstToken => Box::pin(first_token::run(&bench)).await,
            Name::Retrieval => Box::pin(retrieval::run(&bench)).await,
            Name::Quality => Box::pin(quality::run(&bench)).await,
            Name::Ingest => Box::pin(ingest::run(&bench)).await,
            Name::Tasks => Box::pin(tasks::run(&bench)).await,
            Name::Load => Box::pin(load::run(&bench)).await,
            Name::Cost => Box::pin(cost::run(&bench)).await,
            Name::Scale => scale::run(&bench),
        }
        .map_err(|problem| Problem(format!("{name:?}: {problem}")))?;
        complain(format_args!("{name:?} took {:.0} s", began.elapsed().as_secs_f64()));
    }
    let figures = lock(&bench.figures).clone();
    if let Some(earlier) = earlier {
        compare::tell(&earlier, &figures);
    }
    match &options.table {
        Some(path) => table::write(path, &figures),
        None => Ok(()),
    }
}
