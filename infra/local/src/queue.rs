//! Plays the event source mapping between SQS and a function.
//!
//! As Lambda does it: long polling, batches, at most a number of them in flight, partial batch responses. What failed is
//! left to its visibility time-out and, in the end, to the dead-letter queue.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::REGION;
use crate::gateway::ACCOUNT;
use crate::stop::Stop;

/// How long batches in flight may take when everything stops. What is cut off is delivered again.
const FAREWELL: Duration = Duration::from_secs(3);

pub type Handler = Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, SqsBatchResponse> + Send + Sync>;

/// One queue and the function it feeds.
pub struct Mapping {
    pub function: &'static str,
    /// The queue's name, for the ARN in the events.
    pub queue: &'static str,
    pub queue_url: String,
    /// At most this many messages at once; SQS gives ten.
    pub batch_size: i32,
    /// `MaximumConcurrency`: batches at once.
    pub max_concurrent: usize,
    pub handler: Handler,
}

/// Feeds the function until asked to stop.
pub async fn run(sqs: Client, mapping: Mapping, stop: Stop) {
    let mapping = Arc::new(mapping);
    let slots = Arc::new(Semaphore::new(mapping.max_concurrent));
    let mut batches = JoinSet::new();
    loop {
        let received = tokio::select! {
            received = async {
                let slot = slots.clone().acquire_owned().await;
                (slot, receive(&sqs, &mapping).await)
            } => received,
            () = stop.asked() => break,
        };
        let (Ok(slot), messages) = received else { break };
        match messages {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => {
                let (sqs, mapping) = (sqs.clone(), mapping.clone());
                batches.spawn(async move {
                    deliver(&sqs, &mapping, messages).await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(queue = mapping.queue, error, "the queue did not answer");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        while batches.try_join_next().is_some() {}
    }
    let _cut_off = tokio::time::timeout(FAREWELL, batches.join_all()).await;
}

async fn receive(sqs: &Client, mapping: &Mapping) -> Result<Vec<Message>, String> {
    sqs.receive_message()
        .queue_url(&mapping.queue_url)
        .max_number_of_messages(mapping.batch_size.clamp(1, 10))
        .wait_time_seconds(20)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .send()
        .await
        .map(|output| output.messages.unwrap_or_default())
        .map_err(|e| DisplayErrorContext(e).to_string())
}

/// Calls the function with one batch and removes what it did not report as failed.
async fn deliver(sqs: &Client, mapping: &Mapping, messages: Vec<Message>) {
    let event: SqsEvent = match serde_json::from_value(event(mapping.queue, &messages)) {
        Ok(event) => event,
        Err(error) => {
            tracing::error!(queue = mapping.queue, %error, "a message could not be made into an event");
            return;
        }
    };
    // What was said in a panic is not logged (telemetry); that it was one, and where, is.
    let Ok(answer) = tokio::spawn((mapping.handler)(event)).await else {
        tracing::error!(function = mapping.function, "a batch failed as a whole");
        return;
    };
    for message in succeeded(&messages, &answer) {
        let deleted = sqs
            .delete_message()
            .queue_url(&mapping.queue_url)
            .receipt_handle(message.receipt_handle().unwrap_or_default())
            .send()
            .await;
        if let Err(error) = deleted {
            tracing::warn!(queue = mapping.queue, error = %DisplayErrorContext(error), "a message was not removed");
        }
    }
}

/// The messages that are done. A reported id that was not in the batch means, as for Lambda, that all have failed.
fn succeeded<'a>(messages: &'a [Message], answer: &SqsBatchResponse) -> Vec<&'a Message> {
    let sent: HashSet<&str> = messages.iter().filter_map(Message::message_id).collect();
    let failed: HashSet<&str> = answer.batch_item_failures.iter().map(|item| item.item_identifier.as_str()).collect();
    if !failed.is_subset(&sent) {
        return Vec::new();
    }
    messages.iter().filter(|message| message.message_id().is_some_and(|id| !failed.contains(id))).collect()
}

/// The event of <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.
fn event(queue: &str, messages: &[Message]) -> Value {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            let attributes: Map<String, Value> = message
                .attributes()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.as_str().to_owned(), json!(value)))
                .collect();
            json!({
                "messageId": message.message_id(),
                "receiptHandle": message.receipt_handle(),
                "body": message.body(),
                "attributes": attributes,
                "messageAttributes": {},
                "md5OfBody": message.md5_of_body(),
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
                "awsRegion": REGION,
            })
        })
        .collect();
    json!({ "Records": records })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> Message {
        Message::builder()
            .message_id(id)
            .receipt_handle(format!("receipt-{id}"))
            .body("{}")
            .attributes(MessageSystemAttributeName::ApproximateReceiveCount, "2")
            .build()
    }

    fn failures(ids: &[&str]) -> SqsBatchResponse {
        let failures: Vec<Value> = ids.iter().map(|id| json!({ "itemIdentifier": id })).collect();
        serde_json::from_value(json!({ "batchItemFailures": failures })).unwrap()
    }

    fn ids<'a>(messages: &[&'a Message]) -> Vec<&'a str> {
        messages.iter().filter_map(|message| message.message_id()).collect()
    }

    #[test]
    fn only_what_did_not_fail_is_done() {
        let messages = [message("a"), message("b"), message("c")];

        assert_eq!(ids(&succeeded(&messages, &failures(&[]))), ["a", "b", "c"]);
        assert_eq!(ids(&succeeded(&messages, &failures(&["b"]))), ["a", "c"]);
        assert_eq!(ids(&succeeded(&messages, &failures(&["unknown"]))), [""; 0]);
    }

    #[test]
    fn the_function_sees_what_sqs_knows() {
        let event: SqsEvent = serde_json::from_value(event("tasks", &[message("a")])).unwrap();

        let record = &event.records[0];
        assert_eq!(record.message_id.as_deref(), Some("a"));
        assert_eq!(record.attributes["ApproximateReceiveCount"], "2");
        assert_eq!(record.event_source_arn.as_deref(), Some("arn:aws:sqs:us-east-1:123456789012:tasks"));
    }

    #[tokio::test]
    async fn what_failed_comes_again_and_what_did_not_is_gone() {
        let moto = fakes::world::shared_test_moto().await.unwrap();
        let sqs = crate::aws::sqs(&moto.endpoint());
        let name = format!("q-{}", uuid::Uuid::new_v4().simple());
        let queue_url = crate::aws::create_queue(&sqs, &name, Duration::from_secs(1)).await.unwrap();
        for body in ["good", "bad once", "panics once"] {
            sqs.send_message().queue_url(&queue_url).message_body(body).send().await.unwrap();
        }
        let (seen, mut deliveries) = tokio::sync::mpsc::unbounded_channel();
        let handler: Handler = Arc::new(move |event: SqsEvent| {
            let seen = seen.clone();
            Box::pin(async move {
                let record = &event.records[0];
                let body = record.body.clone().unwrap_or_default();
                let first = record.attributes["ApproximateReceiveCount"] == "1";
                seen.send(body.clone()).unwrap();
                assert!(!(first && body == "panics once"), "on demand");
                let id = record.message_id.as_deref().unwrap_or_default();
                if first && body == "bad once" { failures(&[id]) } else { failures(&[]) }
            })
        });
        let stop = Stop::never();
        let mapping = Mapping {
            function: "test",
            queue: "q",
            queue_url: queue_url.clone(),
            batch_size: 1,
            max_concurrent: 10,
            handler,
        };
        let running = tokio::spawn(run(sqs.clone(), mapping, stop.clone()));

        let mut bodies = Vec::new();
        for _ in 0..5 {
            bodies.push(tokio::time::timeout(Duration::from_secs(20), deliveries.recv()).await.unwrap().unwrap());
        }
        bodies.sort();
        assert_eq!(bodies, ["bad once", "bad once", "good", "panics once", "panics once"]);

        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.ask();
        running.await.unwrap();
        let left = sqs.receive_message().queue_url(&queue_url).send().await.unwrap();
        assert!(left.messages().is_empty());
    }
}
