//! A queue's consumer: messages in, the ids of those that have to come again out.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use futures::FutureExt;
use tracing::Instrument;

use super::numbers;
use crate::App;
use crate::clients::queue::Bell;
use crate::error::{Error, Result};
use crate::model::TaskId;

#[derive(Clone, Copy)]
pub struct Consumer {
    /// The queue's name in `template.yaml` and in `cargo dev`.
    pub queue: &'static str,
    pub batch_size: i32,
    pub handler: MessageHandler,
}

/// Does the task a message rings for. An error that may pass lets it come again; one that never will is dropped, and logged.
pub type MessageHandler = for<'a> fn(&'a App, TaskId) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

impl Consumer {
    /// Each message on its own: one that cannot be handled does not hold up its neighbours.
    pub async fn handle(&self, app: &App, event: SqsEvent) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        for message in event.records {
            let id = message.message_id.unwrap_or_default();
            let bell = bell(message.body.as_deref().unwrap_or_default());
            let app = &app.invoked(bell.as_ref().ok().and_then(|(_, call)| call.as_deref()));
            let span = tracing::info_span!(
                "message",
                queue = self.queue,
                message.id = id,
                correlation_id = app.trail().correlation_id(),
            );
            if !Box::pin(self.handle_one(app, bell.map(|(task, _)| task))).instrument(span).await {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = id;
                response.batch_item_failures.push(failure);
            }
        }
        response
    }

    /// Whether it is done with.
    async fn handle_one(&self, app: &App, task: Result<TaskId>) -> bool {
        let handled = match task {
            // Left to the runtime, a panic's message would be told to whoever called, and its neighbours would come again.
            Ok(task) => AssertUnwindSafe((self.handler)(app, task)).catch_unwind().await,
            Err(error) => Ok(Err(error)),
        };
        let handled = handled.unwrap_or_else(|_| Err(Error::internal("The message's handler panicked.")));
        let done = match &handled {
            Ok(()) => true,
            Err(error) => {
                numbers::failed(app.trail(), "message", error);
                !comes_again(error)
            }
        };
        app.write_counts(None).await;
        done
    }
}

fn comes_again(error: &Error) -> bool {
    tracing::error!(error = ?error, kind = error.kind.code(), "a message was not handled");
    error.kind.is_retryable()
}

/// The task a bell rings for, and the call it was rung in.
pub fn bell(body: &str) -> Result<(TaskId, Option<String>)> {
    match serde_json::from_str(body) {
        Ok(Bell::V1 { task, correlation_id }) => Ok((task, correlation_id)),
        Err(error) => Err(Error::bad_request("A message on the task queue is no bell.").because(error)),
    }
}
