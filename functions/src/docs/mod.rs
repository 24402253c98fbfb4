//! What the API says about itself.

pub mod openapi;
