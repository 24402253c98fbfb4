//! What the API says about itself, served from here alone: no page asks any other host for anything.

pub mod openapi;
pub mod redoc;
pub mod swagger;
