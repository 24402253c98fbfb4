//! Finds what answers a question: by meaning, by words, and by rare words everywhere, in one query.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::clients::http::TO_ANSWER;
use crate::domain::{World, models};
use crate::error::Result;
use crate::model::UserId;
use crate::model::document::{Hit, Kind};
use crate::store::search::{self, Query, Term};
use crate::telemetry::family::{RAG_DURATION, RAG_SEARCHES};

/// What to look for, and where.
pub struct Question<'a> {
    pub text: &'a str,
    /// Empty for all.
    pub kinds: &'a [Kind],
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub limit: i64,
}

/// What was found, best first.
pub struct Found {
    pub hits: Vec<Hit>,
    /// The embedding server did not answer: only words were searched for.
    pub by_words_only: bool,
}

/// How long the question's vector is waited for. Without it only its words are searched for, which takes no time.
const MEANING: Duration = Duration::from_secs(4);

/// A word in more than this share of the chunks says little about any of them.
const RARE_SHARE: f64 = 0.02;
const RARE_AT_LEAST: i64 = 5;
/// All chunks they stand in have to be fetched, and twenty are looked at.
const RARE_CHUNKS: i64 = 200;
const RARE_WORDS: usize = 3;

pub async fn retrieve(world: &World, owner: UserId, question: &Question<'_>) -> Result<Found> {
    let asked = Instant::now();
    let found = search(world, owner, question).await;
    let status = if found.is_ok() { "success" } else { "error" };
    world.trail().count(&RAG_SEARCHES, &[status]);
    world.trail().observe(&RAG_DURATION, &[], asked.elapsed());
    found
}

async fn search(world: &World, owner: UserId, question: &Question<'_>) -> Result<Found> {
    let texts = [question.text.to_owned()];
    // The http client leaves two seconds of it for what comes after.
    let soon = world.until(Instant::now() + MEANING + TO_ANSWER);
    let embed = models::embed(&soon, owner, &texts);
    let (embedded, terms) = tokio::join!(embed, terms(world, owner, question.text));
    let (terms, corpus) = terms?;
    let embedding = match embedded {
        Ok(answer) => answer.vectors.into_iter().next(),
        Err(error) => {
            tracing::warn!(error = ?error, "the question was not embedded; only its words are searched for");
            None
        }
    };
    let by_words_only = embedding.is_none();

    let query = query(question, embedding, &terms, corpus);
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let hits = search::fused(&tenant, &query).await?;
    Ok(Found { hits, by_words_only })
}

async fn terms(world: &World, owner: UserId, text: &str) -> Result<(Vec<Term>, i64)> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    search::terms(&tenant, text).await
}

/// How a question is searched for whose words are in so many of the advisor's chunks, of which there are `corpus`.
pub fn query(question: &Question<'_>, embedding: Option<Vec<f32>>, terms: &[Term], corpus: i64) -> Query {
    let candidates = candidates(corpus);
    Query {
        embedding,
        words: terms.iter().map(|term| (term.lexeme.clone(), weight(term, corpus))).collect(),
        rare: rare(terms, corpus),
        kinds: if question.kinds.is_empty() { Kind::ALL.to_vec() } else { question.kinds.to_vec() },
        since: question.since,
        until: question.until,
        candidates,
        latest: latest(corpus, candidates),
        limit: question.limit,
    }
}

/// Inverse document frequency, as BM25 has it.
#[expect(clippy::cast_precision_loss, reason = "counts of chunks are far below 2^52")]
fn weight(term: &Term, corpus: i64) -> f64 {
    let (n, df) = (corpus as f64, term.chunks as f64);
    (1.0 + (n - df + 0.5).max(0.0) / (df + 0.5)).ln()
}

/// Names, numbers, tickers: the few words that are in some chunks and not in many.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts of chunks are far below 2^52")]
fn rare(terms: &[Term], corpus: i64) -> Vec<(String, f64)> {
    let most = ((corpus as f64 * RARE_SHARE) as i64).max(RARE_AT_LEAST);
    let mut rare: Vec<&Term> = terms.iter().filter(|term| (1..=most).contains(&term.chunks)).collect();
    rare.sort_by_key(|term| term.chunks);
    let mut chunks = 0;
    let affordable = rare.into_iter().take_while(|term| {
        chunks += term.chunks;
        chunks <= RARE_CHUNKS
    });
    affordable.take(RARE_WORDS).map(|term| (term.lexeme.clone(), weight(term, corpus))).collect()
}

/// How many of the latest chunks are put in order before all are looked at. It pays where that is a small part of them.
fn latest(corpus: i64, candidates: i64) -> i64 {
    match corpus {
        ..4_000 => 0,
        4_000..100_000 => candidates * 10,
        _ => candidates * 20,
    }
}

/// How many of the nearest codes hold more than 99 of 100 of the ten nearest vectors, as measured.
fn candidates(corpus: i64) -> i64 {
    match corpus {
        ..=20_000 => 150,
        20_001..=250_000 => 250,
        _ => 400,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(lexeme: &str, chunks: i64) -> Term {
        Term { lexeme: lexeme.into(), chunks }
    }

    #[test]
    fn only_words_that_are_somewhere_and_not_everywhere_are_looked_up() {
        let terms = [term("aapl", 3), term("greg", 40), term("sell", 900), term("nowhere", 0)];

        let found: Vec<String> = rare(&terms, 2_500).into_iter().map(|(lexeme, _)| lexeme).collect();

        assert_eq!(found, ["aapl", "greg"]);
    }

    #[test]
    fn of_a_large_practice_only_as_many_are_looked_up_as_can_be_fetched_in_no_time() {
        let terms = [term("thornton", 1_900), term("easement", 90), term("aapl", 3), term("herd", 150)];

        let found: Vec<String> = rare(&terms, 200_000).into_iter().map(|(lexeme, _)| lexeme).collect();

        assert_eq!(found, ["aapl", "easement"]);
    }

    #[test]
    fn a_rare_word_weighs_more_than_a_common_one() {
        assert!(weight(&term("aapl", 3), 1_000) > weight(&term("sell", 400), 1_000));
        assert!(weight(&term("the", 1_000), 1_000) > 0.0);
    }
}
