//! Background work, as the advisor sees it.

pub mod get;
pub mod list;
