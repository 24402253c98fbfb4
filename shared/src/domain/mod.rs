//! What the product decides.

pub mod accounts;
pub mod actions;
pub mod agent;
pub mod calendar;
pub mod chat;
pub mod crm;
pub mod events;
pub mod import;
pub mod inbound;
pub mod knowledge;
pub mod limits;
pub mod login;
pub mod models;
pub mod rules;
pub mod schema;
pub mod sync;
pub mod tasks;
pub mod tools;
pub mod world;

pub use world::World;
