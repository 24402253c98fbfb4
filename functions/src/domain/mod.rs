//! Whose domain it is.

pub mod verify;
