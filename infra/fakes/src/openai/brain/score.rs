//! How well each passage answers a question.
//!
//! A sentence is judged by its meaning (the embedding's cosine, alone, with its neighbours and with its whole passage) and
//! by how many of the question's words it covers, exactly, by an idea of the thesaurus or by a word near in meaning.
//! A person named in the question must be in the passage. Bulk mail, questions and the advisor's own words count less.

use std::collections::HashMap;

use super::super::embedder::Embeddings;
use super::super::vector::{Vector, WIDTH, cosine};
use super::super::words::{is_common, words};
use super::concepts::same_idea;
use super::passage::Passage;
use super::question::Question;
use super::sentences::{self, Sentence};

/// From here on a passage answers the question; found with the table in `tests`.
pub fn relevant(embeddings: &Embeddings) -> f32 {
    if embeddings.knows_meaning() { 0.60 } else { 0.75 }
}

/// Characters read in all: about half a second of embedding.
const MOST_READ: usize = 12_000;
/// So many of the best sentences have their words compared.
const COMPARED: usize = 8;

const COVERAGE: f32 = 0.35;
const WORST_TERM: f32 = 0.15;
const WHOLE_PASSAGE: f32 = 0.25;
const IS_QUESTION: f32 = 0.15;
const BY_ADVISOR: f32 = 0.08;
const OTHER_PERSON: f32 = 0.35;
const BULK: f32 = 0.7;

/// The best sentence of a passage.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Its place among the passages.
    pub passage: usize,
    pub sentences: Vec<Sentence>,
    /// Its place among the sentences.
    pub best: usize,
    /// Whether the sentence after it belongs to the answer as much.
    pub next_helps: bool,
    pub score: f32,
}

/// One hit per passage that holds text, best first.
pub async fn rank(
    embeddings: &Embeddings,
    question: &Question,
    passages: &[Passage],
    advisor: Option<&str>,
) -> Vec<Hit> {
    let mut read = Vec::new();
    let mut size = 0;
    for passage in passages {
        size += passage.lines.iter().map(String::len).sum::<usize>();
        let sentences = if size <= MOST_READ { sentences::split(&with_header(passage)) } else { Vec::new() };
        read.push(sentences);
    }

    let mut texts = vec![question.core.clone()];
    texts.extend(read.iter().flatten().map(|sentence| sentence.text.clone()));
    let vectors = embeddings.embed(&texts).await;
    let Some((asked, mut rest)) = vectors.split_first() else { return Vec::new() };

    let mut hits = Vec::new();
    for (at, sentences) in read.into_iter().enumerate() {
        let (own, later) = rest.split_at(sentences.len().min(rest.len()));
        rest = later;
        if let Some(mut hit) = best_sentence(asked, own, sentences) {
            hit.passage = at;
            hits.push(hit);
        }
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));

    let compared = hits.len().min(COMPARED);
    weigh_words(embeddings, question, passages, &mut hits[..compared]).await;
    for hit in &mut hits {
        adjust(hit, question, &passages[hit.passage], advisor);
    }
    hits.sort_by(|a, b| {
        let recent = |hit: &Hit| passages[hit.passage].date();
        b.score.total_cmp(&a.score).then_with(|| recent(b).cmp(&recent(a)))
    });
    hits
}

/// The text; a record without any is read by its fields, and an event by its title.
fn with_header(passage: &Passage) -> Vec<String> {
    if !passage.lines.is_empty() {
        return passage.lines.clone();
    }
    let said = |(key, value): &(String, String)| format!("{key}: {value}.");
    passage
        .field(&["title", "summary", "subject"])
        .map_or_else(|| passage.header.iter().map(said).collect(), |title| vec![title.to_owned()])
}

fn best_sentence(asked: &Vector, own: &[Vector], sentences: Vec<Sentence>) -> Option<Hit> {
    let whole = own.iter().fold([0.0; WIDTH], |sum, vector| add(&sum, vector));
    let whole = similarity(asked, &whole).max(0.0);
    let alone: Vec<f32> = own.iter().map(|vector| cosine(asked, vector)).collect();
    let with_next: Vec<f32> = own.windows(2).map(|two| similarity(asked, &add(&two[0], &two[1]))).collect();
    let beside = |at: usize| {
        let after = with_next.get(at).copied().unwrap_or(-1.0);
        let before = at.checked_sub(1).and_then(|at| with_next.get(at)).copied().unwrap_or(-1.0);
        before.max(after)
    };
    let score = |at: usize| {
        let question = if sentences[at].text.ends_with('?') { IS_QUESTION } else { 0.0 };
        alone[at].max(beside(at)) + 0.01 * alone[at] - question
    };
    let best = (0..own.len()).max_by(|a, b| score(*a).total_cmp(&score(*b)))?;
    let next_helps = with_next.get(best).is_some_and(|both| *both > alone[best]);
    Some(Hit { passage: 0, best, next_helps, score: score(best) + WHOLE_PASSAGE * whole, sentences })
}

fn add(a: &[f32; WIDTH], b: &[f32; WIDTH]) -> [f32; WIDTH] {
    let mut sum = *a;
    for (x, y) in sum.iter_mut().zip(b) {
        *x += y;
    }
    sum
}

/// The cosine with a vector of any length.
fn similarity(unit: &[f32; WIDTH], other: &[f32; WIDTH]) -> f32 {
    let length = cosine(other, other).sqrt();
    if length > 0.0 { cosine(unit, other) / length } else { 0.0 }
}

/// Adds how well the question's words are covered around the best sentence.
async fn weigh_words(embeddings: &Embeddings, question: &Question, passages: &[Passage], hits: &mut [Hit]) {
    let around: Vec<Vec<String>> = hits.iter().map(|hit| words_around(hit, &passages[hit.passage])).collect();
    let mut known: Vec<String> = around.iter().flatten().chain(&question.terms).cloned().collect();
    known.sort();
    known.dedup();
    let vectors = embeddings.embed(&known).await;
    let vector_of: HashMap<&str, &Vector> = known.iter().map(String::as_str).zip(&vectors).collect();

    for (hit, around) in hits.iter_mut().zip(&around) {
        let covered: Vec<f32> = question
            .terms
            .iter()
            .map(|term| {
                let near = |word: &String| {
                    if same_idea(term, word) {
                        return 1.0;
                    }
                    match (vector_of.get(term.as_str()), vector_of.get(word.as_str())) {
                        (Some(a), Some(b)) => cosine(a, b),
                        _ => 0.0,
                    }
                };
                around.iter().map(near).fold(0.0, f32::max)
            })
            .collect();
        let mean = if covered.is_empty() { 0.5 } else { covered.iter().sum::<f32>() / covered.len() as f32 };
        let worst = covered.iter().copied().fold(1.0, f32::min);
        hit.score += COVERAGE * mean + WORST_TERM * worst;
    }
}

fn words_around(hit: &Hit, passage: &Passage) -> Vec<String> {
    let (from, to) = (hit.best.saturating_sub(1), (hit.best + 2).min(hit.sentences.len()));
    let near = hit.sentences[from..to].iter().flat_map(|sentence| words(&sentence.text));
    let subject = passage.field(&["subject", "title", "summary"]).map(words).unwrap_or_default();
    near.chain(subject).filter(|word| !is_common(word)).collect()
}

fn adjust(hit: &mut Hit, question: &Question, passage: &Passage, advisor: Option<&str>) {
    let text =
        || passage.lines.iter().chain(passage.header.iter().map(|(_, value)| value)).flat_map(|text| words(text));
    let people: Vec<&String> = question.names.iter().collect();
    let named = |name: &&String| words(name).iter().all(|part| text().any(|word| word == *part));
    if !people.is_empty() && !people.iter().any(named) {
        hit.score -= OTHER_PERSON;
    }
    let writer = passage.people().into_iter().next().unwrap_or_default();
    if advisor.is_some_and(|advisor| writer == advisor) {
        hit.score -= BY_ADVISOR;
    }
    if passage.is_bulk() {
        hit.score *= BULK;
    }
}
