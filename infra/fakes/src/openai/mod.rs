//! An OpenAI-compatible server.

pub mod minilm;
