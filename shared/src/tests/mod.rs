//! What holds for the crate as a whole.

mod layers;
mod migrations;
mod tenants;
