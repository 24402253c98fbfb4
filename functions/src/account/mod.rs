//! The advisor's rights over what is held: to take it along, and to have it erased.

pub mod delete;
pub mod export;
pub mod receipt;
