//! Writes to the outside that wait for the advisor, and what became of them.

pub mod decide;
pub mod get;
pub mod list;
