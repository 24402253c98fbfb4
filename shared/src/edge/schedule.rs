//! What runs by the clock, and what an operator invokes.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;

use crate::App;
use crate::error::Result;

#[derive(Clone, Copy)]
pub struct Schedule {
    pub every: Duration,
    pub handler: ScheduleHandler,
}

pub type ScheduleHandler = for<'a> fn(&'a App) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Something that is invoked by name, with JSON in and JSON out.
#[derive(Clone, Copy)]
pub struct Command {
    pub handler: CommandHandler,
}

pub type CommandHandler = for<'a> fn(&'a App, Value) -> Pin<Box<dyn Future<Output = Result<Value>> + Send + 'a>>;
