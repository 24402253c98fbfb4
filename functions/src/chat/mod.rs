//! Asking.

mod body;
pub mod execute_tool;
pub mod health;
pub mod send;
