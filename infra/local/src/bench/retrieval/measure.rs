//! One search after the other, each beside the exact reading of the same advisor's vectors.

use std::collections::HashSet;
use std::time::Instant;

use fakes::practice::dice::Dice;
use jiff::ToSpan;
use pgvector::HalfVector;
use shared::domain::knowledge::retrieve::{self, Question};
use shared::model::UserId;
use shared::model::document::Hit;
use shared::store::search::{self, Query};
use shared::store::{Connection, Pool};
use tokio_postgres::Client;

use super::copies::{connect, refused};
use super::fleet::Measured;
use super::load::Known;
use super::vectors::Vectors;
use crate::Result;
use crate::bench::{Samples, proc};
use crate::clock::now;
use crate::up::database::in_words;

const NEAREST: usize = 10;

/// Processor time of the backend and time on the clock, in milliseconds.
#[derive(Default)]
pub struct Spent {
    pub cpu: Samples,
    pub wall: Samples,
}

#[derive(Default)]
pub struct Measurements {
    /// Of the ten nearest by the stored vectors, the share that was found.
    pub recall: Samples,
    pub exact: Spent,
    /// By meaning alone.
    pub vector: Spent,
    /// The same, with every code put in order.
    pub unbounded: Spent,
    /// By meaning, among the mail of the last sixty days.
    pub recent: Spent,
    pub fused: Spent,
    pub fused_recall: Samples,
}

/// The functions' way to the database, and beside it one that reads everything.
pub struct Searcher {
    pool: Pool,
    pid: u32,
    exact: Client,
    exact_pid: u32,
}

impl Searcher {
    /// `url` is that of the role the functions log in as.
    pub async fn new(pool: Pool, url: &str) -> Result<Self> {
        let exact = connect(url).await?;
        let exact_pid = backend(&exact).await?;
        let mine = "select pid from pg_stat_activity where application_name = 'financial-advisor'
                       and datname = current_database() and pid <> pg_backend_pid()";
        pool.get().await.map_err(|e| in_words(&e))?.ping().await.map_err(|e| in_words(&e))?;
        let row = exact.query_one(mine, &[]).await.map_err(refused)?;
        let pid = pid(row.try_get(0).map_err(refused)?);
        Ok(Self { pool, pid, exact, exact_pid })
    }

    /// Asks about each text that is known.
    pub async fn measure(&self, of: &Measured, known: &[Known], vectors: &mut Vectors) -> Result<Measurements> {
        let mut found = Measurements::default();
        let mut dice = Dice::new(of.name);
        let user = UserId(of.user);
        self.exact.query(AS, &[&user.to_string()]).await.map_err(refused)?;
        let mut connection = self.pool.get().await.map_err(|e| in_words(&e))?;
        for (n, text) in known.iter().enumerate() {
            let embedding = vectors.question(&text.embedding);
            let fused = ask(&mut connection, user, embedding.clone(), &text.words.some(&mut dice, 5)).await?;
            let vector = ask(&mut connection, user, embedding.clone(), "").await?;
            let mut unbounded = ask(&mut connection, user, embedding.clone(), "").await?;
            unbounded.latest = 0;
            let mut recent = ask(&mut connection, user, embedding.clone(), "").await?;
            recent.since = Some(now() - (60 * 24).hours());

            let nearest = self.exact(user, &embedding, &mut found.exact).await?;
            // What is read for the first time comes from the disk; after the sixth time the plan is what it will be.
            for _ in 0..if n == 0 { 6 } else { 1 } {
                for query in [&vector, &unbounded, &recent, &fused] {
                    self.search(&mut connection, user, query, &mut Spent::default()).await?;
                }
            }
            let hits = self.search(&mut connection, user, &vector, &mut found.vector).await?;
            found.recall.push(recall(&hits, &nearest));
            let hits = self.search(&mut connection, user, &fused, &mut found.fused).await?;
            found.fused_recall.push(recall(&hits, &nearest));
            self.search(&mut connection, user, &unbounded, &mut found.unbounded).await?;
            self.search(&mut connection, user, &recent, &mut found.recent).await?;
        }
        Ok(found)
    }

    async fn search(
        &self,
        connection: &mut Connection,
        user: UserId,
        query: &Query,
        spent: &mut Spent,
    ) -> Result<Vec<Hit>> {
        let tenant = connection.tenant(user).await.map_err(|e| in_words(&e))?;
        let (cpu, began) = (proc::cpu_ns(self.pid), Instant::now());
        let hits = search::fused(&tenant, query).await.map_err(|e| in_words(&e))?;
        spent.wall.push(began.elapsed().as_secs_f64() * 1e3);
        spent.cpu.push(milliseconds(proc::cpu_ns(self.pid) - cpu));
        tenant.commit().await.map_err(|e| in_words(&e))?;
        Ok(hits)
    }

    /// The nearest ten by the stored vectors, by document and place in it.
    async fn exact(&self, user: UserId, question: &[f32], spent: &mut Spent) -> Result<HashSet<(i64, i32)>> {
        let sql = "select chunk_id from chunk_vectors where user_id = $1 order by embedding <=> $2 limit 10";
        let statement = self.exact.prepare(sql).await.map_err(refused)?;
        let question = HalfVector::from_f32_slice(question);
        let (cpu, began) = (proc::cpu_ns(self.exact_pid), Instant::now());
        let rows = self.exact.query(&statement, &[&user.0, &question]).await.map_err(refused)?;
        spent.wall.push(began.elapsed().as_secs_f64() * 1e3);
        spent.cpu.push(milliseconds(proc::cpu_ns(self.exact_pid) - cpu));
        let ids =
            rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<Vec<i64>, _>>().map_err(refused)?;
        let sql = "select document_id, ordinal from chunk_text where user_id = $1 and chunk_id = any($2)";
        let rows = self.exact.query(sql, &[&user.0, &ids]).await.map_err(refused)?;
        rows.iter().map(|row| Ok((row.try_get(0).map_err(refused)?, row.try_get(1).map_err(refused)?))).collect()
    }
}

const AS: &str = "select set_config('app.user_id', $1, false)";

/// The product's own query for a question; without words, by meaning alone.
async fn ask(connection: &mut Connection, user: UserId, embedding: Vec<f32>, words: &str) -> Result<Query> {
    let question =
        Question { text: words, kinds: &[], since: None, until: None, limit: i64::try_from(NEAREST).unwrap_or(10) };
    let tenant = connection.tenant(user).await.map_err(|e| in_words(&e))?;
    let (terms, corpus) = search::terms(&tenant, words).await.map_err(|e| in_words(&e))?;
    tenant.commit().await.map_err(|e| in_words(&e))?;
    Ok(retrieve::query(&question, Some(embedding), &terms, corpus))
}

fn recall(hits: &[Hit], nearest: &HashSet<(i64, i32)>) -> f64 {
    let found = hits.iter().filter(|hit| nearest.contains(&(hit.document_id.0, hit.ordinal))).count();
    ratio(found, nearest.len())
}

#[expect(clippy::cast_precision_loss, reason = "of small counts")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

async fn backend(client: &Client) -> Result<u32> {
    let row = client.query_one("select pg_backend_pid()", &[]).await.map_err(refused)?;
    Ok(pid(row.try_get(0).map_err(refused)?))
}

fn pid(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
