//! Lambda events ⇄ calls and replies. What every endpoint has in common stands here once.

mod admission;
pub mod asset;
pub mod call;
pub mod custom_resource;
pub mod encode;
pub mod headers;
pub mod http;
mod idempotency;
mod numbers;
mod operator;
pub mod problem;
pub mod queue;
pub mod reply;
pub mod route;
pub mod runtime;
pub mod schedule;
pub mod session;

pub use call::Call;
pub use custom_resource::CustomResource;
pub use http::service;
pub use queue::Consumer;
pub use reply::{Reply, ReplyBody};
pub use route::{Mode, Route};
pub use runtime::{Fatal, serve_command, serve_http, serve_queue, serve_schedule};
pub use schedule::{Command, Schedule};
pub use session::Advisor;
