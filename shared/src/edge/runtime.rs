//! Starts a Lambda. Nothing here is generic: the runtime is compiled once, in this crate, and not in every binary.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::{Instrument, Span};

use super::http::service;
use super::queue::Consumer;
use super::route::{Mode, Route};
use super::schedule::{Command, Schedule};
use crate::{App, telemetry};

pub type Fatal = lambda_runtime::Error;

/// Answers one endpoint for the life of the process.
pub fn serve_http(route: &'static Route) -> Result<(), Fatal> {
    start(async move |app| match route.mode {
        Mode::Buffered => lambda_http::run(service_fn(service(&app, *route))).await,
        Mode::Streaming => lambda_http::run_with_streaming_response(service_fn(service(&app, *route))).await,
    })
}

/// Takes one queue's messages for the life of the process.
pub fn serve_queue(consumer: &'static Consumer) -> Result<(), Fatal> {
    start(async move |app: App| {
        let handle = |event: LambdaEvent<SqsEvent>| {
            let app = app.until_deadline(event.context.deadline);
            let span = invocation(&event.context);
            async move { Ok::<_, Fatal>(consumer.handle(&app, event.payload).await) }.instrument(span)
        };
        lambda_runtime::run(service_fn(handle)).await
    })
}

/// Answers the clock for the life of the process.
pub fn serve_schedule(schedule: &'static Schedule) -> Result<(), Fatal> {
    start(async move |app: App| {
        let handle = |event: LambdaEvent<Value>| {
            let app = app.until_deadline(event.context.deadline);
            let span = invocation(&event.context);
            async move {
                schedule.run(&app).await?;
                Ok::<_, Fatal>(Value::Null)
            }
            .instrument(span)
        };
        lambda_runtime::run(service_fn(handle)).await
    })
}

/// Answers an operator for the life of the process.
pub fn serve_command(command: &'static Command) -> Result<(), Fatal> {
    start(async move |app: App| {
        let handle = |event: LambdaEvent<Value>| {
            let app = app.until_deadline(event.context.deadline);
            let span = invocation(&event.context);
            async move { Ok::<_, Fatal>(command.run(&app, event.payload).await?) }.instrument(span)
        };
        lambda_runtime::run(service_fn(handle)).await
    })
}

/// Lambda's own id of what it runs, in every line.
fn invocation(context: &Context) -> Span {
    tracing::info_span!("lambda", request.id = context.request_id)
}

/// One event at a time, so one thread is enough.
pub(super) fn start(serve: impl AsyncFnOnce(App) -> Result<(), Fatal>) -> Result<(), Fatal> {
    telemetry::init();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let app =
            App::start().await.inspect_err(|error| tracing::error!(error = ?error, "the function cannot start"))?;
        serve(app).await
    })
}
