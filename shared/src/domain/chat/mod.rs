//! A chat turn: retrieve, ask the model, run the tools it calls, stream the answer with its sources.

mod act;
pub mod answer;
pub mod decide;
pub mod event;
mod failure;
pub mod history;
mod notice;
pub mod offer;
mod open;
mod order;
mod origin;
mod places;
pub mod prompt;
mod reply;
pub mod sources;
pub mod turn;
