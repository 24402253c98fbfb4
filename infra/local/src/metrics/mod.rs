//! `cargo dev metrics`: a real Prometheus looks at two instances of the product while many clients ask, and what it has seen is
//! held against what was sent. JSON lines on standard output.

mod compare;
mod dashboard;
mod prometheus;
mod storm;
mod world;

use std::time::{Duration, Instant};

use clap::Args;

use crate::clock::now;
use crate::tenants::people::Who;
use crate::tenants::visit::Visitor;
use crate::terminal::{complain, say};
use crate::{Problem, Result, http_client};
use compare::{Check, Seen};
use prometheus::Prometheus;
use world::World;

#[derive(Args)]
#[command(after_help = "Examples:
  cargo dev metrics
  cargo dev metrics --requests 3000 --clients 50
  cargo dev metrics --keep 600         and look at Prometheus for ten minutes

Needs Prometheus (Debian: `apt install prometheus`). Ends with an error if a number differs.")]
pub struct Options {
    #[arg(long, default_value_t = 1_000)]
    pub requests: usize,
    #[arg(long, default_value_t = 6)]
    pub advisors: usize,
    /// Requests at once
    #[arg(long, default_value_t = 24)]
    pub clients: usize,
    /// Of a run that is to be done again; by default another each time
    #[arg(long)]
    pub seed: Option<u64>,
    /// Seconds for which everything stays up afterwards
    #[arg(long, default_value_t = 0)]
    pub keep: u64,
}

/// After the last answer: a scrape each second, and two to be sure.
const SCRAPED: Duration = Duration::from_millis(3_500);
/// For the tasks that the requests have led to.
const WORKED: Duration = Duration::from_secs(120);

pub async fn run(options: &Options) -> Result<()> {
    if options.advisors == 0 || options.clients == 0 {
        return Err(Problem("It takes an advisor and a client.".to_owned()));
    }
    let seed = options.seed.unwrap_or_else(|| now().as_millisecond().unsigned_abs() % 1_000_000);
    complain(format_args!("Starting two instances, {} advisors, seed {seed} …", options.advisors));
    let world = World::start(options.advisors).await?;
    let outcome = in_world(&world, options, seed).await;
    world.stop().await;
    let checks = outcome?;

    for check in &checks {
        say(serde_json::to_string(check).map_err(|e| Problem(e.to_string()))?);
    }
    let wrong: Vec<&str> = checks.iter().filter(|check| !check.agrees).map(|check| check.what.as_str()).collect();
    complain(format_args!("{} of {} agree, seed {seed}.", checks.len() - wrong.len(), checks.len()));
    if wrong.is_empty() { Ok(()) } else { Err(Problem(format!("Prometheus has seen something else: {wrong:?}"))) }
}

async fn in_world(world: &World, options: &Options, seed: u64) -> Result<Vec<Check>> {
    let http = http_client::client()?;
    let mut visitors = Vec::new();
    for n in 0..options.advisors {
        visitors.push(Visitor::arrive(&world.apis[0], Who(n)).await?);
    }
    complain("All have signed in; their accounts are being read …");
    for visitor in &mut visitors {
        visitor.settle(&http, &world.apis[0]).await?;
    }
    world.until_worked(WORKED).await?;

    let mut prometheus = Prometheus::start(&world.apis, &world.token).await?;
    prometheus.until_it_scrapes(world.apis.len()).await?;
    tokio::time::sleep(SCRAPED).await;
    let before = Seen::of(&prometheus, world).await?;
    complain(format_args!("{} requests of {} clients to both instances …", options.requests, options.clients));
    let began = Instant::now();
    let sent = storm::Storm { world, http: &http, visitors: &visitors, seed, requests: options.requests }
        .run(options.clients)
        .await;
    let took = began.elapsed();
    world.until_worked(WORKED).await?;
    tokio::time::sleep(SCRAPED).await;
    let after = Seen::of(&prometheus, world).await?;
    complain(format_args!("{} requests in {:.1} s; Prometheus is asked …", options.requests, took.as_secs_f64()));

    let mut checks = compare::all(&sent, &before, &after);
    checks.extend(compare::both_instances(&after));
    checks.push(prometheus.lint(&world.scrape(&http).await?)?);
    checks.extend(dashboard::check(&prometheus).await?);
    if options.keep > 0 {
        let (api, token) = (&world.apis[0], &world.token);
        complain(format_args!(
            "For {} s: Prometheus at {}, API={} METRICS_TOKEN={token}",
            options.keep,
            prometheus.url,
            api.as_str().trim_end_matches('/')
        ));
        tokio::time::sleep(Duration::from_secs(options.keep)).await;
    }
    prometheus.stop().await;
    Ok(checks)
}
