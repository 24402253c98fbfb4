//! Many requests at once: over the gateway of `cargo dev` and the release binaries, each process serving one request at a time.

mod clients;
mod fleet;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clients::{Ask, Crowd, Outcome, mix};
use fakes::world::free_port;
use fleet::Fleet;
use functions::routes::ROUTES;
use reqwest::Method;
use shared::edge::Mode;
use tokio::sync::oneshot;
use url::Url;

use super::cluster::Durable;
use super::{Bench, Figure, build, proc};
use crate::ask::browser::{Browser, Jar};
use crate::ask::sign_in;
use crate::gateway::{self, Endpoint};
use crate::stage::Stage;
use crate::stop::Stop;
use crate::up::stand_ins::Contents;
use crate::up::variables::APP_ROLE;
use crate::world::Ground;
use crate::{Problem, Result};

const AT_ONCE: [usize; 5] = [1, 10, 50, 100, 200];
/// Of a process: one for what is asked, one for the heartbeat.
const CONNECTIONS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(120);

pub async fn run(bench: &Bench) -> Result<()> {
    // More than the fleet can open: how many it opens is what is measured.
    let settings = ["max_connections=1000", "shared_buffers=256MB", "max_wal_size=4GB"];
    let durable = Durable::start(&bench.home, "load", &settings).await?;
    let measured = measure(bench, &durable).await;
    durable.stop().await;
    measured
}

async fn measure(bench: &Bench, durable: &Durable) -> Result<()> {
    bench.doing("three advisors sign in, and what they have is read");
    let mut ground = Ground::lay_on(&durable.cluster, "bench-load", free_port()?).await?;
    ground.unlimited();
    let mut stage = Stage::set(ground, Contents::demo()).await?;
    let mut cookies = vec![stage.cookies.clone()];
    let practice = Contents::demo().practice;
    for advisor in practice.advisors.iter().filter(|advisor| stage.user["email"] != advisor.email) {
        let mut browser = Browser::new(Jar::default())?;
        sign_in::through_consent(&mut browser, &stage.api, "/api/auth/google/start", "Google", Some(&advisor.email))
            .await?;
        cookies.push(browser.jar.header(&stage.api).unwrap_or_default());
    }
    stage.work();
    stage.until_worked(PATIENCE).await?;

    let variables = stage.variables().clone();
    let product =
        Side::open(&stage, Fleet::new(bench.home.clone(), bench.binaries.clone(), variables), cookies, mix()).await?;
    let hello = Ask { name: build::HELLO, method: Method::GET, path: "/hello", body: None, share: 1 };
    let examples = Fleet::new(bench.home.clone(), bench.binaries.join("examples"), Default::default());
    let least = Side::open(&stage, examples, Vec::new(), vec![hello]).await?;

    let mut levels = Vec::new();
    for many in AT_ONCE {
        let ours = level(bench, &stage, &product, many).await?;
        let least = level(bench, &stage, &least, many).await?;
        say(bench, many, &ours, &least);
        levels.push(ours);
    }
    past_saturation(bench, &levels);
    stage.stop().await;
    Ok(())
}

/// A gateway with its fleet, and who asks it.
struct Side {
    fleet: Arc<Fleet>,
    crowd: Arc<Crowd>,
    stop: Stop,
    /// Connections to the database that are no process's, but this program's, which has laid the ground.
    others: usize,
}

impl Side {
    async fn open(stage: &Stage, fleet: Arc<Fleet>, cookies: Vec<String>, asks: Vec<Ask>) -> Result<Self> {
        let endpoints = asks.iter().map(|ask| {
            let route = ROUTES.iter().find(|(name, _)| *name == ask.name).map(|(_, route)| route);
            let streams = route.is_some_and(|route| route.mode == Mode::Streaming);
            let (method, path) = route.map_or(("GET", ask.path), |route| (route.method, route.path));
            Endpoint { name: ask.name, method, path, streams, timeout: PATIENCE, invoke: fleet.invoke(ask.name) }
        });
        let (endpoints, port, stop) = (endpoints.collect(), free_port()?, Stop::never());
        tokio::spawn(gateway::serve(gateway::listen(port).await?, endpoints, stop.clone()));
        let api = Url::parse(&format!("http://127.0.0.1:{port}")).map_err(|e| Problem(e.to_string()))?;
        let others = connections(stage).await?;
        Ok(Self { fleet, crowd: Arc::new(Crowd::new(api, cookies, asks)), stop, others })
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

/// One number of requests at once.
struct Level {
    outcome: Outcome,
    processes: usize,
    /// Started while it was measured.
    starts: usize,
    connections: usize,
    resident: u64,
    own: u64,
}

impl Level {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn rate(&self) -> f64 {
        self.outcome.took.len() as f64 / self.outcome.seconds
    }
}

async fn level(bench: &Bench, stage: &Stage, side: &Side, many: usize) -> Result<Level> {
    bench.doing(format_args!("{many} at once, {}", side.crowd.order[0].name));
    let time = Duration::from_millis(if bench.quick { 700 } else { 6000 });
    // The processes are started first: what is measured is many at once, and not the start of many.
    let (over, ended) = oneshot::channel();
    let (started, _) = tokio::join!(
        async {
            let started = side.crowd.ask(many, time / 3).await;
            let _nobody_counts = over.send(());
            started
        },
        most_connections(stage, ended)
    );
    started?;
    let before = side.fleet.starts.load(Ordering::Relaxed);
    let (over, ended) = oneshot::channel();
    let (outcome, connections) = tokio::join!(
        async {
            let outcome = side.crowd.ask(many, time).await;
            let _nobody_counts = over.send(());
            outcome
        },
        most_connections(stage, ended)
    );
    let pids = side.fleet.pids();
    let memory: Vec<_> = pids.iter().map(|pid| proc::memory(*pid)).collect();
    Ok(Level {
        outcome: outcome?,
        processes: pids.len(),
        starts: side.fleet.starts.load(Ordering::Relaxed) - before,
        connections: connections?.saturating_sub(side.others),
        resident: memory.iter().map(|memory| memory.now).sum(),
        own: memory.iter().map(|memory| memory.own).sum(),
    })
}

/// Connections to the database, at most, until it is over. Three advisors play many: what one of them may ask in a minute is given
/// back meanwhile.
async fn most_connections(stage: &Stage, mut ended: oneshot::Receiver<()>) -> Result<usize> {
    let mut most = 0;
    loop {
        most = most.max(connections(stage).await?);
        stage.change("delete from rate_limits").await?;
        tokio::select! {
            _ = &mut ended => return Ok(most),
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
    }
}

async fn connections(stage: &Stage) -> Result<usize> {
    let ours = format!("select count(*) from pg_stat_activity where usename = '{APP_ROLE}'");
    Ok(usize::try_from(stage.number(&ours).await?).unwrap_or_default())
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn say(bench: &Bench, many: usize, ours: &Level, least: &Level) {
    let hello = "hello-world behind the same gateway";
    let megabytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let name = |what: &str| format!("load.{many}.{what}");
    let note = format!("{} requests in {:.1} s", ours.outcome.took.len(), ours.outcome.seconds);
    bench.say(Figure::one(name("throughput"), "/s", ours.rate()).against(hello, least.rate()).note(note));
    let (p50, p99) = (ours.outcome.took.at(50.0), ours.outcome.took.at(99.0));
    bench.say(Figure::of(name("p50"), "ms", &ours.outcome.took).against(hello, least.outcome.took.at(50.0)));
    let mut worst = Figure::of(name("p99"), "ms", &ours.outcome.took);
    worst.value = p99;
    bench.say(worst.against(hello, least.outcome.took.at(99.0)).note(format!("{:.1} times the middle", p99 / p50)));
    let mut errors = Figure::one(name("errors"), "", ours.outcome.errors.len() as f64)
        .against(hello, least.outcome.errors.len() as f64)
        .at_most(0.0);
    if let Some(first) = ours.outcome.errors.first() {
        errors = errors.note(first);
    }
    bench.say(errors);
    bench.say(
        Figure::one(name("memory"), "MB", megabytes(ours.resident)).against(hello, megabytes(least.resident)).note(
            format!(
                "{} processes ({} at most), {} of them started while it was measured; {:.0} MB are no file's",
                ours.processes,
                fleet::MOST,
                ours.starts,
                megabytes(ours.own)
            ),
        ),
    );
    bench.say(
        Figure::one(name("connections"), "", ours.connections as f64)
            .against("processes", ours.processes as f64)
            .ratio_at_most(CONNECTIONS as f64),
    );
}

fn past_saturation(bench: &Bench, levels: &[Level]) {
    let [.., half, full] = levels else { return };
    let best = levels.iter().map(Level::rate).fold(0.0, f64::max);
    bench.say(
        Figure::one("load.growth", "ms", full.outcome.took.at(99.0))
            .against("p99 at half as many at once", half.outcome.took.at(99.0))
            .ratio_at_most(2.5),
    );
    let mut collapse = Figure::one("load.collapse", "/s", full.rate()).against("the best throughput of all", best);
    collapse.target = Some("ratio >= 0.8".to_owned());
    collapse.met = Some(full.rate() >= 0.8 * best);
    bench.say(collapse);
}
