//! The core: everything the functions decide and do.
//!
//! | layer | is | may use |
//! |---|---|---|
//! | [`model`] | plain types, no I/O | `error` |
//! | [`store`] | SQL only, one file per table | `model` |
//! | [`clients`] | HTTP to one provider, one file each | `model` |
//! | [`domain`] | decisions; opens the transaction; the only caller of providers | `store`, `clients`, `model` |
//! | [`edge`], [`app`] | Lambda event ⇄ call and reply; what is built once per cold start | all of the above |
//!
//! `error`, `config`, `telemetry` and `chaos` (which is nothing, except in fault runs) may be used by all. Data flows one way: webhook or HTTP → edge → domain → store or
//! clients. What takes longer than a request is a task, and the worker enters at the same domain function. A test
//! (`src/tests/layers.rs`) holds the table above to be true.

pub mod app;
pub mod chaos;
pub mod clients;
pub mod config;
pub mod domain;
pub mod edge;
pub mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod model;
pub mod store;
pub mod telemetry;

pub use app::App;
pub use error::{Error, Result};

#[cfg(test)]
mod tests;
