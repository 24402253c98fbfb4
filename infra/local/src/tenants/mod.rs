//! `cargo dev tenants`: thousands of requests of many advisors at once, through the gateway and the functions, over one database
//! session that all of them share; and nobody gets anything of anybody else's. JSON on standard output.

mod bouncer;
mod mix;
mod nobody;
mod outgoing;
pub mod people;
mod report;
mod storm;
pub mod visit;
mod world;

use std::time::Instant;

use clap::Args;

use crate::clock::now;
use crate::terminal::{complain, say};
use crate::{Problem, Result, http_client};
use people::Who;
use report::Report;
use visit::Visitor;
use world::World;

#[derive(Args)]
#[command(after_help = "Examples:
  cargo dev tenants
  cargo dev tenants --requests 800 --advisors 8 --clients 24
  cargo dev tenants --seed 7

Needs PgBouncer (Debian: `apt install pgbouncer`). Ends with an error if anything of somebody else's came out.")]
pub struct Options {
    #[arg(long, default_value_t = 20_000)]
    pub requests: usize,
    /// Four to a firm
    #[arg(long, default_value_t = 40)]
    pub advisors: usize,
    /// Requests at once
    #[arg(long, default_value_t = 50)]
    pub clients: usize,
    /// Of a run that is to be done again; by default another each time
    #[arg(long)]
    pub seed: Option<u64>,
}

pub async fn run(options: &Options) -> Result<()> {
    if options.advisors < 2 || options.clients == 0 {
        return Err(Problem("It takes two advisors and a client.".to_owned()));
    }
    let seed = options.seed.unwrap_or_else(|| now().as_millisecond().unsigned_abs() % 1_000_000);
    complain(format_args!("Starting {} advisors, seed {seed} …", options.advisors));
    let world = World::start(options.advisors).await?;
    let outcome = in_world(&world, options, seed).await;
    world.stop().await;
    let report = outcome?;

    say(serde_json::to_string_pretty(&report).map_err(|e| Problem(e.to_string()))?);
    report.verdict()
}

async fn in_world(world: &World, options: &Options, seed: u64) -> Result<Report> {
    let http = http_client::client()?;
    let mut visitors = Vec::new();
    for n in 0..options.advisors {
        visitors.push(Visitor::arrive(&world.api, Who(n)).await?);
    }
    complain("All have signed in; their accounts are being read …");
    for visitor in &mut visitors {
        visitor.settle(&http, &world.api).await?;
    }
    complain(format_args!("{} requests of {} clients …", options.requests, options.clients));
    let began = Instant::now();
    let storm = storm::Storm { world, http: &http, visitors: &visitors, seed, requests: options.requests };
    let mut report = storm.run(options.clients).await;
    report.seconds = began.elapsed().as_secs_f64();
    (report.seed, report.advisors, report.clients) = (seed, options.advisors, options.clients);
    outgoing::examine(world, options.advisors, &mut report);
    Ok(report.of(&world.bouncer))
}
