//! What runs by the clock.

pub mod reconcile;
pub mod renew_watches;
pub mod sweep;
