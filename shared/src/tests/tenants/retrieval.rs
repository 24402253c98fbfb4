//! The search at two hundred advisors, a few with much and most with little: each gets as many passages as they have, and of
//! the nearest ten practically all.

mod plans;
mod words;

use std::pin::pin;

use fakes::practice::dice::Dice;
use pgvector::HalfVector;
use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use super::pooled;
use crate::model::UserId;
use crate::model::document::Kind;
use crate::store::Pool;
use crate::store::search::{self, Query};

const DIMENSIONS: usize = 1536;
/// Each is turned by a Hadamard matrix, so that no direction is an axis.
const BLOCK: usize = 512;
const NEAREST: usize = 10;
/// What `domain::knowledge::retrieve` takes for practices of this size.
const CANDIDATES: i64 = 150;

/// How many chunks the advisors have: skewed, as practices are.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![3000, 1500, 800, 500, 300, 300, 200, 200, 150, 150];
    sizes.extend((0..190).map(|n| [1, 3, 7, 9, 10, 11, 20, 40][n % 8]));
    sizes
}

/// Vectors like those of texts: all lean one way, those of one topic lean the same way, a few directions hold most of the
/// variance, and none of them is an axis.
struct Texts {
    dice: Dice,
    /// How much of the variance is in each direction, before they are turned.
    spectrum: Vec<f32>,
    all: Vec<f32>,
    topics: Vec<Vec<f32>>,
}

impl Texts {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn new() -> Self {
        // Falls off as the spectra of embeddings do, and is dealt out to the blocks.
        let spectrum = (0..DIMENSIONS).map(|n| ((n % BLOCK + 1) as f32).powf(-0.385)).collect();
        let mut texts = Self { dice: Dice::new("texts"), spectrum, all: Vec::new(), topics: Vec::new() };
        texts.all = texts.direction();
        texts.topics = (0..60).map(|_| texts.direction()).collect();
        texts
    }

    fn text(&mut self) -> Vec<f32> {
        let own = self.direction();
        let topic = self.dice.pick(&self.topics);
        let parts = self.all.iter().zip(topic).zip(&own);
        parts.map(|((all, topic), own)| 0.36 * all + 0.55 * topic + 0.75 * own).collect()
    }

    /// A question about a text.
    fn question(&mut self, text: &[f32]) -> Vec<f32> {
        let own = self.direction();
        text.iter().zip(&own).map(|(text, own)| 0.7 * text + 0.7 * own).collect()
    }

    /// A random direction of length one.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn direction(&mut self) -> Vec<f32> {
        let mut vector = Vec::with_capacity(DIMENSIONS);
        for scale in &self.spectrum {
            let random = self.dice.next();
            let uniform = |bits: u64| (bits & 0xff_ffff) as f32 / 16_777_216.0;
            vector.push((uniform(random) + uniform(random >> 32) - 1.0) * scale);
        }
        vector.chunks_exact_mut(BLOCK).for_each(turn);
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
        vector
    }
}

fn turn(block: &mut [f32]) {
    let mut half = 1;
    while half < block.len() {
        for pair in block.chunks_exact_mut(2 * half) {
            let (left, right) = pair.split_at_mut(half);
            for (a, b) in left.iter_mut().zip(right) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

/// Puts a chunk for each vector of each advisor. Answers, for each advisor, what some of the texts are.
async fn fill(client: &Client, texts: &mut Texts) -> Vec<Vec<Vec<f32>>> {
    client
        .batch_execute(
            "insert into users (google_sub) select n::text from generate_series(1, 200) n order by n;
             create table staged (user_id bigint, n bigint, embedding halfvec(1536))",
        )
        .await
        .unwrap();
    let kind = client.prepare("select embedding from staged").await.unwrap().columns()[0].type_().clone();
    let sink = client.copy_in("copy staged from stdin binary").await.unwrap();
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &[Type::INT8, Type::INT8, kind]));
    let mut kept = Vec::new();
    for (user, size) in (1_i64..).zip(sizes()) {
        let mut some = Vec::new();
        for n in 0..size {
            let text = texts.text();
            let embedding = HalfVector::from_f32_slice(&text);
            writer.as_mut().write(&[&user, &i64::try_from(n).unwrap(), &embedding]).await.unwrap();
            if n % size.div_ceil(25) == 0 {
                some.push(text);
            }
        }
        kept.push(some);
    }
    writer.finish().await.unwrap();
    client
        .batch_execute(
            "insert into documents (user_id, kind, source_id, title, heading, occurred_at, content_hash, chunk_count)
             select user_id, 1 + (n % 3) / 2, n::text, '', '', now() - n * interval '1 hour', '\\x01', 1
               from staged order by md5(n || '/' || user_id);
             insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length, embedded)
             select user_id, id, 0, '', '\\x01', array_to_tsvector(array['~u' || user_id, 'often' || source_id::int % 20,
                    'seldom' || source_id::int % 300]), 2, true from documents order by id;
             insert into chunk_vectors (user_id, chunk_id, kind, occurred_at, bits, embedding)
             select s.user_id, c.chunk_id, d.kind, d.occurred_at, binary_quantize(s.embedding)::bit(1536), s.embedding
               from staged s join documents d on d.user_id = s.user_id and d.source_id = s.n::text
               join chunk_text c on c.user_id = d.user_id and c.document_id = d.id order by c.chunk_id;
             drop table staged",
        )
        .await
        .unwrap();
    client.batch_execute("vacuum analyze chunk_vectors").await.unwrap();
    client.batch_execute("vacuum analyze chunk_text").await.unwrap();
    client.batch_execute("vacuum analyze documents").await.unwrap();
    kept
}

/// The nearest ten by the stored vectors, whoever's index says what.
async fn exact(client: &Client, user: i64, question: &HalfVector, only: &str) -> Vec<String> {
    let sql = format!(
        "select d.source_id from chunk_vectors v
                 join chunk_text c on c.user_id = v.user_id and c.chunk_id = v.chunk_id
                 join documents d on d.user_id = c.user_id and d.id = c.document_id
                where v.user_id = $1 and {only} order by v.embedding <=> $2, v.chunk_id limit 10"
    );
    let statement = client.prepare(&sql).await.unwrap();
    client.query(&statement, &[&user, question]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// By meaning, in everything.
fn query(embedding: Vec<f32>) -> Query {
    Query {
        embedding: Some(embedding),
        words: Vec::new(),
        rare: Vec::new(),
        kinds: Kind::ALL.to_vec(),
        since: None,
        until: None,
        candidates: CANDIDATES,
        latest: 0,
        limit: i64::try_from(NEAREST).unwrap(),
    }
}

async fn found(pool: &Pool, user: i64, query: &Query) -> Vec<String> {
    let mut db = pool.get().await.unwrap();
    let tenant = db.tenant(UserId(user)).await.unwrap();
    let hits = search::fused(&tenant, query).await.unwrap();
    tenant.commit().await.unwrap();
    hits.into_iter().map(|hit| hit.source_id).collect()
}

#[tokio::test]
async fn each_of_two_hundred_advisors_finds_their_own_nearest_passages() {
    let (client, pool) = pooled(2).await;
    let mut texts = Texts::new();
    let kept = fill(&client, &mut texts).await;

    for ((user, size), some) in (1_i64..).zip(sizes()).zip(&kept) {
        let (mut right, mut nearest) = (0, 0);
        // Of those with little all is near.
        for text in some.iter().take(if size > 100 { 25 } else { 1 }) {
            let embedding = texts.question(text);
            let exact = exact(&client, user, &HalfVector::from_f32_slice(&embedding), "true").await;

            let hits = found(&pool, user, &query(embedding)).await;

            assert_eq!(hits.len(), NEAREST.min(size), "advisor {user} with {size} chunks");
            right += hits.iter().filter(|hit| exact.contains(hit)).count();
            nearest += exact.len();
        }
        assert!(right * 100 >= nearest * 99, "advisor {user} with {size} chunks finds {right} of {nearest}");
    }
    bounded(&client, &pool, &mut texts, &kept[0]).await;
    plans::are_made_of_the_right_indexes(&client, &mut texts).await;
}

/// What is looked at first to pass over most of the rest changes what a search costs, and nothing of what it finds.
async fn bounded(client: &Client, pool: &Pool, texts: &mut Texts, some: &[Vec<f32>]) {
    // How old the oldest may be is in hours: there is one chunk for each.
    for (kinds, hours, only) in [
        (Kind::ALL.to_vec(), None, "true"),
        (vec![Kind::Contact], None, "v.kind = 2"),
        (Kind::ALL.to_vec(), Some(400), "v.occurred_at >= now() - interval '400 hours'"),
        (vec![Kind::Contact], Some(30), "v.kind = 2 and v.occurred_at >= now() - interval '30 hours'"),
    ] {
        let (mut right, mut nearest) = (0, 0);
        for text in some.iter().take(8) {
            let embedding = texts.question(text);
            let exact = exact(client, 1, &HalfVector::from_f32_slice(&embedding), only).await;
            let row = client.query_one("select now()", &[]).await.unwrap();
            let since = hours.map(|hours| row.get::<_, jiff::Timestamp>(0) - jiff::Span::new().hours(hours));
            let all = Query { kinds: kinds.clone(), since, ..query(embedding) };
            let hits = found(pool, 1, &all).await;

            for latest in [1, 200, 10_000] {
                let bounded = Query {
                    latest,
                    embedding: all.embedding.clone(),
                    kinds: kinds.clone(),
                    words: Vec::new(),
                    rare: Vec::new(),
                    ..all
                };
                assert_eq!(found(pool, 1, &bounded).await, hits, "{only}, after {latest}");
            }

            right += hits.iter().filter(|hit| exact.contains(hit)).count();
            nearest += exact.len();
        }
        assert!(right * 100 >= nearest * 99, "{only} finds {right} of {nearest}");
    }
}
