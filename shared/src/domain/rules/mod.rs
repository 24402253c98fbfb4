//! Standing instructions: what the advisor wants done when something happens.
//!
//! ```text
//! text → grammar, or a model once → policy, checked → the advisor confirms it
//! event → conditions on facts → what the policy says, filled in → actions: they happen, or wait
//! ```
//! A policy is data. Whether it acts, on what and to whom is decided here, and no model takes part in it.

pub mod check;
pub mod grammar;
pub mod handle;
pub mod kinds;
pub mod template;
