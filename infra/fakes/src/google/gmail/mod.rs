//! Gmail API v1.
//!
//! Source: the discovery document `gmail.v1.json` and developers.google.com/workspace/gmail/api/guides.

pub(super) mod batch;
mod drafts;
mod history;
mod labels;
pub(super) mod mailbox;
mod messages;
mod query;
pub(super) mod resource;
pub(super) mod search;
pub(super) mod send;
mod table;
mod threads;
mod watch;

pub(super) use table::METHODS;
