//! The HTTP stories: through the front door, against real Postgres, the real SQS protocol and stateful fakes.

mod accounts;
mod actions;
mod agent;
mod api;
mod approvals;
mod browser;
mod calendar;
mod chat;
mod console;
mod crm;
mod drift;
mod edge;
mod frontend;
mod hijack;
mod migrations;
mod oauth;
mod outages;
mod rules;
mod secrecy;
mod sessions;
mod stand_in;
mod support;
mod sync;
mod tasks;
mod tenants;
mod webhooks;
