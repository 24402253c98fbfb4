//! Asking.

mod body;
pub mod send;
