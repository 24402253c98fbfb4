//! What holds for the crate as a whole.

mod compared;
mod layers;
mod migrations;
mod queue;
pub(crate) mod tenants;
