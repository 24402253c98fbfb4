//! What holds for the crate as a whole.

mod layers;
mod migrations;
pub(crate) mod tenants;
