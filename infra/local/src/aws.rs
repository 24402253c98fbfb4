//! The queues and the secret that `template.yaml` makes when deployed, made in moto.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;
use uuid::Uuid;

use crate::{Problem, Result, http_client};

pub const REGION: &str = "us-east-1";
/// A message that failed this often goes to the dead-letter queue.
const MAX_RECEIVE_COUNT: u32 = 5;

/// A client of moto, which takes any credentials.
pub fn sqs(endpoint: &str) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}

/// Makes a queue with its dead-letter queue `<name>-dlq`, and returns the queue's URL.
pub async fn create_queue(sqs: &aws_sdk_sqs::Client, name: &str, visibility: Duration) -> Result<String> {
    let failed = |e: String| Problem(format!("moto refused to make the queue {name}: {e}."));
    let dead_letters = sqs
        .create_queue()
        .queue_name(format!("{name}-dlq"))
        .attributes(QueueAttributeName::MessageRetentionPeriod, "1209600")
        .send()
        .await
        .map_err(|e| failed(DisplayErrorContext(e).to_string()))?;
    let arn = sqs
        .get_queue_attributes()
        .queue_url(dead_letters.queue_url().unwrap_or_default())
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await
        .map_err(|e| failed(DisplayErrorContext(e).to_string()))?;
    let arn = arn.attributes().and_then(|attributes| attributes.get(&QueueAttributeName::QueueArn)).cloned();
    let arn = arn.ok_or_else(|| failed("its dead-letter queue has no ARN".to_owned()))?;

    let redrive = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVE_COUNT });
    let queue = sqs
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::VisibilityTimeout, visibility.as_secs().to_string())
        .attributes(QueueAttributeName::RedrivePolicy, redrive.to_string())
        .send()
        .await
        .map_err(|e| failed(DisplayErrorContext(e).to_string()))?;
    queue.queue_url().map(str::to_owned).ok_or_else(|| failed("it has no URL".to_owned()))
}

/// Stores one JSON secret.
pub async fn create_secret(endpoint: &str, name: &str, values: &BTreeMap<String, String>) -> Result<()> {
    let body = json!({
        "Name": name,
        "SecretString": json!(values).to_string(),
        "ClientRequestToken": Uuid::new_v4().to_string(),
    });
    // Secrets Manager's JSON protocol. moto reads the service from the credential's scope and checks no signature.
    let scope = format!("local/20260101/{REGION}/secretsmanager/aws4_request");
    let request = http_client::client()?
        .post(endpoint)
        .header("x-amz-target", "secretsmanager.CreateSecret")
        .header("content-type", "application/x-amz-json-1.1")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=local"))
        .body(body.to_string());
    let response = http_client::send(request).await?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let said = response.text().await.unwrap_or_default();
    Err(Problem(format!("moto refused to store the secret {name} with {status}: {said}")))
}
