//! A chat turn: retrieve, ask the model, run the tools it calls, stream the answer with its sources.

pub mod answer;
pub mod event;
pub mod history;
pub mod prompt;
pub mod sources;
pub mod turn;
