//! What the measured times cost: for a question, for a mail that is read, and for a month in which nothing happens. Prices and the
//! rest of the sums are those of `infra/docs/cost.md`.

mod measure;
pub mod prices;

use fakes::world::free_port;
use measure::{Meter, Spent, beats, bell, endpoint, tasks};
use prices::Prices;
use serde_json::json;
use uuid::Uuid;

use super::{Bench, Figure, Samples};
use crate::Result;
use crate::stage::Stage;
use crate::up::stand_ins::Contents;
use crate::world::Ground;

/// What a call to a provider takes away from this machine, in seconds: here each takes next to none.
const CALL: f64 = 0.15;
/// Mails that are fetched at once (`sync::gmail`).
const GETS_AT_ONCE: f64 = 6.0;
/// For the model's words, as `infra/docs/cost.md` has it.
const WORDS: f64 = 8.0;
const MINUTES: f64 = 730.0 * 60.0;
/// `SYNC_INTERVAL` as it is deployed.
const READ_EVERY_MINUTES: f64 = 5.0;
pub async fn run(bench: &Bench) -> Result<()> {
    let prices = Prices::read(&bench.home)?;
    let mut ground = Ground::lay("bench-cost", free_port()?).await?;
    ground.unlimited();
    let stage = Stage::set(ground, Contents::demo()).await?;
    bench.doing("a practice is read");
    let worker = Meter::of(bench, &stage, "workers-run-task", 1024.0, &bell(Uuid::nil())).await?;
    reading(bench, &prices, &stage, &worker).await?;
    bench.doing("nothing happens");
    idle(bench, &prices, &stage, &worker).await?;
    bench.doing("questions");
    question(bench, &prices, &stage).await?;
    stage.stop().await;
    Ok(())
}

/// Seconds of one kind of event, with what its calls take elsewhere, so many at once.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn seconds(spent: &Spent, at_once: f64) -> f64 {
    spent.sum() / 1000.0 + spent.calls as f64 * CALL / at_once
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
async fn reading(bench: &Bench, prices: &Prices, stage: &Stage, worker: &Meter) -> Result<()> {
    let spent = tasks(stage, worker).await?;
    let mails = stage.number("select count(*) from emails").await? as f64;
    let chunks = stage.number("select count(*) from chunk_text").await? as f64;
    let sizes = "select (pg_total_relation_size('chunk_text') + pg_total_relation_size('chunk_vectors') + pg_total_relation_size('documents'))::bigint";
    let bytes = stage.number(sizes).await? as f64;
    let nothing = Spent::default();
    let [read, embedded] = ["gmail_sync", "embed"].map(|kind| spent.get(kind).unwrap_or(&nothing));
    let (mail, calls) = ([read, embedded], read.calls + embedded.calls);
    // Of 1 GB.
    let seconds = seconds(read, GETS_AT_ONCE) + seconds(embedded, 1.0);
    let steps: usize = mail.iter().map(|spent| spent.billed.len()).sum();
    let (each, asked) = (seconds / mails, calls as f64 / mails);
    let note = format!(
        "{mails} mails in {steps} tasks and {calls} calls, each call counted with {CALL} s; embedding what CRM and calendar hold is in it"
    );
    let assumed = "half a second of a 1 GB worker for each";
    bench.say(Figure::one("cost.mail.gb-seconds", "GB-s", each).against(assumed, 0.5).note(note));
    bench.say(Figure::one("cost.mail.requests", "", asked).against("one call for each mail", 1.0));
    bench.say(Figure::one("cost.mail.chunks", "", chunks / mails).against("one for each mail", 1.0));
    bench.say(
        Figure::one("cost.chunk.bytes", "B", bytes / chunks)
            .against("a half-precision vector alone", 3072.0)
            .note(format!("{chunks} chunks, indexes and words included")),
    );
    let tokens = 300.0 * chunks / mails;
    let amazon = each * prices.of_one("the answer: GB-seconds")?
        + per_million(prices, "the worker's polls", 3.0 * steps as f64 / mails)?;
    let vectors = per_million(prices, "questions as vectors", tokens)?;
    bench.say(
        Figure::one("cost.mail.dollars-per-thousand", "$", 1000.0 * (amazon + vectors))
            .against("its vectors alone", 1000.0 * vectors)
            .note("prices of infra/docs/cost.md, June 2026; 300 tokens a chunk"),
    );
    Ok(())
}

fn per_million(prices: &Prices, what: &str, many: f64) -> Result<f64> {
    Ok(prices.of_one(what)? * many / 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
async fn idle(bench: &Bench, prices: &Prices, stage: &Stage, worker: &Meter) -> Result<()> {
    let mut clock = 0.0;
    for (name, a_month) in
        [("schedules-sweep", MINUTES), ("schedules-reconcile", MINUTES), ("schedules-renew-watches", MINUTES / 60.0)]
    {
        let spent = beats(bench, stage, name).await?;
        clock += a_month * spent.billed.mean() / 1000.0 * 0.5;
        let figure = Figure::of(format!("cost.beat.{name}"), "ms", &spent.billed);
        bench.say(figure.against("as infra/docs/cost.md had it before", 200.0));
    }
    let price = prices.of_one("the clock: GB-seconds")?;
    let said = prices.assumed("the clock: GB-seconds")?;
    let note = format!("${:.3} a month", clock * price);
    bench.say(Figure::one("cost.idle.clock", "GB-s", clock).against("infra/docs/cost.md", said).note(note));

    let mut each = Samples::default();
    let mut calls = 0;
    let rounds = bench.times(30);
    for _ in 0..rounds {
        // What `schedules-reconcile` makes for each account that nobody called about.
        let sql = "insert into tasks (user_id, id, task_type, lane, payload, coalesced)
                   select u.id, gen_random_uuid(), k, k, jsonb_build_object('type', k), true
                     from users u, unnest(array['gmail_sync', 'calendar_sync', 'hubspot_sync']) k
                    where exists (select from connections c where c.user_id = u.id)";
        stage.change(sql).await?;
        let mut together = 0.0;
        for spent in tasks(stage, worker).await?.values() {
            together += spent.sum();
            calls += spent.calls;
        }
        each.push(together / 3.0);
    }
    let calls = calls as f64 / (3 * rounds) as f64;
    let readings = 3.0 * MINUTES / READ_EVERY_MINUTES;
    let seconds = readings * (each.mean() / 1000.0 + calls * CALL);
    bench.say(
        Figure::of("cost.idle.reading", "ms", &each)
            .against("as infra/docs/cost.md had it before", 500.0)
            .note(format!("{calls:.1} calls to a provider, which are not in it")),
    );
    let dollars = seconds * prices.of_one("the answer: GB-seconds")?
        + per_million(prices, "the worker's polls", 3.0 * readings)?
        + per_million(prices, "invocations, in millions", readings)?;
    bench.say(Figure::one("cost.idle.advisor", "GB-s", seconds).against("infra/docs/cost.md before", 13_000.0).note(
        format!("a month of {readings:.0} readings that find nothing, each call counted with {CALL} s: ${dollars:.2}"),
    ));
    Ok(())
}

async fn question(bench: &Bench, prices: &Prices, stage: &Stage) -> Result<()> {
    let asked = json!({ "message": "Who mentioned their kid plays baseball?", "stream": true });
    let answer = endpoint(bench, stage, "chat-send", Some(&asked)).await?;
    let mut page = 0.0;
    for name in ["auth-me", "tasks-list", "conversations-list", "approvals-list"] {
        page += endpoint(bench, stage, name, None).await?.billed.mean();
    }
    let ours = answer.billed.mean() / 1000.0;
    bench.say(
        Figure::of("cost.chat.ours", "ms", &answer.billed)
            .against("the model's words, as infra/docs/cost.md has them", WORDS * 1000.0)
            .note("billed time of one answer with a model that does not pause, at the speed of 512 MB"),
    );
    let seconds = (ours + WORDS) * 0.5 + page / 1000.0 * 0.5;
    let said = (prices.assumed("the answer: GB-seconds")? + prices.assumed("four more requests: GB-seconds")?) / 1000.0;
    let note = format!("{page:.0} ms for four requests of the page around it");
    bench.say(Figure::one("cost.chat.gb-seconds", "GB-s", seconds).against("infra/docs/cost.md", said).note(note));
    bench.say(Figure::one("cost.chat.requests", "", 5.0).against("the answer alone", 1.0));
    let mut dollars = seconds * prices.of_one("the answer: GB-seconds")?;
    for (what, many) in [
        ("invocations, in millions", 5.0),
        ("gateway: requests", 5.0),
        ("firewall: requests", 5.0),
        ("traces, in millions", 5.0),
    ] {
        dollars += per_million(prices, what, many)?;
    }
    for (what, gigabytes) in [("sent to the browser", 40e-6), ("logs, GB (2 KB", 10e-6)] {
        dollars += gigabytes * prices.of_one(what)?;
    }
    let model = (per_million(prices, "read by the model", 8000.0)?
        + per_million(prices, "written by the model", 600.0)?
        + per_million(prices, "questions as vectors", 30.0)?)
        * 1000.0;
    bench.say(
        Figure::one("cost.chat.dollars-per-thousand", "$", dollars * 1000.0)
            .against("the model's tokens", model)
            .note("prices of infra/docs/cost.md, June 2026; without the way through the gateways to the providers"),
    );
    Ok(())
}
