//! Writes the fleet's chunks straight into the product's tables, as a first reading of each mailbox would leave them.

use std::collections::HashMap;
use std::time::Duration;

use fakes::practice::dice::Dice;
use futures::future::try_join;
use shared::model::document::Kind;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::copies::{Copies, Copy, Place, connect, refused};
use super::fleet::Fleet;
use super::vectors::{Centre, Vectors};
use super::words::Words;
use crate::Result;
use crate::clock::now;

/// A text of an advisor whose search is measured, to ask about.
pub struct Known {
    pub embedding: Vec<f32>,
    pub words: Words,
}

/// How many texts of each measured advisor are kept to ask about.
pub const KEPT: usize = 50;
/// Mail goes back so far, the newest first.
const SPAN: Duration = Duration::from_secs(3 * 365 * 86_400);

/// Fills the tables of a migrated database, and answers what to ask each measured advisor about.
pub async fn load(url: &str, fleet: &Fleet) -> Result<HashMap<i64, Vec<Known>>> {
    let (main, second) = (connect(url).await?, connect(url).await?);
    let users = "insert into users (google_sub) select n::text from generate_series(1, 1000) n order by n";
    main.batch_execute(users).await.map_err(refused)?;
    let indexes = drop_indexes(&main).await?;
    let mut writer = Writer::begin(url).await?;
    for (chunk, user) in (1..).zip(fleet.order()) {
        writer.chunk(chunk, user, fleet.size(user), fleet.is_measured(user)).await?;
    }
    writer.copies.end().await?;
    copy_counts(url, &writer.counts).await?;

    let (texts, others): (Vec<&String>, Vec<&String>) = indexes.iter().partition(|sql| sql.contains("gin"));
    let one = batches(&main, others.into_iter().map(String::as_str).chain(TIDY.iter().copied()));
    let other = batches(&second, texts.into_iter().map(String::as_str).chain(["vacuum analyze chunk_text"]));
    try_join(one, other).await?;
    Ok(writer.known)
}

/// What index-only scans need, and the planner.
const TIDY: &[&str] = &["vacuum analyze chunk_vectors", "vacuum analyze documents", "vacuum analyze term_stats"];

async fn batches(client: &Client, all: impl Iterator<Item = &str>) -> Result<()> {
    for sql in all {
        client.batch_execute(sql).await.map_err(refused)?;
    }
    Ok(())
}

/// Those that hold no row to a rule; answers how to make them again.
async fn drop_indexes(client: &Client) -> Result<Vec<String>> {
    let sql = "select indexname::text, indexdef from pg_indexes i
                where tablename in ('documents', 'chunk_text', 'chunk_vectors')
                  and not exists (select from pg_constraint c where c.conname = i.indexname)";
    let mut definitions = Vec::new();
    for row in client.query(sql, &[]).await.map_err(refused)? {
        let name: String = row.try_get(0).map_err(refused)?;
        client.batch_execute(&format!("drop index {name}")).await.map_err(refused)?;
        definitions.push(row.try_get(1).map_err(refused)?);
    }
    Ok(definitions)
}

type Counts = HashMap<i64, HashMap<String, i32>>;

/// What the triggers count, which do not run here.
async fn copy_counts(url: &str, counts: &Counts) -> Result<()> {
    let mut copy =
        Copy::begin(url, "term_stats (user_id, lexeme, chunks)", &[Type::INT8, Type::TEXT, Type::INT4]).await?;
    for (user, counted) in counts {
        for (lexeme, chunks) in counted {
            copy.row(&[user, lexeme, chunks]).await?;
        }
    }
    copy.end().await
}

struct Writer {
    copies: Copies,
    vectors: Vectors,
    dice: Dice,
    newest: jiff::Timestamp,
    documents: i64,
    under_way: HashMap<i64, UnderWay>,
    counts: Counts,
    known: HashMap<i64, Vec<Known>>,
}

/// Where an advisor's next chunk comes from.
#[derive(Default)]
struct UnderWay {
    topics: Vec<Vec<f32>>,
    done: usize,
    document: i64,
    ordinal: i32,
    left: u32,
    kind: i16,
    centre: Centre,
}

impl Writer {
    async fn begin(url: &str) -> Result<Self> {
        Ok(Self {
            copies: Copies::begin(url).await?,
            vectors: Vectors::new(),
            dice: Dice::new("texts"),
            newest: now(),
            documents: 0,
            under_way: HashMap::new(),
            counts: HashMap::new(),
            known: HashMap::new(),
        })
    }

    /// The next of the advisor's `size` chunks.
    async fn chunk(&mut self, chunk: i64, user: i64, size: usize, keep: bool) -> Result<()> {
        let Self { vectors, dice, .. } = self;
        let at = self.under_way.entry(user).or_insert_with(|| UnderWay {
            topics: vectors.directions((size / 200).clamp(3, 200)),
            ..UnderWay::default()
        });
        let occurred_at = self.newest - SPAN.mul_f64(share(at.done, size));
        let begins = at.left == 0;
        if begins {
            self.documents += 1;
            at.left = 1 + dice.between(0, 11);
            (at.document, at.ordinal, at.centre) = (self.documents, 0, vectors.centre(&at.topics));
            let kinds = [Kind::Email, Kind::Email, Kind::Email, Kind::Email, Kind::HubspotNote, Kind::Calendar];
            at.kind = dice.pick(&kinds).code();
        }
        let place = Place { user, document: at.document, kind: at.kind, occurred_at };
        if begins {
            self.copies.document(place, at.left).await?;
        }
        let (embedding, words) = (vectors.text(&at.centre), Words::thrown(dice));
        let counted = self.counts.entry(user).or_insert_with(|| HashMap::from([(String::new(), 0)]));
        let indexed = words.indexed(user, &mut |lexeme| match counted.get_mut(lexeme) {
            Some(count) => *count += 1,
            None => drop(counted.insert(lexeme.to_owned(), 1)),
        });
        *counted.entry(String::new()).or_default() += 1;
        self.copies.chunk(place, (chunk, at.ordinal), &words.body(), indexed, &embedding).await?;
        if keep && at.done.is_multiple_of((size / KEPT).max(1)) {
            self.known.entry(user).or_default().push(Known { embedding, words });
        }
        (at.left, at.ordinal, at.done) = (at.left - 1, at.ordinal + 1, at.done + 1);
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "of small counts")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
