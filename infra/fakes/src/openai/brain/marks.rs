//! What can be said of a sentence as an answer, before it is weighed.

use std::collections::HashMap;

use super::super::embedder::Embeddings;
use super::super::vector::{Vector, WIDTH, cosine};
use super::super::words::{is_common, stem, words};
use super::concepts::same_idea;
use super::passage::Passage;
use super::question::{Asks, Question};
use super::sentences::{self, Sentence};

#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// Cosine of the question with the sentence, and with it and the better neighbour.
    pub alone: f32,
    pub beside: f32,
    /// Whether the sentence after it brings it nearer.
    pub next_helps: bool,
    /// How well the question's words are covered by the words around: on average, and the worst of them.
    pub covered: f32,
    pub worst: f32,
    /// Ends with a question mark.
    pub asks: bool,
    /// Has no word of content that is not in the question.
    pub says_nothing: bool,
    /// A quantity is asked for, and there is no figure in it.
    pub lacks_figure: bool,
    /// Nobody the question names is in the passage.
    pub other_person: bool,
    /// The same when it asks for a person: what it names is then a thing or a place, which may go unsaid.
    pub other_thing: bool,
    pub by_advisor: bool,
    pub bulk: bool,
}

/// Characters read in all: about a second of embedding on one processor, most of it saved in later rounds.
const MOST_READ: usize = 16_000;
/// So many sentences, those nearest in meaning, have their words compared.
const COMPARED: usize = 24;

/// A passage's place, its sentences, and the marks of those worth a look by their place.
pub type Marked = (usize, Vec<Sentence>, Vec<(usize, Marks)>);

pub async fn mark(
    embeddings: &Embeddings,
    question: &Question,
    passages: &[Passage],
    advisor: Option<&str>,
) -> Vec<Marked> {
    let mut read: Vec<Marked> = Vec::new();
    let mut size = 0;
    for (at, passage) in passages.iter().enumerate() {
        size += passage.lines.iter().map(String::len).sum::<usize>();
        if size <= MOST_READ {
            read.push((at, sentences::split(&text_of(passage)), Vec::new()));
        }
    }

    let mut texts = vec![question.core.clone()];
    texts.extend(read.iter().flat_map(|(_, sentences, _)| sentences).map(|sentence| sentence.text.clone()));
    let vectors = embeddings.embed(&texts).await;
    let Some((asked, mut rest)) = vectors.split_first() else { return Vec::new() };
    for (at, sentences, marked) in &mut read {
        let (own, later) = rest.split_at(sentences.len().min(rest.len()));
        rest = later;
        let of_passage = about_passage(question, &passages[*at], advisor);
        *marked = meanings(asked, own).into_iter().map(|marks| merged(marks, of_passage)).enumerate().collect();
        for (sentence, marks) in marked {
            let text = &sentences[*sentence].text;
            marks.asks = text.ends_with('?');
            marks.says_nothing = says_nothing(text, question);
            marks.lacks_figure = question.asks == Asks::HowMuch && !text.chars().any(|c| c.is_ascii_digit());
        }
    }

    keep_nearest(&mut read);
    weigh_words(embeddings, question, passages, &mut read).await;
    read
}

/// The text; a record without any is read by its fields, and an event by its title.
fn text_of(passage: &Passage) -> Vec<String> {
    if !passage.lines.is_empty() {
        return passage.lines.clone();
    }
    let said = |(key, value): &(String, String)| format!("{key}: {value}.");
    let title = passage.field(&["title", "summary", "subject"]);
    title.map_or_else(|| passage.header.iter().map(said).collect(), |title| vec![title.to_owned()])
}

fn about_passage(question: &Question, passage: &Passage, advisor: Option<&str>) -> Marks {
    let texts = passage.lines.iter().chain(passage.header.iter().map(|(_, value)| value));
    let all: Vec<String> = texts.flat_map(|text| words(text)).map(|word| stem(&word)).collect();
    let named = |name: &String| words(name).iter().all(|part| all.contains(&stem(part)));
    let absent = !question.names.is_empty() && !question.names.iter().any(named);
    let writer = passage.people().into_iter().next();
    Marks {
        other_person: absent && question.asks != Asks::Who,
        other_thing: absent && question.asks == Asks::Who,
        by_advisor: advisor.is_some() && writer.as_deref() == advisor,
        bulk: passage.is_bulk(),
        ..Marks::default()
    }
}

fn merged(meaning: Marks, passage: Marks) -> Marks {
    let Marks { other_person, other_thing, by_advisor, bulk, .. } = passage;
    Marks { other_person, other_thing, by_advisor, bulk, ..meaning }
}

fn meanings(asked: &Vector, own: &[Vector]) -> Vec<Marks> {
    let with_next: Vec<f32> = own.windows(2).map(|two| similarity(asked, &add(&two[0], &two[1]))).collect();
    let marks = |(at, vector): (usize, &Vector)| {
        let alone = cosine(asked, vector);
        let after = with_next.get(at).copied().unwrap_or(-1.0);
        let before = at.checked_sub(1).and_then(|at| with_next.get(at)).copied().unwrap_or(-1.0);
        Marks { alone, beside: before.max(after), next_helps: after > alone, ..Marks::default() }
    };
    own.iter().enumerate().map(marks).collect()
}

fn add(a: &[f32; WIDTH], b: &[f32; WIDTH]) -> [f32; WIDTH] {
    let mut sum = *a;
    for (x, y) in sum.iter_mut().zip(b) {
        *x += y;
    }
    sum
}

/// The cosine of a unit vector with a vector of any length.
fn similarity(unit: &[f32; WIDTH], other: &[f32; WIDTH]) -> f32 {
    let length = cosine(other, other).sqrt();
    if length > 0.0 { cosine(unit, other) / length } else { 0.0 }
}

fn says_nothing(text: &str, question: &Question) -> bool {
    let asked = words(&question.text);
    let fresh = words(text).into_iter().filter(|word| !is_common(word) && !asked.contains(word)).count();
    fresh == 0 || words(text).len() < 3
}

fn keep_nearest(read: &mut [Marked]) {
    let near = |marks: &Marks| marks.alone.max(marks.beside);
    let mut all: Vec<f32> = read.iter().flat_map(|(_, _, marked)| marked).map(|(_, marks)| near(marks)).collect();
    all.sort_by(|a, b| b.total_cmp(a));
    let Some(last) = all.get(COMPARED) else { return };
    for (_, _, marked) in read {
        marked.retain(|(_, marks)| near(marks) > *last);
    }
}

async fn weigh_words(embeddings: &Embeddings, question: &Question, passages: &[Passage], read: &mut [Marked]) {
    // Who is asked for is not named; a name in such a question is a thing, and part of the matter.
    let things = if question.asks == Asks::Who { question.names.as_slice() } else { &[] };
    let things: Vec<String> = things.iter().flat_map(|name| words(name)).collect();
    let mut known: Vec<String> = question.terms.clone();
    for (passage, sentences, marked) in read.iter() {
        known.extend(marked.iter().flat_map(|(at, _)| words_around(&passages[*passage], sentences, *at)));
    }
    known.sort();
    known.dedup();
    let vectors = embeddings.embed(&known).await;
    let vector_of: HashMap<&str, &Vector> = known.iter().map(String::as_str).zip(&vectors).collect();
    let near = |term: &String, word: &String| {
        if same_idea(term, word) {
            return 1.0;
        }
        match (vector_of.get(term.as_str()), vector_of.get(word.as_str())) {
            (Some(a), Some(b)) => cosine(a, b),
            _ => 0.0,
        }
    };

    for (passage, sentences, marked) in read {
        for (at, marks) in marked {
            let around = words_around(&passages[*passage], sentences, *at);
            let covers = |term| around.iter().map(|word| near(term, word)).fold(0.0, f32::max);
            let there = |thing: &String| if around.iter().any(|word| stem(word) == stem(thing)) { 1.0 } else { 0.0 };
            let covered: Vec<f32> = question.terms.iter().map(covers).chain(things.iter().map(there)).collect();
            if !covered.is_empty() {
                marks.covered = covered.iter().sum::<f32>() / covered.len() as f32;
                marks.worst = covered.iter().copied().fold(1.0, f32::min);
            }
        }
    }
}

/// Words of content in the sentence, its neighbours, the subject line and the people's names.
fn words_around(passage: &Passage, sentences: &[Sentence], at: usize) -> Vec<String> {
    let (from, to) = (at.saturating_sub(1), (at + 2).min(sentences.len()));
    let near = sentences[from..to].iter().flat_map(|sentence| words(&sentence.text));
    let subject = passage.field(&["subject", "title", "summary"]).map(words).unwrap_or_default();
    let people = passage.people().into_iter().flat_map(|person| words(&person));
    near.chain(subject).chain(people).filter(|word| !is_common(word)).collect()
}
