//! The accounts an advisor connected.

pub mod delete;
pub mod list;
