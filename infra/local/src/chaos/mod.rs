//! `cargo dev chaos`: thousands of writes through real worker processes while everything goes wrong, and a checker that says
//! whether each happened once.
//!
//! ```text
//! binaries → world → people sign in → storm: producers ∥ clock ∥ queue → fleet ∥ nemesis ∥ weather → calm → check → report
//! ```
//! * [`binaries`]: the product's own binaries, built with the feature `chaos`.
//! * [`world`]: Postgres, moto and the stand-ins, of this run alone.
//! * [`plan`], [`work`]: what is asked for, and asking for it.
//! * [`process`], [`fleet`]: functions as processes, and the queue's way to them.
//! * [`nemesis`], [`weather`]: what goes wrong here, and at the providers.
//! * [`journal`], [`look`], [`check`]: what happened, and what of it must not have.

mod binaries;
mod check;
mod fleet;
mod journal;
mod look;
mod nemesis;
mod options;
mod people;
mod plan;
mod process;
mod report;
mod storm;
mod weather;
mod work;
mod world;

use std::sync::Arc;
use std::time::Instant;

use fakes::world::Home;

pub use options::Options;

use crate::stop::Stop;
use crate::terminal::{complain, say};
use crate::{Problem, Result};
use world::World;

/// Runs, prints the report as one JSON object, and fails when the checker found anything.
pub async fn run(options: Options, stop: Stop) -> Result<()> {
    let begun = Instant::now();
    let home = Home::find()?;
    complain(format_args!("chaos: {}", options.command()));
    let binaries = binaries::build(&home).await?;
    complain(format_args!("  binaries in {}", binaries.folder.display()));
    let plan = plan::make(&options);
    let mut world = World::start(&home, &options, binaries, &plan).await?;
    people::sign_in(&mut world).await?;
    complain(format_args!(
        "  {} advisors signed in, after {:.0} s",
        world.advisors.len(),
        begun.elapsed().as_secs_f64()
    ));
    let world = Arc::new(world);
    let lived = tokio::select! {
        lived = storm::live_through(&world, plan) => lived?,
        () = stop.asked() => return Err(Problem("Stopped before the end: nothing was checked.".to_owned())),
    };
    let seen = look::look(&world, &lived).await?;
    let verdict = check::check(&seen, &options);
    let report = report::report(&options, &lived, &verdict, begun.elapsed());
    say(&report);
    world.stop().await;
    world.tidy(!verdict.holds());
    let wanted = options.without.is_none();
    for line in &verdict.violations {
        complain(format_args!("  ✗ {line}"));
    }
    match (verdict.holds(), wanted) {
        (true, true) => {
            complain(format_args!(
                "All {} tasks ended, and none twice, in {:.0} s.",
                verdict.acknowledged,
                begun.elapsed().as_secs_f64()
            ));
            Ok(())
        }
        (false, true) => Err(Problem(format!("The promise was broken. To see it again: {}", options.command()))),
        // What is missing has to be noticed.
        (_, false) if verdict.duplicated > 0 => {
            complain(format_args!(
                "Without it, {} tasks happened twice: the checker sees that it is missing.",
                verdict.duplicated
            ));
            Ok(())
        }
        (_, false) => {
            Err(Problem("A guard was switched off and nothing happened twice: the experiment is too weak.".to_owned()))
        }
    }
}
