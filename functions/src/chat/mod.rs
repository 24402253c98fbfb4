//! Asking.

mod body;
pub mod health;
pub mod execute_tool;
pub mod send;
