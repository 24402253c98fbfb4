//! What runs by the clock, and what an operator invokes.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures::FutureExt;
use serde_json::Value;
use tracing::Instrument;

use super::numbers;
use crate::App;
use crate::error::{Error, Result};

#[derive(Clone, Copy)]
pub struct Schedule {
    pub every: Duration,
    pub handler: ScheduleHandler,
}

impl Schedule {
    /// One beat of the clock.
    pub async fn run(&self, app: &App) -> Result<()> {
        invoke("beat", app, |app| (self.handler)(app)).await
    }
}

pub type ScheduleHandler = for<'a> fn(&'a App) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Something that is invoked by name, with JSON in and JSON out.
#[derive(Clone, Copy)]
pub struct Command {
    pub handler: CommandHandler,
}

pub type CommandHandler = for<'a> fn(&'a App, Value) -> Pin<Box<dyn Future<Output = Result<Value>> + Send + 'a>>;

impl Command {
    pub async fn run(&self, app: &App, input: Value) -> Result<Value> {
        invoke("command", app, |app| (self.handler)(app, input)).await
    }
}

/// Work that no advisor waits for. A panic is one failure among others: left to the runtime, its message would be the answer.
async fn invoke<T, F>(source: &'static str, app: &App, work: F) -> Result<T>
where
    F: for<'a> FnOnce(&'a App) -> Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>,
{
    let app = &app.invoked(None);
    let span = tracing::info_span!("invocation", source, correlation_id = app.trail().correlation_id());
    let work = async {
        let ended = AssertUnwindSafe(work(app)).catch_unwind().await;
        let ended = ended.unwrap_or_else(|_| Err(Error::internal("Something went wrong on our side.")));
        if let Err(error) = &ended {
            numbers::failed(app.trail(), source, error);
            tracing::error!(error = ?error, "an invocation failed");
        }
        app.write_counts(None).await;
        ended
    };
    work.instrument(span).await
}
