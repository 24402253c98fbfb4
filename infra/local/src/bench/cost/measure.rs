//! How long each function is at work, and whom it calls: what is billed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::bench::function::{Function, request, sample};
use crate::bench::{Bench, Samples};
use crate::stage::Stage;
use crate::{Problem, Result};

/// A whole processor's worth of memory, by Lambda's own words: what has less of it has as much less of the processor.
const MB_FOR_A_PROCESSOR: f64 = 1769.0;

/// Events of one kind.
#[derive(Default)]
pub struct Spent {
    /// Milliseconds of each, as billed: what was waited for, and the work at the speed its memory buys.
    pub billed: Samples,
    /// Calls to providers.
    pub calls: usize,
}

impl Spent {
    /// Milliseconds altogether.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub fn sum(&self) -> f64 {
        self.billed.mean() * self.billed.len() as f64
    }

    fn add(&mut self, took: Duration, cpu_ns: u64, memory: f64) {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let work = cpu_ns as f64 / 1e6;
        // Billed by the started millisecond.
        self.billed.push((took.as_secs_f64() * 1000.0 + work * (MB_FOR_A_PROCESSOR / memory - 1.0).max(0.0)).ceil());
    }
}

/// One function, with what its memory makes of its time.
pub struct Meter {
    function: Function,
    memory: f64,
}

impl Meter {
    /// Started, and having answered once: a cold start is seldom, and has a bench of its own.
    pub async fn of(bench: &Bench, stage: &Stage, name: &str, memory: f64, first: &Value) -> Result<Self> {
        let mut function = Function::start(bench, name, stage.variables()).await?;
        function.ready().await?;
        function.invoke(first.clone()).await?;
        Ok(Self { function, memory })
    }

    /// One event. What an advisor may ask for in a minute is given back first: in life there is time between two.
    pub async fn add(&self, stage: &Stage, event: Value, spent: &mut Spent) -> Result<()> {
        stage.change("delete from rate_limits").await?;
        let (cpu, calls) = (self.function.cpu_ns(), calls(stage));
        let answered = self.function.invoke(event).await?;
        if answered.document["statusCode"].as_u64().is_some_and(|status| status >= 400) {
            return Err(Problem(format!("A function answered {}.", answered.document)));
        }
        spent.add(answered.took, self.function.cpu_ns() - cpu, self.memory);
        spent.calls += self::calls(stage) - calls;
        Ok(())
    }
}

/// Requests the providers' stand-ins have received so far.
fn calls(stage: &Stage) -> usize {
    let google = stage.stand_ins.google.as_ref().map_or(0, |google| google.control().requests().len());
    let hubspot = stage.stand_ins.hubspot.as_ref().map_or(0, |hubspot| hubspot.control().requests().len());
    let openai = stage.stand_ins.openai.as_ref().map_or(0, |openai| openai.control().requests().len());
    google + hubspot + openai
}

/// So many requests of one endpoint.
pub async fn endpoint(bench: &Bench, stage: &Stage, name: &str, body: Option<&Value>) -> Result<Spent> {
    let event = request(bench, name, &stage.cookies, body)?;
    let meter = Meter::of(bench, stage, name, 512.0, &event).await?;
    let mut spent = Spent::default();
    for _ in 0..bench.times(30) {
        meter.add(stage, event.clone(), &mut spent).await?;
    }
    Ok(spent)
}

/// So many beats of the clock.
pub async fn beats(bench: &Bench, stage: &Stage, name: &str) -> Result<Spent> {
    let event = sample(bench, name)?;
    let meter = Meter::of(bench, stage, name, 512.0, &event).await?;
    let mut spent = Spent::default();
    for _ in 0..bench.times(30) {
        meter.add(stage, event.clone(), &mut spent).await?;
    }
    Ok(spent)
}

/// Does all tasks there are, one after the other; by kind.
pub async fn tasks(stage: &Stage, worker: &Meter) -> Result<BTreeMap<String, Spent>> {
    let mut spent = BTreeMap::<String, Spent>::new();
    let due =
        "select id, task_type from tasks where state = 'pending' and run_after <= now() order by run_after, id limit 1";
    loop {
        let row = stage.database.query_opt(due, &[]).await.map_err(|e| Problem(format!("No tasks: {e}.")))?;
        let Some(row) = row else { return Ok(spent) };
        let (id, kind): (Uuid, String) = (row.get(0), row.get(1));
        worker.add(stage, bell(id), spent.entry(kind).or_default()).await?;
    }
}

/// The queue's message for a task.
pub fn bell(task: Uuid) -> Value {
    json!({ "Records": [{ "messageId": "m", "body": json!({ "V1": { "task": task } }).to_string() }] })
}
