//! A queue's consumer: messages in, the ids of those that have to come again out.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use futures::FutureExt;
use tracing::Instrument;

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

/// Handles one message's body. An error that may pass lets it come again; one that never will is dropped, and logged.
pub type MessageHandler = for<'a> fn(&'a App, &'a str) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

impl Consumer {
    /// Each message on its own: one that cannot be handled does not hold up its neighbours.
    pub async fn handle(&self, app: &App, event: SqsEvent) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        for message in event.records {
            let id = message.message_id.unwrap_or_default();
            let span = tracing::info_span!("message", queue = self.queue, message.id = id);
            let handling = (self.handler)(app, message.body.as_deref().unwrap_or_default());
            // Left to the runtime, a panic's message would be told to whoever called, and its neighbours would come again.
            let handled = AssertUnwindSafe(handling).catch_unwind().instrument(span).await;
            if let Err(error) = handled.unwrap_or_else(|_| Err(Error::internal("The message's handler panicked.")))
                && comes_again(&error)
            {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = id;
                response.batch_item_failures.push(failure);
            }
        }
        response
    }
}

fn comes_again(error: &Error) -> bool {
    tracing::error!(error = ?error, kind = error.kind.code(), "a message was not handled");
    error.kind.is_retryable()
}

/// The task a bell rings for.
pub fn bell(body: &str) -> Result<TaskId> {
    match serde_json::from_str(body) {
        Ok(Bell::V1 { task }) => Ok(task),
        Err(error) => Err(Error::bad_request("A message on the task queue is no bell.").because(error)),
    }
}
