//! SQL, one file per table. Every query on an advisor's rows goes through a [`Tenant`], which carries the owner: none can
//! forget it. SQL begins with `-- module::function`, so that a slow query names its place.

pub mod actions;
pub mod agent_runs;
pub mod calendar_events;
pub mod companies;
pub mod connections;
pub mod contacts;
pub mod conversations;
pub mod db;
pub mod deals;
pub mod documents;
pub mod effects;
pub mod emails;
pub mod erasures;
pub mod events;
pub mod holdings;
pub mod idempotency_keys;
pub mod imports;
pub mod metrics;
pub mod migrate;
pub mod model_calls;
pub mod model_days;
pub mod notes;
pub mod oauth_states;
pub mod owners;
pub mod pipelines;
pub mod rate_limits;
pub mod records;
pub mod request_windows;
pub mod revocations;
pub mod rule_runs;
pub mod rules;
pub mod search;
pub mod seed;
pub mod sessions;
pub mod sync_cursors;
pub mod tasks;
pub mod unknown_deliveries;
pub mod users;
pub mod watches;
pub mod webhook_events;

pub use db::{Connection, Pool, Tenant};
