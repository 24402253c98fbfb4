//! The clock's look at all tasks, and one task's way, where a million are over, against where there are none.

use std::time::{Duration, Instant};

use fakes::world::free_port;
use tokio_postgres::{Client, NoTls};

use super::asked;
use crate::bench::cluster::Durable;
use crate::bench::function::{Function, sample};
use crate::bench::{Bench, Figure, Samples};
use crate::world::Ground;
use crate::{Problem, Result};

const OVER: usize = 1_000_000;
const SWEEP: &str = "schedules-sweep";
/// One of those that wait.
const FIRST: &str = "0199d3c0-0000-7000-8000-ffffffffffff";

pub async fn run(bench: &Bench, durable: &Durable) -> Result<()> {
    let over = if bench.quick { OVER / 10 } else { OVER };
    bench.doing(format_args!("{over} tasks that are over"));
    let (mut full, empty) = (Place::lay(durable, over).await?, Place::lay(durable, 0).await?);
    // Roles are the cluster's: who laid the last ground has the password.
    full.ground.variables.insert("DATABASE_PASSWORD".to_owned(), empty.ground.secret("DATABASE_PASSWORD").to_owned());
    let history = format!("a table without the {over} that are over");
    let sql = "select count(*) from lookup.sweep_counted(interval '1 minute', 500)";
    let one = format!("select from begin_task('{FIRST}', 30)");

    let [mut swept, mut least, mut began, mut first] = std::array::from_fn(|_| Samples::default());
    for _ in 0..bench.times(200) {
        swept.push(full.time(sql).await?);
        least.push(empty.time(sql).await?);
        began.push(full.undone(&one).await?);
        first.push(empty.undone(&one).await?);
    }
    bench.say(Figure::of("tasks.sweep.sql", "ms", &swept).against(&history, least.at(50.0)).ratio_at_most(1.2));
    bench.say(Figure::of("tasks.sweep.claim", "ms", &began).against(&history, first.at(50.0)).ratio_at_most(1.2));

    let (mut at_full, mut at_empty) = (full.sweeper(bench).await?, empty.sweeper(bench).await?);
    let [mut swept, mut least] = std::array::from_fn(|_| Samples::default());
    for _ in 0..bench.times(60) {
        swept.push(beat(bench, &mut at_full).await?);
        least.push(beat(bench, &mut at_empty).await?);
    }
    bench.say(Figure::of("tasks.sweep.function", "ms", &swept).against(&history, least.at(50.0)).ratio_at_most(1.2));
    Ok(())
}

async fn beat(bench: &Bench, function: &mut Function) -> Result<f64> {
    Ok(function.invoke(sample(bench, SWEEP)?).await?.took.as_secs_f64() * 1000.0)
}

/// A database with one task that waits, and many or none that are over.
struct Place {
    ground: Ground,
    client: Client,
}

impl Place {
    async fn lay(durable: &Durable, over: usize) -> Result<Self> {
        let mut ground = Ground::lay_on(&durable.cluster, "bench-sweep", free_port()?).await?;
        ground.unlimited();
        let owner = ground.database().await?;
        // Row by row into each index would take minutes: the plain ones are made afterwards, as they were.
        let indexes = "select indexdef, indexrelid::regclass::text from pg_index i join pg_indexes x on x.indexname = i.indexrelid::regclass::text
                        where i.indrelid = 'tasks'::regclass and not exists (select from pg_constraint where conindid = i.indexrelid)";
        let indexes: Vec<(String, String)> = owner
            .query(indexes, &[])
            .await
            .map_err(|e| asked(&e))?
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();
        let (makes, names): (Vec<_>, Vec<_>) = indexes.into_iter().unzip();
        let fill = format!(
            "set synchronous_commit = off; set session_replication_role = replica; set maintenance_work_mem = '256MB';
             insert into users (google_sub) select n::text from generate_series(1, 1000) n;
             drop index {};
             insert into tasks (user_id, id, task_type, lane, payload, state, attempt, fence, completed_at)
                 select 1 + n % 1000, ('0199d3c0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'embed', 'embed',
                        '{{\"type\": \"embed\"}}', case n % 200 when 0 then 'failed' else 'done' end, 1, 1, now() - n * interval '1 second'
                   from generate_series(1, {over}) n;
             insert into tasks (user_id, id, task_type, lane, payload, rung_at)
                 select id, case id when 1 then '{FIRST}'::uuid else gen_random_uuid() end, 'embed', 'embed', '{{\"type\": \"embed\"}}', now() + interval '1 day' from users where id <= 200;
             {};
             reset session_replication_role",
            names.join(", "),
            makes.join(";")
        );
        owner.batch_execute(&fill).await.map_err(|e| asked(&e))?;
        owner.batch_execute("vacuum analyze tasks").await.map_err(|e| asked(&e))?;
        owner.batch_execute("checkpoint").await.map_err(|e| asked(&e))?;
        let client = app(&ground).await?;
        Ok(Self { ground, client })
    }

    /// Milliseconds.
    async fn time(&self, sql: &str) -> Result<f64> {
        let began = Instant::now();
        self.client.query(sql, &[]).await.map_err(|e| asked(&e))?;
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    }

    /// The same, and takes it back: what is measured is the finding and not the disk.
    async fn undone(&self, sql: &str) -> Result<f64> {
        self.client.batch_execute("begin").await.map_err(|e| asked(&e))?;
        let took = self.time(sql).await?;
        self.client.batch_execute("rollback").await.map_err(|e| asked(&e))?;
        Ok(took)
    }

    async fn sweeper(&self, bench: &Bench) -> Result<Function> {
        let mut function = Function::start(bench, SWEEP, &self.ground.variables).await?;
        function.ready().await?;
        function.invoke(sample(bench, SWEEP)?).await?;
        Ok(function)
    }
}

/// As the functions log in.
async fn app(ground: &Ground) -> Result<Client> {
    let (role, password) = (crate::up::variables::APP_ROLE, ground.secret("DATABASE_PASSWORD"));
    let (port, name) = (ground.ports.postgres, ground.database_name());
    let url = format!("postgresql://{role}:{password}@127.0.0.1:{port}/{name}?connect_timeout=5");
    let connected = tokio::time::timeout(Duration::from_secs(10), tokio_postgres::connect(&url, NoTls)).await;
    let (client, connection) =
        connected.map_err(|_| Problem("The database does not answer.".to_owned()))?.map_err(|e| asked(&e))?;
    tokio::spawn(connection);
    Ok(client)
}
