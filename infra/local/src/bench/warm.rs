//! One request after the other to functions that run already: how long each takes, how often it waits for the database, and for
//! `GET /api/auth/me` how long its own SQL takes when it is sent by itself.

mod raw;

use std::collections::BTreeMap;
use std::time::Duration;

use fakes::world::free_port;
use serde_json::{Value, json};

use super::build::HELLO;
use super::function::{Function, request, sample};
use super::relay::Relay;
use super::{Bench, Figure, Samples};
use crate::Result;
use crate::stage::Stage;
use crate::up::stand_ins::Contents;
use crate::up::variables::APP_ROLE;
use crate::world::Ground;
use raw::{Login, Raw};

/// Requests of each kind, and as many of the hello world beside them.
const TIMES: usize = 300;
/// What comes before is not counted: it connects, and prepares its statements.
const WARMING: usize = 15;

/// A route of each kind.
struct Kind {
    name: &'static str,
    what: &'static str,
    body: Option<Value>,
    status: u16,
}

fn kinds() -> Vec<Kind> {
    let kind = |name, what, body, status| Kind { name, what, body, status };
    vec![
        kind("health-root", "nothing", None, 200),
        kind("auth-me", "two small tables", None, 200),
        kind("tasks-list", "a page of a list", None, 200),
        kind("connections-list", "three small tables", None, 200),
        kind("ingest-status", "a sum over all documents", None, 200),
        kind("conversations-create", "a write", Some(json!({ "title": "Bench" })), 201),
        kind(
            "knowledge-search",
            "a search, with the stand-in's embedding",
            Some(json!({ "query": "Who moved to Boise?" })),
            200,
        ),
    ]
}

pub async fn run(bench: &Bench) -> Result<()> {
    bench.doing("a database, and an advisor whose accounts have been read");
    let mut ground = Ground::lay("warm", free_port()?).await?;
    ground.unlimited();
    let mut stage = Stage::set(ground, Contents::demo()).await?;
    stage.work();
    stage.until_worked(Duration::from_secs(180)).await?;

    let relay = Relay::start(stage.ground.ports.postgres).await?;
    let variables = stage.variables().clone();
    let relayed = relay.instead_of(stage.ground.ports.postgres, &variables);
    let hello = Function::start_binary(bench, HELLO, &bench.binaries.join("examples").join(HELLO), &variables).await?;
    let hello_event = sample(bench, "health-root")?;
    for kind in kinds() {
        let event = request(bench, kind.name, &stage.cookies, kind.body.as_ref())?;
        let ours = Function::start(bench, kind.name, &variables).await?;
        for _ in 0..WARMING {
            forget_limits(&stage).await?;
            ours.call(event.clone(), kind.status).await?;
            hello.call(hello_event.clone(), 200).await?;
        }
        let (mut took, mut handed_over) = (Samples::default(), Samples::default());
        let cpu = ours.cpu_ns();
        let times = bench.times(TIMES);
        for _ in 0..times {
            forget_limits(&stage).await?;
            took.push(ms(ours.call(event.clone(), kind.status).await?.took));
            handed_over.push(ms(hello.call(hello_event.clone(), 200).await?.took));
        }
        let cpu = (ours.cpu_ns() - cpu) as f64 / 1e6 / times as f64;
        bench.say(
            Figure::of(format!("warm.{}.time", kind.name), "ms", &took)
                .against("hello world", handed_over.at(50.0))
                .note(kind.what),
        );
        bench.say(Figure::one(format!("warm.{}.cpu", kind.name), "ms", cpu).against("wall time", took.at(50.0)));
        ours.kill().await;
        forget_limits(&stage).await?;
        say_round_trips(bench, &kind, &event, &relayed, &relay).await?;
    }
    against_raw(bench, &stage, &hello, &hello_event).await?;
    hello.kill().await;
    stage.stop().await;
    Ok(())
}

/// Nobody searches as often as this.
async fn forget_limits(stage: &Stage) -> Result<()> {
    stage.change("delete from rate_limits").await
}

/// Exact, and the same each time: counted over a few.
async fn say_round_trips(
    bench: &Bench,
    kind: &Kind,
    event: &Value,
    variables: &BTreeMap<String, String>,
    relay: &Relay,
) -> Result<()> {
    let ours = Function::start(bench, kind.name, variables).await?;
    for _ in 0..WARMING {
        ours.call(event.clone(), kind.status).await?;
    }
    relay.take();
    let times = 10;
    for _ in 0..times {
        ours.call(event.clone(), kind.status).await?;
    }
    let said = relay.take();
    ours.kill().await;
    let each = |count: usize| count as f64 / f64::from(times);
    let mut figure = Figure::one(format!("warm.{}.round-trips", kind.name), "", each(said.round_trips))
        .against("statements", each(said.statements.len()));
    if kind.name == "auth-me" {
        // Session, tenant and query are two; the third is counting the answer.
        figure =
            figure.at_most(3.0).note("two for session, tenant and queries; one more counts the answer for /metrics");
    }
    bench.say(figure);
    Ok(())
}

/// `GET /api/auth/me` says to the database once it is warm what a raw client says again.
async fn recorded(bench: &Bench, stage: &Stage) -> Result<Raw> {
    let event = request(bench, "auth-me", &stage.cookies, None)?;
    let ground = &stage.ground;
    let relay = Relay::start(ground.ports.postgres).await?;
    let ours = Function::start(bench, "auth-me", &relay.instead_of(ground.ports.postgres, stage.variables())).await?;
    for _ in 0..WARMING {
        ours.call(event.clone(), 200).await?;
    }
    relay.take();
    ours.call(event, 200).await?;
    // What is not waited for comes last.
    tokio::time::sleep(Duration::from_millis(50)).await;
    ours.kill().await;
    let login = Login {
        port: ground.ports.postgres,
        role: APP_ROLE,
        password: ground.secret("DATABASE_PASSWORD"),
        database: ground.database_name(),
    };
    Raw::connect(&login, &relay.prepared(), relay.take().flights).await
}

/// `GET /api/auth/me` beside its own SQL, sent the same way by a client that does nothing else.
async fn against_raw(bench: &Bench, stage: &Stage, hello: &Function, hello_event: &Value) -> Result<()> {
    let event = request(bench, "auth-me", &stage.cookies, None)?;
    let ours = Function::start(bench, "auth-me", stage.variables()).await?;
    let mut raw = recorded(bench, stage).await?;
    let (mut took, mut sql, mut handed_over) = (Samples::default(), Samples::default(), Samples::default());
    for n in 0..WARMING + bench.times(TIMES) {
        let (one, two, three) = (
            ms(ours.call(event.clone(), 200).await?.took),
            ms(raw.again().await?),
            ms(hello.call(hello_event.clone(), 200).await?.took),
        );
        if n >= WARMING {
            took.push(one);
            sql.push(two);
            handed_over.push(three);
        }
    }
    let own = took.at(50.0) - handed_over.at(50.0);
    let mut figure = Figure::one("warm.auth-me.own-time", "ms", own)
        .against("its SQL sent raw", sql.at(50.0))
        .ratio_at_most(1.5)
        .note("without what the hello world needs to be handed an event and to answer");
    (figure.n, figure.p50, figure.p95) = (took.len(), Some(own), Some(took.at(95.0) - handed_over.at(50.0)));
    bench.say(figure);
    ours.kill().await;
    Ok(())
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
