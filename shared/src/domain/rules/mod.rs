//! Standing instructions: what the advisor wants done when something happens.
//!
//! ```text
//! text → grammar, or a model once → policy, checked → the advisor confirms it
//! event → conditions on facts → what the policy says, filled in → actions: they happen, or wait
//! ```
//! A policy is data. Whether it acts, on what and to whom is decided here, and no model takes part in it.

mod apply;
pub mod check;
pub mod compile;
pub mod grammar;
pub mod handle;
pub mod hold;
pub mod judge;
pub mod kinds;
pub mod manage;
pub mod own;
pub mod plan;
pub mod replay;
pub mod situation;
pub mod template;
pub mod values;

use aws_lc_rs::digest::{SHA256, digest};

use crate::error::Result;
use crate::model::rule::Policy;

/// What a confirmation names: SHA-256 over the policy, in hexadecimal.
pub fn hash(policy: &Policy) -> Result<String> {
    Ok(hex::encode(digest(&SHA256, &serde_json::to_vec(policy)?)))
}
