//! Whether it lives: for load balancers, and for whoever looks after it.

pub mod check;
pub mod database;
pub mod ready;
pub mod root;

/// The seed's, which its clients show.
const VERSION: &str = "1.0.0";
