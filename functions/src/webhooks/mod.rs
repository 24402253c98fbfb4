//! What the providers call. They have no session: each of them is known by what it signs or carries.

pub mod calendar;
pub mod gmail;
pub mod health;
pub mod hubspot;
