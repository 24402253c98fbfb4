//! What holds for the crate as a whole.

mod compared;
mod layers;
mod migrations;
pub(crate) mod tenants;
