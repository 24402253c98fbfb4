//! From the start of a process to its first event, and to its first answer, of every function; its memory; and what is uploaded.
//!
//! The processor is this machine's whole one, and the binary is in the page cache: Lambda gives a share of a processor, and loads
//! what it has not loaded lately. Against a function that says hello, both are the same on both sides.

use std::path::Path;
use std::time::Duration;

use fakes::world::free_port;

use super::build::HELLO;
use super::function::{Function, request, sample};
use super::{Bench, Figure, Samples};
use crate::answers::Expected;
use crate::deploy::package;
use crate::stage::Stage;
use crate::up::stand_ins::Contents;
use crate::world::{self, Ground};
use crate::{Problem, Result};

/// Starts of each function; of the hello world one beside each.
const STARTS: usize = 20;
/// Those that bring the documents they serve: their figures are stated, and have no target.
const APART: [&str; 4] = ["docs-swagger", "docs-redoc", "docs-openapi", "console-page"];

pub async fn run(bench: &Bench) -> Result<()> {
    bench.doing("a database, a queue, and an advisor who has signed in");
    let mut ground = Ground::lay("coldstart", free_port()?).await?;
    ground.unlimited();
    let mut stage = Stage::set(ground, Contents::demo()).await?;
    stage.work();
    stage.until_worked(Duration::from_secs(120)).await?;

    let hello = bench.binaries.join("examples").join(HELLO);
    let hello_zip = zipped(&hello)?;
    let mut all = All::default();
    for name in world::functions(&bench.home, &[])? {
        let one = function(bench, &stage, &hello, &name).await?;
        let (size, apart) = (zipped(&bench.binaries.join(&name))?, APART.contains(&name.as_str()));
        let mut figures = vec![
            Figure::of(format!("coldstart.{name}.init"), "ms", &one.init).against("hello world", one.hello.at(50.0)),
            Figure::one(format!("coldstart.{name}.zip"), "MB", size).against("hello world", hello_zip),
        ];
        let mut bounds = vec![1.5 * one.hello.at(50.0) + 1.0, 3.0];
        if !one.answer.is_empty() {
            let answer = Figure::of(format!("coldstart.{name}.first-answer"), "ms", &one.answer);
            let memory = Figure::of(format!("coldstart.{name}.rss"), "MB", &one.memory);
            figures.push(answer.against("hello world", one.hello_answer.at(50.0)));
            figures.push(memory.against("hello world", one.hello_memory.at(50.0)));
            bounds.extend([20.0, 12.0]);
        }
        all.note(&one, size, apart);
        for (figure, bound) in figures.into_iter().zip(bounds) {
            bench.say(if apart { figure } else { figure.at_most(bound) });
        }
    }
    stage.stop().await;
    all.say(bench, hello_zip);
    Ok(())
}

/// What was measured of one function.
#[derive(Default)]
struct One {
    init: Samples,
    answer: Samples,
    memory: Samples,
    hello: Samples,
    hello_answer: Samples,
    hello_memory: Samples,
}

/// The middle of each function, over all of them.
#[derive(Default)]
struct All {
    init: Samples,
    /// Above what is allowed.
    excess: Samples,
    answer: Samples,
    memory: Samples,
    size: Samples,
    hello: Samples,
}

impl All {
    fn note(&mut self, one: &One, size: f64, apart: bool) {
        self.hello.push(one.hello.at(50.0));
        if apart {
            return;
        }
        self.init.push(one.init.at(50.0));
        self.excess.push(one.init.at(50.0) - (1.5 * one.hello.at(50.0) + 1.0));
        self.answer.push(one.answer.at(50.0));
        self.memory.push(one.memory.at(50.0));
        self.size.push(size);
    }

    fn say(&self, bench: &Bench, hello_zip: f64) {
        let hello = self.hello.at(50.0);
        bench.say(
            Figure::of("coldstart.all.init", "ms", &self.init).against("hello world", hello).at_most(1.5 * hello + 1.0),
        );
        bench.say(
            Figure::one("coldstart.all.init-over-target", "ms", self.excess.most())
                .against("hello world", hello)
                .at_most(0.0)
                .note("how far the function that is slowest to be ready is above 1.5 times the hello world and 1 ms"),
        );
        bench.say(
            Figure::of("coldstart.all.first-answer", "ms", &self.answer).against("hello world", hello).at_most(20.0),
        );
        bench.say(Figure::of("coldstart.all.rss", "MB", &self.memory).against("the bound", 12.0).at_most(12.0));
        bench.say(Figure::of("coldstart.all.zip", "MB", &self.size).against("hello world", hello_zip).at_most(3.0));
    }
}

async fn function(bench: &Bench, stage: &Stage, hello: &Path, name: &str) -> Result<One> {
    let expected = Expected::read(&bench.home)?;
    // To the advisor who has signed in, where the function's list of answers has no other one for nobody.
    let event = if name == "auth-me" { request(bench, name, &stage.cookies, None)? } else { sample(bench, name)? };
    let hello_event = sample(bench, "health-root")?;
    let mut one = One::default();
    for _ in 0..bench.times(STARTS) {
        let mut ours = Function::start(bench, name, stage.variables()).await?;
        one.init.push(ms(ours.ready().await?));
        // An operator's command is not part of anybody's day, and changes the database.
        if !name.starts_with("ops-") {
            let answered = ours.invoke(event.clone()).await?;
            one.answer.push(ms(ours.since_start()));
            one.memory.push(mb(ours.memory().peak));
            expected.compare(name, &answered.document, answered.streamed.map(|streamed| streamed.bytes()))?;
        }
        ours.kill().await;

        let mut theirs = Function::start_binary(bench, HELLO, hello, stage.variables()).await?;
        one.hello.push(ms(theirs.ready().await?));
        theirs.call(hello_event.clone(), 200).await?;
        one.hello_answer.push(ms(theirs.since_start()));
        one.hello_memory.push(mb(theirs.memory().peak));
        theirs.kill().await;
    }
    Ok(one)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// How large the binary is in what is uploaded, in megabytes.
#[expect(clippy::cast_precision_loss, reason = "bytes of a file")]
fn zipped(binary: &Path) -> Result<f64> {
    let bytes = std::fs::read(binary).map_err(|e| Problem(format!("Could not read {}: {e}.", binary.display())))?;
    Ok(package::of(&bytes)?.zip.len() as f64 / 1e6)
}
