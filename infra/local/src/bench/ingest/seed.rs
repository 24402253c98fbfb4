//! Chunks as the seed stores them: one after the other, each looked for, put, committed and read again.

use std::time::Duration;

use tokio_postgres::{Client, NoTls};

use super::worker::Spent;
use super::{Bench, Figure};
use crate::bench::proc;
use crate::stage::Stage;
use crate::{Problem, Result};

const CHUNKS: usize = 1_000;
/// About as long as ours.
const TEXT: &str =
    "Tom asked whether the college fund can wait until the house is sold, and what that would mean for his taxes. ";

pub async fn run(bench: &Bench, stage: &Stage, ours: &Spent) -> Result<()> {
    let chunks = bench.times(CHUNKS);
    bench.doing(format_args!("{chunks} chunks as the seed stores them"));
    let (client, connection) = tokio_postgres::connect(&stage.ground.owner_url, NoTls).await.map_err(|e| failed(&e))?;
    let served = tokio::spawn(connection);
    let took = store(&client, chunks).await.map_err(|e| failed(&e))?;
    served.abort();
    let each =
        |took: Duration, many: usize| took.as_secs_f64() * 1e6 / f64::from(u32::try_from(many.max(1)).unwrap_or(1));
    let whole = ours.read_postgres + ours.embed_postgres;
    bench.say(
        Figure::one("ingest.store.postgres", "us/chunk", each(whole, ours.chunks))
            .against("the seed's way: four round trips and a commit each", each(took, chunks))
            .note("processor time of the backends; ours also keeps the mails, the words, what is counted of them and the vectors' codes"),
    );
    Ok(())
}

/// Processor time of the backend.
async fn store(client: &Client, chunks: usize) -> std::result::Result<Duration, tokio_postgres::Error> {
    client
        .batch_execute(
            "create table vectoritem (id varchar primary key, user_id varchar, source_type varchar, source_id varchar,
                chunk_index integer, chunk_count integer, text text, tokens integer, embedding vector(1536), metadata_json json,
                created_at timestamp, updated_at timestamp);
             create index on vectoritem (id); create index on vectoritem (user_id); create index on vectoritem (source_type);
             create index on vectoritem (source_type, source_id); create index on vectoritem (created_at)",
        )
        .await?;
    let pid: i32 = client.query_one("select pg_backend_pid()", &[]).await?.get(0);
    let pid = u32::try_from(pid).unwrap_or_default();
    let vector = format!("[{}]", vec!["0.025"; 1536].join(","));
    let text = TEXT.repeat(7);
    let look = client
        .prepare(
            "select id from vectoritem where user_id = $1 and source_type = $2 and source_id = $3 and chunk_index = $4",
        )
        .await?;
    let put = client
        .prepare(
            "insert into vectoritem values ($1, '1', 'email', $2, 0, 1, $3, 100, $4::text::vector, '{}', localtimestamp, localtimestamp)",
        )
        .await?;
    let read = client.prepare("select * from vectoritem where id = $1").await?;
    let before = proc::cpu_ns(pid);
    for n in 0..chunks {
        let id = n.to_string();
        client.batch_execute("begin").await?;
        client.query(&look, &[&"1", &"email", &id, &0_i32]).await?;
        client.execute(&put, &[&id, &id, &text, &vector]).await?;
        client.batch_execute("commit").await?;
        client.query(&read, &[&id]).await?;
    }
    let took = Duration::from_nanos(proc::cpu_ns(pid).saturating_sub(before));
    client.batch_execute("drop table vectoritem").await?;
    Ok(took)
}

fn failed(error: &tokio_postgres::Error) -> Problem {
    Problem(format!("The database refused a query: {error}."))
}
