//! The rules, without a server.

mod clock;
mod form;
mod pairs;
mod practice;
mod requests;
mod tools;

use super::decide;
use crate::openai::embedder::{Embedder, Embeddings};
use crate::openai::script::Reply;
use crate::openai::turn::{Call, Message, Turn};
use minilm::{MiniLm, model_dir};

/// The sentence model's embeddings, if its files are here.
fn by_meaning() -> Option<Embeddings> {
    Some(Embeddings::new(Embedder::MiniLm(MiniLm::load(&model_dir()?).unwrap())))
}

fn by_words() -> Embeddings {
    Embeddings::new(Embedder::Lexical)
}

fn turn(prompt: &str) -> Turn {
    Turn { messages: vec![Message::User(prompt.to_owned())], parallel: true, ..Turn::default() }
}

async fn answer(embeddings: &Embeddings, passages: &str, question: &str) -> String {
    decide(embeddings, &turn(&format!("{passages}\n\nQuestion: {question}")), false).await.text
}

/// Adds the reply's calls to the conversation, each answered with the same text.
fn answered(turn: &mut Turn, reply: &Reply, result: &str) {
    let id = |n: usize| format!("call_{}_{n}", turn.messages.len());
    let calls: Vec<Call> = reply
        .calls
        .iter()
        .enumerate()
        .map(|(n, call)| Call { id: id(n), name: call.name.clone(), arguments: call.arguments_text() })
        .collect();
    let results = calls.iter().map(|call| Message::ToolResult { call_id: call.id.clone(), text: result.to_owned() });
    let results: Vec<Message> = results.collect();
    turn.messages.push(Message::Assistant { text: String::new(), calls });
    turn.messages.extend(results);
}
