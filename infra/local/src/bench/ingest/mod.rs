//! Mail, from the provider to what can be searched: the release build of the worker reads a mailbox of many mails and embeds
//! them. What counts is processor time, the worker's and that of its Postgres connections; providers are waited for.

mod letters;
mod parse;
mod seed;
mod worker;

use std::time::Duration;

use super::{Bench, Figure, Samples};
use crate::bench::first_token::model::Model;
use crate::bench::relay::Relay;
use crate::stage::Stage;
use crate::up::stand_ins::Contents;
use crate::world::Ground;
use crate::{Problem, Result};
use letters::Letters;
use worker::{Spent, Worker};

/// Mails in the mailbox when it is first read, and at the end.
const FEW: usize = 1_000;
const MANY: usize = 20_000;
/// As they come to an advisor who works: one at a time.
const SINGLE: usize = 25;

pub async fn run(bench: &Bench) -> Result<()> {
    parse::run(bench)?;
    let model = Model::start().await?;
    let mut ground = Ground::lay("bench-ingest", fakes::world::free_port()?).await?;
    ground.unlimited();
    ground.set(&[("OPENAI_BASE_URL", model.url.as_str())]);
    let (few, many) = (bench.times(FEW), bench.times(MANY));
    bench.doing(format_args!("filling a mailbox with {few} mails"));
    let mut letters = Letters::new();
    let mut practice = letters.practice();
    practice.mails = letters.next(few);
    let stage = Stage::set(ground, Contents::of(practice)).await?;
    // Nobody is told of each of twenty thousand mails: the worker is rung for by hand.
    google(&stage)?.set_push(None).map_err(|e| Problem(format!("Google's stand-in goes on calling: {e}.")))?;
    let worker = Worker::start(bench, &stage, stage.variables()).await?;
    worker.everything_else().await?;

    let first = worker.work().await?;
    let at_few = single(bench, &stage, &worker, &mut letters, few).await?;
    bench.doing(format_args!("{many} mails more than that"));
    for mail in letters.next(many.saturating_sub(few)) {
        google(&stage)?.deliver(&mail);
    }
    worker.forget_memory();
    let all = worker.bring().await?;
    let kept = worker.memory();
    rates(bench, &all, &first);
    let at_many = single(bench, &stage, &worker, &mut letters, many).await?;
    incremental(bench, &at_few, &at_many);
    memory(bench, &worker, &kept, many);
    seed::run(bench, &stage, &all).await?;
    drop(worker);
    stage.stop().await;
    Ok(())
}

fn google(stage: &Stage) -> Result<&fakes::google::Google> {
    stage.stand_ins.google.as_ref().ok_or_else(|| Problem("Google is not played.".to_owned()))
}

#[expect(clippy::cast_precision_loss, reason = "of small counts")]
fn rates(bench: &Bench, all: &Spent, first: &Spent) {
    let each = |took: Duration, spent: &Spent| took.as_secs_f64() * 1e6 / spent.mails.max(1) as f64;
    let figures = [
        ("read.worker", all.read_worker, first.read_worker, "asked for, parsed, cut and sent to Postgres"),
        (
            "read.postgres",
            all.read_postgres,
            first.read_postgres,
            "stored with their words and what is counted of them",
        ),
        ("embed.worker", all.embed_worker, first.embed_worker, "texts sent to the model, vectors to Postgres"),
        ("embed.postgres", all.embed_postgres, first.embed_postgres, "vectors and their index"),
    ];
    for (name, took, of_few, note) in figures {
        let figure = Figure::one(format!("ingest.{name}"), "us/mail", each(took, all));
        bench.say(figure.against("the first reading of a smaller mailbox", each(of_few, first)).note(note));
    }
    let processor = all.read_worker + all.read_postgres + all.embed_worker + all.embed_postgres;
    let rate = |spent: &Spent, took: Duration| spent.mails as f64 / took.as_secs_f64();
    bench.say(
        Figure::one("ingest.whole", "mails/s", rate(all, processor))
            .against("by the clock, with the stand-ins on the same machine", rate(all, all.wall))
            .note(format!("of one core for worker and Postgres together; {} mails, {} chunks", all.mails, all.chunks)),
    );
}

/// What one new mail costs at a size of the mailbox.
struct Single {
    cpu: Samples,
    statements: usize,
    round_trips: usize,
}

async fn single(bench: &Bench, stage: &Stage, worker: &Worker<'_>, letters: &mut Letters, at: usize) -> Result<Single> {
    bench.doing(format_args!("one new mail at a time, of {at}"));
    stage.change("vacuum analyze").await?;
    let mut cpu = Samples::default();
    for n in 0..bench.times(SINGLE) + 3 {
        google(stage)?.deliver(&letters.one());
        let spent = worker.bring().await?;
        // The first find the caches cold after the vacuum.
        if n >= 3 {
            let all = spent.read_worker + spent.read_postgres + spent.embed_worker + spent.embed_postgres;
            cpu.push(all.as_secs_f64() * 1e3);
        }
    }
    let relay = Relay::start(stage.ground.ports.postgres).await?;
    let variables = relay.instead_of(stage.ground.ports.postgres, stage.variables());
    let counted = Worker::start(bench, stage, &variables).await?;
    for _ in 0..2 {
        google(stage)?.deliver(&letters.one());
        counted.bring().await?;
    }
    relay.take();
    google(stage)?.deliver(&letters.one());
    counted.bring().await?;
    let traffic = relay.take();
    Ok(Single { cpu, statements: traffic.statements.len(), round_trips: traffic.round_trips })
}

#[expect(clippy::cast_precision_loss, reason = "of small counts")]
fn incremental(bench: &Bench, few: &Single, many: &Single) {
    bench.say(
        Figure::of("ingest.one-new-mail.cpu", "ms", &many.cpu)
            .against("the same in the smaller mailbox", few.cpu.at(50.0))
            .ratio_at_most(1.1)
            .note("worker and Postgres, to the last vector"),
    );
    bench.say(
        Figure::one("ingest.one-new-mail.statements", "", many.statements as f64)
            .against("the same in the smaller mailbox", few.statements as f64)
            .ratio_at_most(1.1)
            .note(format!("in {} round trips; both tasks, claims and counts included", many.round_trips)),
    );
}

/// The worker's own memory over all it read, and the most it ever had.
#[expect(clippy::cast_precision_loss, reason = "of small counts")]
fn memory(bench: &Bench, worker: &Worker<'_>, samples: &[u64], mails: usize) {
    let mega = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    let (early, late) = samples.split_at(samples.len() / 2);
    let most = |samples: &[u64]| mega(samples.iter().copied().max().unwrap_or(0));
    bench.say(
        Figure::one("ingest.memory.peak", "MiB", mega(worker.peak()))
            .against("an idle worker", mega(worker.at_first))
            .at_most(64.0)
            .note(format!("resident, over {mails} mails")),
    );
    bench.say(
        Figure::one("ingest.memory.second-half", "MiB", most(late))
            .against("the first half", most(early))
            .ratio_at_most(1.1)
            .note(format!("own pages at most, {} samples, a quarter of a second apart", samples.len())),
    );
}
