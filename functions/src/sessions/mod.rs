//! Where an advisor is signed in.

pub mod delete;
pub mod list;
