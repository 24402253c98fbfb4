//! Asking.

mod body;
pub mod health;
pub mod send;
