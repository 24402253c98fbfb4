//! Plain types of the practice: no I/O, and no provider's wire shapes.

pub mod action;
pub mod calendar;
pub mod clock;
pub mod crm;
pub mod document;
pub mod event;
pub mod ids;
pub mod mail;
pub mod rule;
pub mod task;
pub mod untrusted;
pub mod user;
pub mod watch;

pub use clock::Clock;
pub use ids::{ActionId, ConversationId, DocumentId, EventId, RuleId, TaskId, UserId};
