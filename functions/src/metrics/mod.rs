//! Numbers for operators.

pub mod show;
mod text;
