//! How well each passage answers a question: its best sentence, by the weights below.

use super::super::embedder::Embeddings;
use super::marks::{Marks, mark};
use super::passage::Passage;
use super::question::Question;
use super::sentences::Sentence;

/// The best sentence of a passage.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Its place among the passages.
    pub passage: usize,
    pub sentences: Vec<Sentence>,
    /// Its place among the sentences.
    pub best: usize,
    pub marks: Marks,
    pub score: f32,
}

/// From here on a passage answers the question; found with the tables in `tests`.
pub fn relevant(embeddings: &Embeddings) -> f32 {
    if embeddings.knows_meaning() { 0.81 } else { 0.80 }
}

fn score(marks: &Marks) -> f32 {
    let flag = |on: bool, cost: f32| if on { cost } else { 0.0 };
    let meaning = 0.75 * marks.alone + 0.25 * marks.alone.max(marks.beside);
    meaning + 0.7 * marks.covered + 0.1 * marks.worst
        - flag(marks.asks, 0.4)
        - flag(marks.says_nothing, 0.4)
        - flag(marks.lacks_figure, 0.5)
        - flag(marks.other_person, 1.0)
        - flag(marks.other_thing, 0.25)
        - flag(marks.by_advisor, 0.15)
        - flag(marks.bulk, 0.4)
}

/// One hit per passage that holds text, best first; of equals the most recent.
pub async fn rank(
    embeddings: &Embeddings,
    question: &Question,
    passages: &[Passage],
    advisor: Option<&str>,
) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for (passage, sentences, marked) in mark(embeddings, question, passages, advisor).await {
        let scored = marked.into_iter().map(|(at, marks)| (at, marks, score(&marks)));
        if let Some((best, marks, score)) = scored.max_by(|a, b| a.2.total_cmp(&b.2)) {
            hits.push(Hit { passage, sentences, best, marks, score });
        }
    }
    let recent = |hit: &Hit| passages[hit.passage].date();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| recent(b).cmp(&recent(a))));
    hits
}
