//! The worker's release binary, rung for what waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fakes::server::lock;
use serde_json::json;
use shared::App;
use shared::model::UserId;
use shared::model::task::Job;
use shared::store::tasks;

use crate::bench::function::{self, Function};
use crate::bench::{Bench, proc};
use crate::stage::Stage;
use crate::up::variables::APP_ROLE;
use crate::{Problem, Result};

const NAME: &str = "workers-run-task";
const READS: &str = "gmail_sync";
const EMBEDS: &str = "embed";

pub struct Worker<'a> {
    bench: &'a Bench,
    stage: &'a Stage,
    function: Function,
    world: App,
    memory: Arc<Mutex<Vec<u64>>>,
    watching: tokio::task::JoinHandle<()>,
    /// Resident before it did anything.
    pub at_first: u64,
}

/// What some mails cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    pub mails: usize,
    pub chunks: usize,
    pub wall: Duration,
    pub read_worker: Duration,
    pub read_postgres: Duration,
    pub embed_worker: Duration,
    pub embed_postgres: Duration,
}

impl<'a> Worker<'a> {
    pub async fn start(bench: &'a Bench, stage: &'a Stage, variables: &BTreeMap<String, String>) -> Result<Self> {
        let mut function = Function::start(bench, NAME, variables).await?;
        function.ready().await?;
        let at_first = function.memory().now;
        let (memory, pid) = (Arc::new(Mutex::new(Vec::new())), function.pid);
        let kept = memory.clone();
        let watching = tokio::spawn(async move {
            loop {
                lock(&kept).push(proc::memory(pid).own);
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        });
        let world = App::new(stage.ground.config()?, 1).await.map_err(|e| failed(&e))?;
        Ok(Self { bench, stage, function, world, memory, watching, at_first })
    }

    /// Has it do what is neither reading mail nor embedding.
    pub async fn everything_else(&self) -> Result<()> {
        while let Some((task, _)) = self.next(&format!("task_type not in ('{READS}', '{EMBEDS}')")).await? {
            self.ring(&task).await?;
        }
        Ok(())
    }

    /// Has it look for new mail, and do what that brings.
    pub async fn bring(&self) -> Result<Spent> {
        let owner = UserId(self.stage.number("select min(id) from users").await?);
        {
            let mut db = self.world.db().await.map_err(|e| failed(&e))?;
            let tenant = db.tenant(owner).await.map_err(|e| failed(&e))?;
            tasks::ensure(&tenant, &Job::GmailSync { query: None }).await.map_err(|e| failed(&e))?;
            tenant.commit().await.map_err(|e| failed(&e))?;
        }
        self.work().await
    }

    /// Has it read and embed whatever waits.
    pub async fn work(&self) -> Result<Spent> {
        let (mails, chunks) = self.kept().await?;
        let began = Instant::now();
        let mut spent = Spent::default();
        while let Some((task, name)) = self.next(&format!("task_type in ('{READS}', '{EMBEDS}')")).await? {
            let (worker, postgres) = (self.function.cpu_ns(), self.backends().await?);
            self.ring(&task).await?;
            let worker = Duration::from_nanos(self.function.cpu_ns().saturating_sub(worker));
            let postgres = Duration::from_nanos(self.backends().await?.saturating_sub(postgres));
            let (of_worker, of_postgres) = if name == READS {
                (&mut spent.read_worker, &mut spent.read_postgres)
            } else {
                (&mut spent.embed_worker, &mut spent.embed_postgres)
            };
            *of_worker += worker;
            *of_postgres += postgres;
        }
        spent.wall = began.elapsed();
        let (now, chunks_now) = self.kept().await?;
        spent.mails = now - mails;
        spent.chunks = chunks_now - chunks;
        if spent.mails == 0 {
            return Err(Problem("No mail came in: see .local/logs/bench.log.".to_owned()));
        }
        Ok(spent)
    }

    pub fn forget_memory(&self) {
        lock(&self.memory).clear();
    }

    /// What it had of its own, over time.
    pub fn memory(&self) -> Vec<u64> {
        lock(&self.memory).clone()
    }

    pub fn peak(&self) -> u64 {
        self.function.memory().peak
    }

    async fn kept(&self) -> Result<(usize, usize)> {
        let mails = self.stage.number("select count(*) from emails").await?;
        let chunks = self.stage.number("select count(*) from chunk_text").await?;
        Ok((usize::try_from(mails).unwrap_or(0), usize::try_from(chunks).unwrap_or(0)))
    }

    async fn next(&self, which: &str) -> Result<Option<(String, String)>> {
        let sql = format!(
            "select id::text || ' ' || task_type from tasks where state = 'pending' and run_after <= now() + interval '1 second'
                and {which} order by task_type desc, id limit 1"
        );
        let found = self.stage.texts(&sql).await?;
        Ok(found.first().and_then(|one| one.split_once(' ')).map(|(id, name)| (id.to_owned(), name.to_owned())))
    }

    async fn ring(&self, task: &str) -> Result<()> {
        let mut event = function::sample(self.bench, NAME)?;
        event["Records"][0]["body"] = json!(json!({ "V1": { "task": task } }).to_string());
        self.function.invoke(event).await?;
        Ok(())
    }

    /// Of all of the product's connections.
    async fn backends(&self) -> Result<u64> {
        let sql = format!(
            "select pid::text from pg_stat_activity where datname = '{}' and usename = '{APP_ROLE}'",
            self.stage.ground.database_name()
        );
        let pids = self.stage.texts(&sql).await?;
        Ok(pids.iter().filter_map(|pid| pid.parse().ok()).map(proc::cpu_ns).sum())
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

fn failed(error: &shared::Error) -> Problem {
    Problem(format!("{error:?}"))
}
