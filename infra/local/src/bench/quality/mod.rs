//! Whether the search finds what was asked for: the demo practice as the product itself reads, cuts and embeds it, with a real
//! embedding model; by meaning alone, by words alone, and by both, as the product searches.

mod compare;
mod questions;

use std::collections::HashSet;
use std::time::Duration;

use fakes::openai::{Embedder, MiniLm};
use fakes::practice::questions::{ASKED, Expect, Source};
use fakes::practice::{mail_id, note_id};
use fakes::world::{free_port, install};
use shared::App;
use shared::domain::knowledge::retrieve::{self, Question};
use shared::domain::models;
use shared::model::UserId;
use shared::model::document::{Hit, Kind};
use shared::store::search::{self, Query};

use super::{Bench, Figure, Samples};
use crate::stage::Stage;
use crate::up::database::in_words;
use crate::up::stand_ins::Contents;
use crate::world::Ground;
use crate::{Problem, Result};
use compare::chance_of_no_gain;
use questions::HELD_OUT;

const READ_WITHIN: Duration = Duration::from_secs(600);
/// So many of what is found are looked at.
const FIRST: usize = 10;

/// One question, with the documents that answer it.
struct Judged {
    question: &'static str,
    answers: HashSet<(Kind, String)>,
}

pub async fn run(bench: &Bench) -> Result<()> {
    let home = bench.home.clone();
    let folder = tokio::task::spawn_blocking(move || install::minilm(&home, &|_| ()));
    let folder = folder.await.map_err(|e| Problem(format!("The installation broke off: {e}.")))??;
    let model = MiniLm::load(&folder).map_err(|e| Problem(format!("The embedding model cannot be read: {e}.")))?;
    let mut ground = Ground::lay("quality", free_port()?).await?;
    ground.unlimited();
    let contents = Contents { embedder: Embedder::MiniLm(model), ..Contents::demo() };
    let mut stage = Stage::set(ground, contents).await?;
    bench.doing("the product reads and embeds the demo practice");
    stage.work();
    stage.until_worked(READ_WITHIN).await?;
    let (chunks, left) = (
        stage.number("select count(*) from chunk_vectors").await?,
        stage.number("select count(*) from chunk_text where not embedded").await?,
    );
    if chunks == 0 || left > 0 {
        return Err(Problem(format!("{chunks} chunks were embedded, and {left} were not.")));
    }
    let app = App::new(stage.ground.config()?, 2).await.map_err(|e| in_words(&e))?;
    let owner = UserId(stage.number("select id from users").await?);
    for (name, set) in [("asked", asked()), ("held-out", held_out())] {
        let arms = judge(&app, owner, &set).await?;
        report(bench, name, &arms, &format!("{} questions, {chunks} chunks", set.len()));
    }
    drop(app);
    stage.stop().await;
    Ok(())
}

/// The practice's own, which the product was built beside.
fn asked() -> Vec<Judged> {
    let named = ASKED.iter().filter_map(|asked| match asked.expect {
        Expect::Names { source, .. } => {
            Some(Judged { question: asked.question, answers: HashSet::from([place(source)?]) })
        }
        _ => None,
    });
    named.collect()
}

fn held_out() -> Vec<Judged> {
    let judged = HELD_OUT.iter().map(|labelled| Judged {
        question: labelled.question,
        answers: labelled.places.iter().copied().filter_map(place).collect(),
    });
    judged.collect()
}

fn place(source: Source) -> Option<(Kind, String)> {
    match source {
        Source::Mail(name) => Some((Kind::Email, mail_id(name))),
        Source::Note(name) => Some((Kind::HubspotNote, note_id(name))),
        Source::Event(_) | Source::Deal(_) => None,
    }
}

/// What each way of searching found, a question each.
#[derive(Default)]
struct Arms {
    vector: Scores,
    words: Scores,
    fused: Scores,
}

#[derive(Default)]
struct Scores {
    ndcg: Vec<f64>,
    recall: Vec<f64>,
}

impl Scores {
    fn push(&mut self, hits: &[Hit], answers: &HashSet<(Kind, String)>) {
        let mut seen = HashSet::new();
        let (mut gained, mut place) = (0.0, 0);
        for hit in hits.iter().take(FIRST) {
            let document = (hit.kind, hit.source_id.clone());
            if answers.contains(&document) && seen.insert(document) {
                gained += gain(place);
            }
            place += 1;
        }
        let most: f64 = (0..answers.len().min(FIRST)).map(gain).sum();
        self.ndcg.push(gained / most);
        self.recall.push(share(seen.len(), answers.len()));
    }
}

/// Of something right in this place, counted from 0.
#[expect(clippy::cast_precision_loss, reason = "of ten places")]
fn gain(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}

#[expect(clippy::cast_precision_loss, reason = "of small counts")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

async fn judge(app: &App, owner: UserId, set: &[Judged]) -> Result<Arms> {
    let texts: Vec<String> = set.iter().map(|judged| judged.question.to_owned()).collect();
    let embedded = models::embed(app, owner, &texts).await.map_err(|e| in_words(&e))?.vectors;
    let mut arms = Arms::default();
    for (judged, embedding) in set.iter().zip(embedded) {
        let limit = i64::try_from(FIRST).unwrap_or(10);
        let question = Question { text: judged.question, kinds: &[], since: None, until: None, limit };
        let mut db = app.db().await.map_err(|e| in_words(&e))?;
        let tenant = db.tenant(owner).await.map_err(|e| in_words(&e))?;
        let (terms, corpus) = search::terms(&tenant, judged.question).await.map_err(|e| in_words(&e))?;
        let fused = retrieve::query(&question, Some(embedding.clone()), &terms, corpus);
        let words = retrieve::query(&question, None, &terms, corpus);
        let vector = Query {
            words: Vec::new(),
            rare: Vec::new(),
            ..retrieve::query(&question, Some(embedding), &terms, corpus)
        };
        for (query, scores) in [(vector, &mut arms.vector), (words, &mut arms.words), (fused, &mut arms.fused)] {
            let hits = search::fused(&tenant, &query).await.map_err(|e| in_words(&e))?;
            scores.push(&hits, &judged.answers);
        }
        tenant.commit().await.map_err(|e| in_words(&e))?;
    }
    Ok(arms)
}

fn report(bench: &Bench, set: &str, arms: &Arms, about: &str) {
    let mean = |values: &[f64]| values.iter().copied().collect::<Samples>().mean();
    let ndcg = [&arms.vector, &arms.words, &arms.fused].map(|arm| mean(&arm.ndcg));
    let recall = [&arms.vector, &arms.words, &arms.fused].map(|arm| mean(&arm.recall));
    for (at, what, other) in [(0, "vector", &arms.vector), (1, "words", &arms.words)] {
        let by_chance = chance_of_no_gain(&arms.fused.ndcg, &other.ndcg);
        let mut figure = Figure::one(format!("quality.{set}.over-{what}"), "nDCG@10", ndcg[2]).against(what, ndcg[at]);
        figure.n = arms.fused.ndcg.len();
        figure.target = Some("ratio > 1".to_owned());
        figure.met = Some(ndcg[2] > ndcg[at]);
        bench.say(figure.note(format!("{about}; no gain in {:.1} % of resamples", by_chance * 100.0)));
    }
    for (at, what) in [(0, "vector"), (1, "words")] {
        let figure = Figure::one(format!("quality.{set}.recall-over-{what}"), "recall@10", recall[2]);
        bench.say(figure.against(what, recall[at]).note(about));
    }
}
