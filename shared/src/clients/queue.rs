//! SQS: rings for a task. The message carries the task's id and nothing else; the row is the truth.

use std::time::Duration;

use aws_sdk_sqs::Client;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::model::TaskId;

/// SQS holds a message back this long at most.
const MAX_DELAY: Duration = Duration::from_secs(900);

/// What stands in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bell {
    V1 { task: TaskId },
}

pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    pub fn new(aws: &aws_config::SdkConfig, url: String) -> Self {
        Self { client: Client::new(aws), url }
    }

    /// Asks for a worker, after a while if `delay` says so. What is due later than SQS can wait is left to the sweep.
    pub async fn ring(&self, task: TaskId, delay: Duration) -> Result<()> {
        if delay > MAX_DELAY {
            return Ok(());
        }
        let body = serde_json::to_string(&Bell::V1 { task })?;
        let seconds = i32::try_from(delay.as_secs_f64().ceil() as i64).unwrap_or(0);
        let sent =
            self.client.send_message().queue_url(&self.url).message_body(body).delay_seconds(seconds).send().await;
        sent.map_err(|error| {
            Error::new(Kind::Unavailable, "The task queue did not take a message.").because(error.into_service_error())
        })?;
        Ok(())
    }
}
