//! SQS: rings for a task. The message carries the task's id and nothing else; the row is the truth.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::aws::Aws;
use crate::error::{Error, Kind, Result, aws};
use crate::model::TaskId;

/// For one bell. Somebody waits for the answer that comes after it, and the sweep rings again for what was not heard.
const PATIENCE: Duration = Duration::from_secs(1);
/// Times a bell is tried within that.
const TRIES: u32 = 2;
/// A queue that fell silent is left alone for so long, so that not every answer waits for it.
const SILENCE: Duration = Duration::from_secs(5);

/// SQS holds a message back this long at most.
const MAX_DELAY: Duration = Duration::from_secs(900);

/// What stands in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bell {
    V1 {
        task: TaskId,
        /// Of whoever rang.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        correlation_id: Option<String>,
    },
}

pub struct Queue {
    aws: Arc<Aws>,
    client: OnceCell<Client>,
    url: String,
    /// Until when it is not tried.
    silent: Mutex<Option<Instant>>,
}

impl Queue {
    pub fn new(aws: Arc<Aws>, url: String) -> Self {
        Self { aws, client: OnceCell::new(), url, silent: Mutex::default() }
    }

    async fn client(&self) -> &Client {
        let make = || async {
            let retries = RetryConfig::standard()
                .with_max_attempts(TRIES)
                .with_initial_backoff(PATIENCE / 10)
                .with_max_backoff(PATIENCE / 5);
            let config = aws_sdk_sqs::config::Builder::from(self.aws.sdk().await).retry_config(retries).build();
            Client::from_conf(config)
        };
        self.client.get_or_init(make).await
    }

    /// Asks for a worker, after a while if `delay` says so. What is due later than SQS can wait is left to the sweep.
    pub async fn ring(&self, task: TaskId, delay: Duration, correlation_id: Option<&str>) -> Result<()> {
        if delay > MAX_DELAY {
            return Ok(());
        }
        let unheard = || Error::new(Kind::Unavailable, "The task queue did not take a message.");
        if self.silent(|until| until.is_some_and(|until| Instant::now() < until)) {
            return Err(unheard().because("it fell silent a moment ago"));
        }
        let body = serde_json::to_string(&Bell::V1 { task, correlation_id: correlation_id.map(str::to_owned) })?;
        let seconds = i32::try_from(delay.as_secs_f64().ceil() as i64).unwrap_or(0);
        let client = self.client().await;
        let send = client.send_message().queue_url(&self.url).message_body(body).delay_seconds(seconds).send();
        let Ok(sent) = tokio::time::timeout(PATIENCE, send).await else {
            self.silent(|until| *until = Some(Instant::now() + SILENCE));
            return Err(unheard().because("it did not answer in time"));
        };
        sent.map_err(|error| unheard().because(aws(&error)))?;
        Ok(())
    }

    fn silent<T>(&self, with: impl FnOnce(&mut Option<Instant>) -> T) -> T {
        with(&mut self.silent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
