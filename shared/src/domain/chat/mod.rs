//! A chat turn: retrieve, ask the model, run the tools it calls, stream the answer.

pub mod answer;
