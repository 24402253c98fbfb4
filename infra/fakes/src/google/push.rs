//! Pub/Sub push: mailbox changes posted to a webhook, again and again until it acknowledges them.
//!
//! Source: cloud.google.com/pubsub/docs/push and /authenticate-push-subscriptions. Two things are simpler than the
//! original: messages that were not acknowledged do not outlive the process, and Gmail's limit of one notification
//! per second and account is not kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::loopback;
use super::world::World;
use crate::server::lock;

/// A push subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PushConfig {
    /// An address of this machine; others are never called.
    pub endpoint: String,
    /// The `aud` of the token; the endpoint when absent.
    #[serde(default)]
    pub audience: Option<String>,
    /// The `email` of the token.
    pub service_account: String,
    /// `projects/…/subscriptions/…`
    #[serde(default = "subscription")]
    pub subscription: String,
    /// The pause before the second attempt; it doubles from there.
    #[serde(default = "backoff")]
    pub minimum_backoff_ms: u64,
    #[serde(default = "attempts")]
    pub max_attempts: u32,
}

fn subscription() -> String {
    "projects/local/subscriptions/gmail".to_owned()
}

fn backoff() -> u64 {
    500
}

fn attempts() -> u32 {
    20
}

/// What happens to the next notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushFault {
    /// It is never delivered.
    Lost,
    /// It is delivered twice.
    Duplicate,
    /// It is delivered after the one that follows it.
    Reordered,
}

#[derive(Default)]
pub(super) struct Push {
    config: Mutex<Option<PushConfig>>,
    faults: Mutex<VecDeque<PushFault>>,
    held: Mutex<Vec<Value>>,
}

impl Push {
    pub fn configure(&self, config: Option<PushConfig>) {
        *lock(&self.config) = config;
    }

    pub fn break_next(&self, fault: PushFault) {
        lock(&self.faults).push_back(fault);
    }
}

/// Publishes one mailbox change.
pub(super) fn publish(world: &Arc<World>, sequence: u64, email: &str, history_id: u64) {
    let Some(config) = lock(&world.push.config).clone() else { return };
    let now = world.now();
    let data = STANDARD.encode(json!({ "emailAddress": email, "historyId": history_id }).to_string());
    // Unique over restarts as well: the sequence is part of the saved state.
    let message_id = (10_000_000_000 + sequence).to_string();
    let time = format!("{now:.3}");
    let envelope = json!({
        "message": {
            "data": data,
            "messageId": message_id, "message_id": message_id,
            "publishTime": time, "publish_time": time,
        },
        "subscription": config.subscription,
    });
    let fault = lock(&world.push.faults).pop_front();
    match fault {
        Some(PushFault::Lost) => {}
        Some(PushFault::Reordered) => lock(&world.push.held).push(envelope),
        Some(PushFault::Duplicate) => queue(world, config, vec![envelope.clone(), envelope]),
        None => {
            let mut envelopes = vec![envelope];
            envelopes.append(&mut lock(&world.push.held));
            queue(world, config, envelopes);
        }
    }
}

/// Delivers them one after the other, without holding up the caller.
fn queue(world: &Arc<World>, config: PushConfig, envelopes: Vec<Value>) {
    let shared = world.clone();
    world.runtime.spawn(async move {
        for envelope in envelopes {
            deliver(&shared, &config, &envelope).await;
        }
    });
}

/// Posts until the endpoint acknowledges.
async fn deliver(world: &World, config: &PushConfig, envelope: &Value) {
    let mut pause = Duration::from_millis(config.minimum_backoff_ms.max(1));
    for attempt in 1..=config.max_attempts {
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("user-agent", "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)".to_owned()),
            ("authorization", format!("Bearer {}", token(world, config))),
        ];
        let status = loopback::post(world, &config.endpoint, &headers, envelope.to_string()).await;
        if matches!(status, Some(102 | 200 | 201 | 202 | 204)) {
            return;
        }
        tracing::debug!(attempt, ?status, "a push was not acknowledged");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(600));
    }
}

fn token(world: &World, config: &PushConfig) -> String {
    let now = world.now().as_second();
    world.signer.sign(&json!({
        "aud": config.audience.as_ref().unwrap_or(&config.endpoint),
        "azp": "113774264463038321964",
        "email": config.service_account,
        "email_verified": true,
        "exp": now + 3600,
        "iat": now,
        "iss": "https://accounts.google.com",
        "sub": "113774264463038321964",
    }))
}
