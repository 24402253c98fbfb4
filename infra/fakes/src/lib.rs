//! The outside world on one machine.
//!
//! * [`google`], [`hubspot`], [`openai`]: the providers as small stateful servers over loopback HTTP, built from the
//!   vendors' documented contracts. They share no types with the product: a fake that did would share its mistakes.
//! * [`practice`]: the demo book of business the providers are filled with.
//! * [`server`]: what the three have in common: a request log, faults on demand, a clock that can be moved.
//! * [`proxy`]: stands before any of them, and fails as networks do.
//! * [`world`]: Postgres with pgvector and the SQS and Secrets Manager server, installed and started on demand.
//!
//! Nothing here is deployed.

pub mod google;
pub mod hubspot;
pub mod openai;
pub mod practice;
pub mod proxy;
pub mod server;
pub mod world;
