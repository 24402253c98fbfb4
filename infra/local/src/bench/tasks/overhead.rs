//! One task after the other: what it costs besides its own work.

use std::time::Instant;

use super::raw::Raw;
use super::{Yard, asked, bell, hello, worker};
use crate::Result;
use crate::bench::function::sample;
use crate::bench::relay::{Relay, Traffic};
use crate::bench::{Bench, Figure, Samples, proc};

/// What the task itself asks: whether passages wait for a vector. The transaction around it is the work's, too.
const OWN: &[&str] = &["begin", "commit", "rollback", "documents::reuse_vectors", "documents::waiting"];

pub async fn run(bench: &Bench, yard: &Yard) -> Result<()> {
    let (said, tasks) = listen(bench, yard).await?;
    statements(bench, &said, tasks);
    time(bench, yard, &said).await
}

/// What is said in so many tasks, by a worker that has its connections and knows its statements.
async fn listen(bench: &Bench, yard: &Yard) -> Result<(Traffic, usize)> {
    bench.doing("counting statements");
    let relay = Relay::start(yard.ground.ports.postgres).await?;
    let function = worker(bench, yard, relay.port).await?;
    relay.take();
    let tasks = bench.times(30);
    for _ in 0..tasks {
        function.invoke(bell(bench, yard.next()?.1)?).await?;
    }
    Ok((relay.take(), tasks))
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn statements(bench: &Bench, said: &Traffic, tasks: usize) {
    let of_each = |many: usize| many as f64 / tasks as f64;
    let names = said.by_name();
    let listed = |own: bool| -> (f64, String) {
        let those: Vec<_> = names.iter().filter(|(name, _)| OWN.contains(name) == own).collect();
        let listed: Vec<String> = those.iter().map(|(name, many)| format!("{name} {}", of_each(**many))).collect();
        (of_each(those.iter().map(|(_, many)| **many).sum()), listed.join(", "))
    };
    let ((own, its_own), (beside, the_others)) = (listed(true), listed(false));
    bench.say(
        Figure::one("tasks.statements.beside", "", beside)
            .against("its own work's", own)
            .at_most(3.0)
            .note(format!("{the_others}; its own: {its_own}")),
    );
    bench.say(Figure::one("tasks.statements.trips", "", of_each(said.round_trips)).against("statements", beside + own));
}

async fn time(bench: &Bench, yard: &Yard, said: &Traffic) -> Result<()> {
    bench.doing("one task after the other");
    let function = worker(bench, yard, yard.ground.ports.postgres).await?;
    let hello = hello(bench).await?;
    let raw = Raw::prepare(yard.client().await?, said).await?;
    let backends = Backends::of(yard, "financial-advisor").await?;
    let raws = Backends::of(yard, "raw").await?;

    let [mut ours, mut least, mut alone] = std::array::from_fn(|_| Kept::default());
    for _ in 0..bench.times(400) {
        let (_, task) = yard.next()?;
        let event = bell(bench, task)?;
        let (cpu, server) = (function.cpu_ns(), backends.cpu_ns());
        ours.add(function.invoke(event).await?.took, function.cpu_ns() - cpu, backends.cpu_ns() - server);

        let (owner, task) = yard.next()?;
        let (began, server) = (Instant::now(), raws.cpu_ns());
        raw.task(owner, task).await?;
        least.add(began.elapsed(), 0, raws.cpu_ns() - server);

        let cpu = hello.cpu_ns();
        alone.add(hello.invoke(sample(bench, "auth-me")?).await?.took, hello.cpu_ns() - cpu, 0);
    }
    let done = yard.number("select count(*) from tasks where state = 'done'").await?;
    let pending = yard.number("select count(*) from tasks where state = 'in_progress'").await?;
    say(bench, &ours, &least, &alone, &format!("{done} tasks are done, {pending} are under way"));
    Ok(())
}

fn say(bench: &Bench, ours: &Kept, least: &Kept, alone: &Kept, note: &str) {
    let raw = "the same statements sent raw";
    let (said, heard) = (least.wall.at(50.0), alone.wall.at(50.0));
    bench.say(Figure::of("tasks.bell-to-done.wall", "ms", &ours.wall).against(raw, said).note(note));
    bench.say(
        Figure::one("tasks.bell-to-done.overhead", "ms", ours.wall.at(50.0) - said)
            .against("hello-world's whole event", heard)
            .note("what is left without the statements' own time: the event, the worker, and words over two sockets"),
    );
    bench.say(Figure::of("tasks.cpu.worker", "ms", &ours.cpu).against("hello-world's", alone.cpu.at(50.0)));
    bench.say(Figure::of("tasks.cpu.postgres", "ms", &ours.server).against(raw, least.server.at(50.0)));
}

/// Of one side, in milliseconds.
#[derive(Default)]
struct Kept {
    wall: Samples,
    cpu: Samples,
    server: Samples,
}

impl Kept {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn add(&mut self, took: std::time::Duration, cpu: u64, server: u64) {
        self.wall.push(took.as_secs_f64() * 1000.0);
        self.cpu.push(cpu as f64 / 1e6);
        self.server.push(server as f64 / 1e6);
    }
}

/// The server's processes for connections of one name.
struct Backends(Vec<u32>);

impl Backends {
    async fn of(yard: &Yard, application: &str) -> Result<Self> {
        let sql = "select pid from pg_stat_activity where application_name = $1";
        let rows = yard.owner.query(sql, &[&application]).await.map_err(|e| asked(&e))?;
        let pids = rows.iter().filter_map(|row| u32::try_from(row.try_get::<_, i32>(0).ok()?).ok());
        Ok(Self(pids.collect()))
    }

    fn cpu_ns(&self) -> u64 {
        self.0.iter().map(|pid| proc::cpu_ns(*pid)).sum()
    }
}
