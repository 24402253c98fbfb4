//! Many workers at once: how many tasks are done in a second, and what bounds that.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use tokio_postgres::Client;

use super::raw::Raw;
use super::{Yard, asked, bell, worker};
use crate::Result;
use crate::bench::relay::Relay;
use crate::bench::{Bench, Figure, Samples};

const WORKERS: [usize; 4] = [1, 2, 4, 8];
/// What is put on the disk for a task: that it is begun, and that it is over.
const COMMITS: f64 = 2.0;

pub async fn run(bench: &Bench, yard: &Yard) -> Result<()> {
    let most = WORKERS[WORKERS.len() - 1];
    let relay = Relay::start(yard.ground.ports.postgres).await?;
    worker(bench, yard, relay.port).await?;
    let said = relay.take();
    let ground = yard.ground.ports.postgres;
    let functions = try_join_all((0..most).map(|_| worker(bench, yard, ground))).await?;
    let raws = try_join_all((0..most).map(|_| async { Raw::prepare(yard.client().await?, &said).await })).await?;
    let commits = try_join_all((0..most).map(|_| yard.client())).await?;

    for many in WORKERS {
        bench.doing(format_args!("{many} at once"));
        let [mut ours, mut least, mut bare] = std::array::from_fn(|_| Samples::default());
        let time = Duration::from_millis(if bench.quick { 300 } else { 1500 });
        for _ in 0..3 {
            ours.push(
                rate(time, functions[..many].iter(), async |function| {
                    let event = bell(bench, yard.next()?.1)?;
                    function.invoke(event).await.map(|_| ())
                })
                .await?,
            );
            least.push(
                rate(time, raws[..many].iter(), async |raw| {
                    let (owner, task) = yard.next()?;
                    raw.task(owner, task).await
                })
                .await?,
            );
            bare.push(
                rate(time, commits[..many].iter().zip(1_i64..), async |(client, n)| commit(client, n).await).await?,
            );
        }
        say(bench, many, &ours, &least, &bare);
    }
    Ok(())
}

fn say(bench: &Bench, many: usize, ours: &Samples, least: &Samples, bare: &Samples) {
    let disk = bare.at(50.0) / COMMITS;
    bench.say(
        Figure::of(format!("tasks.claims.{many}"), "/s", ours)
            .against("the same statements sent raw", least.at(50.0))
            .note("processes, stand-in of the Runtime API and Postgres share this machine's processors"),
    );
    bench.say(
        Figure::of(format!("tasks.claims.{many}-raw"), "/s", least)
            .against("a row changed twice and committed twice", disk)
            .note("what the database lets through when the workers cost nothing"),
    );
}

async fn commit(client: &Client, n: i64) -> Result<()> {
    client.execute("update commits set many = many + 1 where n = $1", &[&n]).await.map_err(|e| asked(&e))?;
    Ok(())
}

/// How often all together do it in a second, each as often as it can.
async fn rate<T>(time: Duration, each: impl Iterator<Item = T>, once: impl AsyncFn(T) -> Result<()>) -> Result<f64>
where
    T: Clone,
{
    let (began, many) = (Instant::now(), AtomicUsize::new(0));
    let work = each.map(async |one| {
        while began.elapsed() < time {
            once(one.clone()).await?;
            many.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<_, crate::Problem>(())
    });
    try_join_all(work).await?;
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let many = many.into_inner() as f64;
    Ok(many / began.elapsed().as_secs_f64())
}
