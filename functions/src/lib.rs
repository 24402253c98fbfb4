//! The edge: one endpoint, one file, one Lambda.
//!
//! Conventions of the API:
//! * A route describes itself above its handler: `.about(tag, sentence)`, who may call, parameters, body, answers, refusals.
//!   [`openapi`] makes `/openapi.json` of it. What follows from the rest (401, 403, 413, 422, 429) is not said again.
//! * A handler has four beats: who calls, what they ask for, do it, reply. SQL, providers and error handling are elsewhere.
//! * Errors are `application/problem+json` with a `detail` that is a sentence; wrong fields are 422 and named.
//! * 401 without a session, 404 for what is not yours, 403 for a request that could come from another site.
//! * Lists that grow are paged: `limit` and `cursor` in, `items` and `next_cursor` out; an array names its next page in `Link`.
//! * What creates or sends is `.idempotent()`; what has versions is `.versioned()`, with `call.if_match()` and `with_etag`.
//! * Calls are limited and counted. What answers without the database is `.open()`, what a provider calls is `.webhook()`.
//! * Every status a route can answer is described, and reached by a call in `tests/api`, where a new route adds its own.
//! * What takes longer than a request is a task: the answer names it as `job_id`, and `/api/tasks/{id}` shows it.
//! * Times are RFC 3339 in UTC. Ids of providers are strings.
//! * A write to the outside that may not happen unasked waits: `/api/approvals` has it. In the chat, a client of the AI SDK
//!   version 6 or later that says `"approvals": true` in the body gets `tool-approval-request` parts and answers with
//!   `approval-responded`; every client gets the exact preview, and may answer `yes` or `no` as its next message.

pub mod account;
pub mod approvals;
pub mod auth;
pub mod chat;
pub mod connections;
pub mod console;
pub mod conversations;
pub mod docs;
pub mod domain;
pub mod health;
pub mod ingest;
pub mod knowledge;
pub mod metrics;
pub mod openapi;
pub mod ops;
pub mod preflight;
pub mod routes;
pub mod rules;
pub mod schedules;
pub mod sessions;
pub mod tasks;
pub mod webhooks;
pub mod workers;

#[cfg(test)]
mod tests;
