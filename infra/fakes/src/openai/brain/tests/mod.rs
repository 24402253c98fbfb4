//! The rules, without a server.

mod practice;

use super::decide;
use crate::openai::embedder::{Embedder, Embeddings};
use crate::openai::minilm::{MiniLm, model_dir};
use crate::openai::turn::{Message, Turn};

/// The sentence model's embeddings, if its files are here.
fn by_meaning() -> Option<Embeddings> {
    Some(Embeddings::new(Embedder::MiniLm(MiniLm::load(&model_dir()?).unwrap())))
}

fn turn(prompt: &str) -> Turn {
    Turn { messages: vec![Message::User(prompt.to_owned())], parallel: true, ..Turn::default() }
}

async fn answer(embeddings: &Embeddings, passages: &str, question: &str) -> String {
    decide(embeddings, &turn(&format!("{passages}\n\nQuestion: {question}")), false).await.text
}
