//! Searching the advisor's knowledge directly, without a model that answers.

pub mod generate;
pub mod search;
pub mod stats;
