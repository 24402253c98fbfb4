//! What operators call; nothing here has a route.

pub mod migrate;
pub mod reseal;
pub mod rotate;
