//! What works off the queues.

pub mod run_task;
