//! What the product decides.

pub mod chat;
pub mod knowledge;
