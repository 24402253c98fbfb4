//! What is known of the people, companies and deals in HubSpot, with the names of everything they refer to.

mod directory;
mod show;

pub use directory::Directory;
pub use show::{show, show_dependents};
