//! From the bell to the task that is done: what a task costs besides its own work, how many are done in a second, and what the sweep
//! costs when there have been many. On a cluster that puts what is committed on its disk.

mod claims;
mod overhead;
mod raw;
mod sweep;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use fakes::server::lock;
use fakes::world::free_port;
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use super::cluster::Durable;
use super::function::{Function, sample};
use super::{Bench, build};
use crate::world::Ground;
use crate::{Problem, Result};

const WORKER: &str = "workers-run-task";
/// Each has one task, so that none waits for another of its lane, and none has another to ring for.
const ADVISORS: usize = 60_000;

pub async fn run(bench: &Bench) -> Result<()> {
    let durable = Durable::start(&bench.home, "tasks", &["shared_buffers=256MB", "max_wal_size=4GB"]).await?;
    let measured = measure(bench, &durable).await;
    durable.stop().await;
    measured
}

async fn measure(bench: &Bench, durable: &Durable) -> Result<()> {
    bench.doing("laying the ground");
    let yard = Yard::lay(durable, bench.times(ADVISORS)).await?;
    overhead::run(bench, &yard).await?;
    claims::run(bench, &yard).await?;
    sweep::run(bench, durable).await
}

/// A database with tasks that have next to nothing to do: each looks whether passages wait for a vector, and none does.
pub struct Yard {
    ground: Ground,
    owner: Client,
    /// Those nobody has begun, with whose they are.
    waiting: Mutex<VecDeque<(i64, Uuid)>>,
}

impl Yard {
    async fn lay(durable: &Durable, advisors: usize) -> Result<Self> {
        let mut ground = Ground::lay_on(&durable.cluster, "bench-tasks", free_port()?).await?;
        ground.unlimited();
        let owner = ground.database().await?;
        owner
            .batch_execute(&format!(
                "insert into users (google_sub) select n::text from generate_series(1, {advisors}) n;
                 insert into tasks (user_id, id, task_type, lane, payload, rung_at)
                     select id, gen_random_uuid(), 'embed', 'embed', '{{\"type\": \"embed\"}}', now() from users;
                 create table commits (n bigint primary key, many bigint not null default 0);
                 insert into commits select generate_series(1, 8);
                 grant select, update on commits to fa_app;
                 analyze; checkpoint"
            ))
            .await
            .map_err(|e| asked(&e))?;
        let rows = owner.query("select user_id, id from tasks", &[]).await.map_err(|e| asked(&e))?;
        let waiting = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let waiting = waiting.collect::<std::result::Result<_, tokio_postgres::Error>>().map_err(|e| asked(&e))?;
        Ok(Self { ground, owner, waiting: Mutex::new(waiting) })
    }

    /// One that nobody has begun.
    fn next(&self) -> Result<(i64, Uuid)> {
        lock(&self.waiting).pop_front().ok_or_else(|| Problem("There are no more tasks.".to_owned()))
    }

    /// As the functions log in, without TLS.
    async fn client(&self) -> Result<Client> {
        let (port, name) = (self.ground.ports.postgres, self.ground.database_name());
        let (role, password) = (crate::up::variables::APP_ROLE, self.ground.secret("DATABASE_PASSWORD"));
        let url =
            format!("postgresql://{role}:{password}@127.0.0.1:{port}/{name}?sslmode=disable&application_name=raw");
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.map_err(|e| asked(&e))?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// For a process that reaches the database through this port, in the clear.
    fn variables(&self, port: u16) -> BTreeMap<String, String> {
        let mut variables = self.ground.variables.clone();
        if let Some(url) = variables.get_mut("DATABASE_URL") {
            *url = format!(
                "{}?sslmode=disable",
                url.replace(&format!(":{}/", self.ground.ports.postgres), &format!(":{port}/"))
            );
        }
        variables
    }

    async fn number(&self, sql: &str) -> Result<i64> {
        self.owner.query_one(sql, &[]).await.and_then(|row| row.try_get(0)).map_err(|e| asked(&e))
    }
}

/// The worker, having done one task: connected, and its statements known.
async fn worker(bench: &Bench, yard: &Yard, port: u16) -> Result<Function> {
    let mut function = Function::start(bench, WORKER, &yard.variables(port)).await?;
    function.ready().await?;
    function.invoke(bell(bench, yard.next()?.1)?).await?;
    Ok(function)
}

/// The least a function can be, having answered once.
async fn hello(bench: &Bench) -> Result<Function> {
    let binary = bench.binaries.join("examples").join(build::HELLO);
    let mut function = Function::start_binary(bench, build::HELLO, &binary, &BTreeMap::new()).await?;
    function.ready().await?;
    function.invoke(sample(bench, "auth-me")?).await?;
    Ok(function)
}

/// The queue's message for a task.
fn bell(bench: &Bench, task: Uuid) -> Result<Value> {
    let mut event = sample(bench, WORKER)?;
    event["Records"][0]["body"] = json!(json!({ "V1": { "task": task } }).to_string());
    Ok(event)
}

fn asked(error: &tokio_postgres::Error) -> Problem {
    let said = error.as_db_error().map_or_else(|| error.to_string(), |server| server.message().to_owned());
    Problem(format!("The database could not be asked: {said}."))
}
