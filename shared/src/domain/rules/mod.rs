//! Standing instructions: what the advisor wants done when something happens.

pub mod handle;
