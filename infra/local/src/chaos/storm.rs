//! The run itself: everything at once, and then the calm in which all of it has to come to an end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fakes::server::lock;
use futures::FutureExt;
use serde_json::json;
use tokio::task::JoinSet;

use super::binaries::{RECONCILE, SWEEP, WORKER};
use super::fleet::{Fleet, Loss};
use super::nemesis::Nemesis;
use super::plan::Order;
use super::process::Process;
use super::weather;
use super::work::Desk;
use super::world::World;
use crate::Result;
use crate::queue::{self, Mapping};
use crate::runtime_api::Outcome;
use crate::stop::Stop;
use crate::terminal::complain;
use crate::up::variables::QUEUE;

/// Lambda asks a queue from several places at once, too.
const POLLERS: usize = 4;
/// People who ask at once.
const PRODUCERS: usize = 4;
/// As in `template.yaml`.
const CLOCK: u64 = 60;
/// One task in so many kills whoever does it.
const POISON: usize = 150;

/// What a run leaves behind.
pub struct Lived {
    pub acknowledged: Vec<Order>,
    pub refused: Vec<Order>,
    pub poison: Vec<String>,
    pub losses: Vec<Loss>,
    /// What was done to it, by kind.
    pub nemesis: BTreeMap<&'static str, u64>,
    pub weather: BTreeMap<&'static str, u64>,
    pub storm: Duration,
    /// From the last fault to the end of the last task.
    pub calm: Duration,
}

pub async fn live_through(world: &Arc<World>, plan: Vec<Order>) -> Result<Lived> {
    let (fleet, desk) = (Fleet::new(world), Desk::new(world, plan));
    let (end_of_storm, end) = (Stop::never(), Stop::never());
    let begun = Instant::now();
    let mut playing = JoinSet::new();
    for _ in 0..POLLERS.min(world.options.workers) {
        playing.spawn(queue::run(world.sqs.clone(), mapping(world, &fleet), end.clone()));
    }
    playing.spawn(clock(world.clone(), fleet.clone(), SWEEP, end.clone()));
    playing.spawn(clock(world.clone(), fleet.clone(), RECONCILE, end_of_storm.clone()));
    playing.spawn(watch(world.clone(), desk.clone(), end.clone()));
    playing.spawn(poison(desk.clone(), world.clone(), end_of_storm.clone()));
    weather::begin(world);
    let nemesis = Nemesis::new(world, &fleet, &desk);
    let raging = tokio::spawn(nemesis.rage(end_of_storm.clone()));

    let mut producers = JoinSet::new();
    for _ in 0..PRODUCERS {
        let desk = desk.clone();
        producers.spawn(async move { desk.produce().await });
    }
    let most = Duration::from_secs(world.options.minutes * 60);
    if tokio::time::timeout(most, producers.join_all()).await.is_err() {
        complain(format_args!("  {} minutes are over: the rest is not asked for", world.options.minutes));
    }
    end_of_storm.ask();
    let nemesis = raging.await.unwrap_or_default();
    weather::end(world);
    let (storm, calm) = (begun.elapsed(), Instant::now());
    complain(format_args!("  calm after {:.0} s; waiting for what is under way", storm.as_secs_f64()));
    wait_for_the_end(world).await;
    let calm = calm.elapsed();
    end.ask();
    let _cut_off = tokio::time::timeout(Duration::from_secs(10), playing.join_all()).await;

    let (acknowledged, refused) = (lock(&desk.acknowledged).clone(), lock(&desk.refused).clone());
    let (poison, losses) = (lock(&desk.poison).clone(), lock(&fleet.losses).clone());
    Ok(Lived { acknowledged, refused, poison, losses, nemesis, weather: weather::struck(world), storm, calm })
}

fn mapping(world: &World, fleet: &Arc<Fleet>) -> Mapping {
    let fleet = fleet.clone();
    Mapping {
        function: WORKER,
        queue: QUEUE,
        queue_url: world.queue_url.clone(),
        batch_size: 1,
        max_concurrent: world.options.workers.div_ceil(POLLERS),
        handler: Arc::new(move |event| {
            let fleet = fleet.clone();
            async move { fleet.handle(event).await }.boxed()
        }),
    }
}

/// Plays EventBridge for one function.
async fn clock(world: Arc<World>, fleet: Arc<Fleet>, binary: &'static str, stop: Stop) {
    let every = world.options.scaled(CLOCK).max(Duration::from_secs(1));
    let mut process: Option<Arc<Process>> = None;
    loop {
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = stop.asked() => return,
        }
        let alive = process.take().filter(|process| !process.is_gone());
        let timeout = Duration::from_secs(CLOCK);
        let here = match alive {
            Some(here) => here,
            None => match Process::spawn(&world, binary, timeout).await {
                Ok(fresh) => Arc::new(fresh),
                Err(_) => continue,
            },
        };
        fleet.know(&here);
        let tick = json!({ "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} });
        match here.invoke(tick, timeout).await {
            Some(Outcome::Answered { .. }) => process = Some(here),
            _ => here.kill(),
        }
    }
}

/// Says how it goes, and how much is under way.
async fn watch(world: Arc<World>, desk: Arc<Desk>, stop: Stop) {
    let mut said = Instant::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            () = stop.asked() => return,
        }
        weather::forget_requests(&world);
        let sql = "select count(*) filter (where state in ('pending', 'in_progress')), count(*) filter (where state = 'done'),
                          count(*) filter (where state = 'failed')
                     from tasks where task_type = 'perform_action'";
        let Ok(rows) = world.rows(sql).await else { continue };
        let [under_way, done, failed] = [0, 1, 2]
            .map(|at| rows.first().and_then(|row| row[at].as_ref()?.parse::<usize>().ok()).unwrap_or_default());
        desk.under_way.store(under_way, Ordering::Relaxed);
        if said.elapsed() > Duration::from_secs(15) {
            said = Instant::now();
            let acknowledged = lock(&desk.acknowledged).len();
            complain(format_args!(
                "  acknowledged {acknowledged}, under way {under_way}, done {done}, failed {failed}"
            ));
        }
    }
}

async fn poison(desk: Arc<Desk>, world: Arc<World>, stop: Stop) {
    for number in 0..world.options.tasks.div_ceil(POISON) {
        // Not before so much was asked for, so that they are spread over the run.
        while lock(&desk.acknowledged).len() < number * POISON {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(200)) => {}
                () = stop.asked() => return,
            }
        }
        for _ in 0..50 {
            if desk.poison(number).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Until every task has ended, or so late that it is stuck: the product promises five minutes and a lease after the last fault.
/// What is merely queued behind others is given the time the machine needs for it.
async fn wait_for_the_end(world: &World) {
    let begun = Instant::now();
    // Without a guard some never end, and that was seen by then.
    let grace = if world.options.without.is_some() { 10 } else { 60 };
    let mut most = world.options.scaled(390) + Duration::from_secs(grace);
    let mut open = usize::MAX;
    while begun.elapsed() < most {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let sql = "select count(*) from tasks where state in ('pending', 'in_progress')";
        let Ok(rows) = world.rows(sql).await else { continue };
        let now = rows.first().and_then(|row| row[0].as_ref()?.parse().ok()).unwrap_or(usize::MAX);
        if open == usize::MAX {
            most += Duration::from_secs(u64::try_from(now / 2).unwrap_or_default());
        }
        open = now;
        if open == 0 {
            return;
        }
    }
    complain(format_args!("  {open} tasks have not ended"));
}
