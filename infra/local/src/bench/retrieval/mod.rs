//! The search, in a fleet of many advisors: what it finds of what is nearest, and what that needs of the database's processor.

mod copies;
mod fleet;
mod load;
mod measure;
mod vectors;
mod words;

use std::time::{Duration, Instant};

use shared::store::Pool;
use shared::store::db::Address;
use shared::store::migrate;

use super::cluster::Durable;
use super::{Bench, Figure};
use crate::Result;
use crate::up::database::{ensure, in_words, let_in, owner_url};
use crate::up::variables::{APP_ROLE, DATABASE};
use fleet::{Fleet, Measured};
use measure::{Measurements, Searcher};
use vectors::Vectors;

/// All the vectors fit into its memory; and nobody tidies up or writes while it is measured.
const SETTINGS: &[&str] = &[
    "shared_buffers=4GB",
    "maintenance_work_mem=768MB",
    "max_wal_size=1GB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "fsync=off",
    "autovacuum=off",
];

const FUSED_AT_MOST: f64 = 1.3;
const RECALL_AT_LEAST: f64 = 0.99;

pub async fn run(bench: &Bench) -> Result<()> {
    let fleet = Fleet::new(bench.quick);
    let database = Durable::start(&bench.home, "retrieval", SETTINGS).await?;
    let measured = on(bench, &database, &fleet).await;
    database.stop().await;
    measured
}

async fn on(bench: &Bench, database: &Durable, fleet: &Fleet) -> Result<()> {
    let cluster = &database.cluster;
    ensure(cluster).await?;
    migrate::up(&owner_url(cluster)).await.map_err(|e| in_words(&e))?;
    let password = uuid::Uuid::new_v4().simple().to_string();
    cluster.execute(DATABASE, &let_in(&password)).await?;
    bench.doing(format_args!("writing {} chunks of {} advisors", fleet.chunks(), fleet.sizes.len()));
    let began = Instant::now();
    let known = load::load(&owner_url(cluster), fleet).await?;
    bench.doing(format_args!("written and indexed in {:.0} s", began.elapsed().as_secs_f64()));

    let url = cluster.url(APP_ROLE, &password, DATABASE);
    let address = url.clone().into();
    let address = Address {
        url: &address,
        user: None,
        password: None,
        authorities: None,
        require_tls: false,
        size: 1,
        slow: Duration::MAX,
    };
    let pool = Pool::new(&address).map_err(|e| in_words(&e))?;
    let searcher = Searcher::new(pool, &url).await?;
    let mut vectors = Vectors::new();
    for measured in &fleet.measured {
        let Some(texts) = known.get(&measured.user) else { continue };
        let texts = &texts[..texts.len().min(bench.times(load::KEPT))];
        let found = searcher.measure(measured, texts, &mut vectors).await?;
        report(bench, measured, &found);
    }
    Ok(())
}

fn report(bench: &Bench, of: &Measured, found: &Measurements) {
    let name = |what: &str| format!("retrieval.{}.{what}", of.name);
    let full = !bench.quick;
    let about = format!("{} chunks", of.chunks);

    let recall = Figure { value: found.recall.mean(), ..Figure::of(name("recall"), "of 10", &found.recall) };
    let recall = recall.against("exact", 1.0).at_least(RECALL_AT_LEAST).note(about);
    bench.say(recall);

    let cpu = Figure::p95_of(name("vector.cpu"), "ms p95", &found.vector.cpu);
    let cpu = cpu.against("exact p95", found.exact.cpu.at(95.0));
    bench.say(if full { cpu.at_most(of.target) } else { cpu });
    bench.say(Figure::of(name("vector.wall"), "ms", &found.vector.wall).against("exact", found.exact.wall.at(50.0)));
    let all = found.unbounded.cpu.at(50.0);
    bench.say(Figure::of(name("vector.bound"), "ms cpu", &found.vector.cpu).against("all in order", all));
    bench.say(Figure::of(name("recent.cpu"), "ms", &found.recent.cpu).against("all dates", found.vector.cpu.at(50.0)));

    let fused = Figure::of(name("fused.cpu"), "ms", &found.fused.cpu).against("vector", found.vector.cpu.at(50.0));
    bench.say(fused.ratio_at_most(FUSED_AT_MOST).note(format!(
        "{:.2} ms more; {:.0} % of the nearest ten are among its ten",
        found.fused.cpu.at(50.0) - found.vector.cpu.at(50.0),
        found.fused_recall.mean() * 100.0
    )));
    let wall = Figure::of(name("fused.wall"), "ms", &found.fused.wall);
    bench.say(wall.against("vector", found.vector.wall.at(50.0)));
}
