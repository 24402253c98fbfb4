//! Who does all that, every 200 to 500 ms.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fakes::practice::dice::Dice;
use fakes::server::lock;
use tokio::task::JoinSet;

use super::fleet::Fleet;
use super::work::Desk;
use super::world::World;
use crate::stop::Stop;
use crate::terminal::complain;
use crate::up::variables::{APP_ROLE, DATABASE};

/// A lease, in the product's seconds.
const LEASE: u64 = 90;
/// How long the queue is gone, and how often; how often Postgres restarts.
const OUTAGE: u64 = 120;
const OUTAGES_EVERY: u64 = 900;
const RESTARTS_EVERY: u64 = 300;
/// Workers that stand still at once: each keeps its connections.
const STOPPED: usize = 16;
/// A clock may be wrong by so much, in milliseconds.
const TEN_MINUTES: u32 = 600_000;

#[derive(Clone, Copy)]
enum Deed {
    Kill,
    KillAnother,
    Stop,
    Terminate,
    Double,
    Shuffle,
    Replay,
    MoveClock,
}

/// In how many of a hundred. Workers are taken away about every three seconds: a process takes its time to start, and where all are
/// always starting nothing is tried.
const DEEDS: [(Deed, u32); 8] = [
    (Deed::Kill, 6),
    (Deed::KillAnother, 3),
    (Deed::Stop, 10),
    (Deed::Terminate, 16),
    (Deed::Double, 14),
    (Deed::Shuffle, 8),
    (Deed::Replay, 20),
    (Deed::MoveClock, 23),
];

pub struct Nemesis {
    world: Arc<World>,
    fleet: Arc<Fleet>,
    desk: Arc<Desk>,
    dice: Dice,
    done: BTreeMap<&'static str, u64>,
    /// What takes its time, and is over before the calm begins.
    going_on: JoinSet<()>,
    standing_still: Arc<AtomicUsize>,
}

impl Nemesis {
    pub fn new(world: &Arc<World>, fleet: &Arc<Fleet>, desk: &Arc<Desk>) -> Self {
        Self {
            world: world.clone(),
            fleet: fleet.clone(),
            desk: desk.clone(),
            dice: Dice::new(&format!("nemesis {}", world.options.seed)),
            done: BTreeMap::new(),
            going_on: JoinSet::new(),
            standing_still: Arc::default(),
        }
    }

    /// Until asked to stop; everything is up again then. Answers what was done, by kind.
    pub async fn rage(mut self, stop: Stop) -> BTreeMap<&'static str, u64> {
        let scaled = |seconds: u64| self.world.options.scaled(seconds);
        let (restarts, outages) =
            (scaled(RESTARTS_EVERY).max(Duration::from_secs(60)), scaled(OUTAGES_EVERY).max(Duration::from_secs(120)));
        let mut restart = Instant::now() + restarts / 2;
        let mut outage = Instant::now() + outages / 8;
        loop {
            let pause = Duration::from_millis(u64::from(self.dice.between(200, 500)));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.asked() => break,
            }
            if Instant::now() > restart {
                restart = Instant::now() + restarts;
                self.restart_postgres();
            } else if Instant::now() > outage {
                outage = Instant::now() + outages;
                self.stop_queue();
            } else {
                self.act().await;
            }
            while self.going_on.try_join_next().is_some() {}
        }
        self.going_on.join_all().await;
        self.done
    }

    fn count(&mut self, what: &'static str, times: u64) {
        *self.done.entry(what).or_default() += times;
    }

    async fn act(&mut self) {
        let mut rolled = self.dice.between(0, 100);
        let deed = DEEDS.iter().find(|(_, share)| {
            let hit = rolled < *share;
            rolled = rolled.saturating_sub(*share);
            hit
        });
        match deed.map_or(Deed::Kill, |(deed, _)| *deed) {
            Deed::Kill => self.kill(),
            Deed::KillAnother => self.kill_another(),
            Deed::Stop => self.stop().await,
            Deed::Terminate => self.terminate().await,
            Deed::Double => self.double().await,
            Deed::Shuffle => self.shuffle().await,
            Deed::Replay => self.replay().await,
            Deed::MoveClock => self.move_clock(),
        }
    }

    fn nth(&mut self, of: usize) -> usize {
        usize::try_from(self.dice.next() % u64::try_from(of.max(1)).unwrap_or(1)).unwrap_or_default()
    }

    fn kill(&mut self) {
        let nth = self.nth(64);
        let Some(process) = self.fleet.busy(nth).and_then(|number| self.fleet.take_away(number)) else { return };
        process.kill();
        self.count("workers_killed", 1);
    }

    /// The sweep, the reconciliation or the door.
    fn kill_another(&mut self) {
        let mut others: Vec<_> = lock(&self.fleet.clocks).clone();
        others.extend(lock(&self.desk.open_doors).clone());
        others.retain(|process| !process.is_gone());
        let nth = self.nth(others.len());
        if let Some(process) = others.get(nth) {
            process.kill();
            self.count("other_functions_killed", 1);
        }
    }

    /// For longer than its lease, often until somebody else has done its task; then it goes on, and finds out.
    async fn stop(&mut self) {
        let nth = self.nth(64);
        if self.standing_still.load(Ordering::Relaxed) >= STOPPED {
            return;
        }
        let chosen = self.about_to_write().await.or_else(|| self.fleet.busy(nth));
        let Some(process) = chosen.and_then(|number| self.fleet.take_away(number)) else { return };
        let share = f64::from(self.dice.between(150, 450)) / 100.0;
        let (pause, rest) = (self.world.options.scaled(LEASE).mul_f64(share), self.fleet.timeout());
        let standing_still = self.standing_still.clone();
        standing_still.fetch_add(1, Ordering::Relaxed);
        self.going_on.spawn(async move {
            process.signal("STOP").await;
            process.leave();
            tokio::time::sleep(pause).await;
            process.signal("CONT").await;
            standing_still.fetch_sub(1, Ordering::Relaxed);
            let resumed = Instant::now();
            while !process.is_idle() && !process.is_gone() && resumed.elapsed() < rest {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            process.kill();
        });
        self.count("workers_stopped", 1);
    }

    /// The worst moment there is: a worker that has seen that nothing was written yet, or that what another one began is not
    /// there, and has not begun to write. Else one that has only claimed its task.
    async fn about_to_write(&self) -> Option<usize> {
        let sql = "select t.id from tasks t left join effects e on e.task_id = t.id and e.state <> 'done'
                    where t.state = 'in_progress' and t.task_type = 'perform_action'
                      and (e.state is null or e.state = 'intended' or e.state = 'started' and e.started_fence <> t.fence)
                    order by case e.state when 'started' then 0 when 'intended' then 1 else 2 end, t.updated_at desc
                    limit 1";
        for _ in 0..10 {
            let rows = self.world.rows(sql).await.ok()?;
            let holder = rows.first().and_then(|row| self.fleet.holder(row[0].as_ref()?));
            if holder.is_some() {
                return holder;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }

    async fn terminate(&mut self) {
        let (skip, most) = (self.dice.between(0, 20), self.dice.between(1, 5));
        let sql = format!(
            "select pg_terminate_backend(pid) from (
                 select pid from pg_stat_activity where datname = '{DATABASE}' and usename = '{APP_ROLE}'
                  order by md5(pid::text || '{skip}') limit {most}) chosen"
        );
        if let Ok(ended) = self.world.rows(&sql).await {
            self.count("connections_terminated", u64::try_from(ended.len()).unwrap_or_default());
        }
    }

    fn restart_postgres(&mut self) {
        let world = self.world.clone();
        self.going_on.spawn(async move {
            // The port may still be somebody's for a moment.
            for _ in 0..20 {
                match world.restart_postgres().await {
                    Ok(()) => return,
                    Err(problem) => complain(format_args!("  Postgres did not come back yet: {problem}")),
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
        self.count("postgres_restarts", 1);
    }

    fn stop_queue(&mut self) {
        let (world, outage) = (self.world.clone(), self.world.options.scaled(OUTAGE));
        self.going_on.spawn(async move {
            world.stop_queue().await;
            tokio::time::sleep(outage).await;
            for _ in 0..20 {
                match world.start_queue().await {
                    Ok(()) => return,
                    Err(problem) => complain(format_args!("  the queue did not come back yet: {problem}")),
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
        self.count("queue_outages", 1);
    }

    async fn double(&mut self) {
        let bodies: Vec<String> = lock(&self.fleet.bodies).iter().cloned().collect();
        for _ in 0..self.dice.between(1, 5) {
            let nth = self.nth(bodies.len());
            let Some(body) = bodies.get(nth) else { return };
            let sent = self.world.sqs.send_message().queue_url(&self.world.queue_url).message_body(body).send().await;
            self.count("messages_doubled", u64::from(sent.is_ok()));
        }
    }

    /// Takes some messages off the queue, and puts them back later in another order.
    async fn shuffle(&mut self) {
        let (sqs, url) = (&self.world.sqs, &self.world.queue_url);
        let Ok(taken) = sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await else { return };
        let mut messages = taken.messages.unwrap_or_default();
        for at in (1..messages.len()).rev() {
            let other =
                usize::try_from(self.dice.next() % (u64::try_from(at).unwrap_or_default() + 1)).unwrap_or_default();
            messages.swap(at, other);
        }
        let mut moved = 0;
        for message in messages {
            let body = message.body().unwrap_or_default();
            let delay = i32::try_from(self.dice.between(0, 3)).unwrap_or_default();
            // One that is lost here is a lost bell.
            let _lost = sqs.send_message().queue_url(url).message_body(body).delay_seconds(delay).send().await;
            let receipt = message.receipt_handle().unwrap_or_default();
            let _double = sqs.delete_message().queue_url(url).receipt_handle(receipt).send().await;
            moved += 1;
        }
        self.count("messages_shuffled", moved);
    }

    /// Uses an old receipt once more: to delete, or to have the message delivered again at once.
    async fn replay(&mut self) {
        let receipts: Vec<String> = lock(&self.fleet.receipts).iter().cloned().collect();
        let nth = self.nth(receipts.len());
        let Some(receipt) = receipts.get(nth) else { return };
        let (sqs, url) = (&self.world.sqs, &self.world.queue_url);
        let deletes = self.dice.chance(50);
        // SQS takes some and refuses others; either is its right.
        if deletes {
            let _refused = sqs.delete_message().queue_url(url).receipt_handle(receipt).send().await;
        } else {
            let again = sqs.change_message_visibility().queue_url(url).receipt_handle(receipt).visibility_timeout(0);
            let _refused = again.send().await;
        }
        self.count("receipts_replayed", 1);
    }

    fn move_clock(&mut self) {
        let processes = self.fleet.processes();
        let nth = self.nth(processes.len());
        let offset = i64::from(self.dice.between(0, 2 * TEN_MINUTES)) - i64::from(TEN_MINUTES);
        if let Some(process) = processes.get(nth) {
            process.move_clock(offset);
            self.count("clocks_moved", 1);
        }
    }
}
