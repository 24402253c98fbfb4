//! What Google sends by itself: Pub/Sub pushes and calendar notifications.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::{PushConfig, PushFault};
use super::oauth::verified;
use super::*;
use crate::server::lock;

/// A webhook that answers what it is told to, then 204.
#[derive(Clone, Default)]
struct Hook {
    seen: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

async fn receive(State(hook): State<Hook>, headers: HeaderMap, body: Bytes) -> StatusCode {
    lock(&hook.seen).push((headers, String::from_utf8(body.to_vec()).unwrap()));
    let answer = lock(&hook.answers).pop_front().unwrap_or(204);
    StatusCode::from_u16(answer).unwrap()
}

impl Hook {
    async fn listen(&self) -> String {
        let (listener, url) = crate::server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let app = Router::new().route("/hook", post(receive)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        format!("{url}/hook")
    }

    /// Waits for that many deliveries.
    async fn wait(&self, count: usize) -> Vec<(HeaderMap, String)> {
        for _ in 0..400 {
            let seen = lock(&self.seen).clone();
            if seen.len() >= count {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {count} deliveries came", lock(&self.seen).len());
    }
}

fn config(endpoint: String) -> PushConfig {
    PushConfig {
        endpoint,
        audience: Some("https://app.example/webhooks".to_owned()),
        service_account: "push@project.iam.gserviceaccount.com".to_owned(),
        subscription: "projects/p/subscriptions/s".to_owned(),
        minimum_backoff_ms: 5,
        max_attempts: 5,
    }
}

fn history_id(body: &str) -> u64 {
    let envelope: Value = serde_json::from_str(body).unwrap();
    let data = STANDARD.decode(envelope["message"]["data"].as_str().unwrap()).unwrap();
    let data: Value = serde_json::from_slice(&data).unwrap();
    assert_eq!(data["emailAddress"], ANNA);
    data["historyId"].as_u64().unwrap()
}

#[tokio::test]
async fn pushes_until_acknowledged_with_a_verifiable_token() {
    let test = Test::start().await;
    let hook = Hook::default();
    test.google.set_push(Some(config(hook.listen().await))).unwrap();
    let api = test.api().await;
    // Without a watch nothing is published.
    test.deliver_many(1);
    let watch = json!({ "topicName": "projects/p/topics/t", "labelIds": ["INBOX"] });
    let (status, watching) = api.post("/gmail/v1/users/me/watch", watch).await;
    assert_eq!(status, 200);
    assert!(watching["expiration"].is_string());
    lock(&hook.answers).extend([500, 203]);
    test.deliver_many(1);
    let seen = hook.wait(3).await;
    assert_eq!(seen[0].1, seen[2].1);
    assert!(history_id(&seen[0].1) > watching["historyId"].as_str().unwrap().parse().unwrap());
    let bearer = seen[0].0["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    let claims = verified(&test, &bearer, "https://app.example/webhooks").await;
    assert_eq!(claims["email"], "push@project.iam.gserviceaccount.com");
    assert_eq!(claims["email_verified"], true);

    assert_eq!(api.post("/gmail/v1/users/me/stop", json!({})).await.0, 204);
    test.deliver_many(1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(lock(&hook.seen).len(), 3);
    assert_eq!(api.post("/gmail/v1/users/me/watch", json!({ "topicName": "t" })).await.0, 400);
    assert!(test.google.set_push(Some(config("https://example.com/hook".to_owned()))).is_err());
}

#[tokio::test]
async fn loses_repeats_and_reorders_on_demand() {
    let test = Test::start().await;
    let hook = Hook::default();
    test.google.set_push(Some(config(hook.listen().await))).unwrap();
    let api = test.api().await;
    api.post("/gmail/v1/users/me/watch", json!({ "topicName": "projects/p/topics/t" })).await;
    test.google.break_next_push(PushFault::Lost);
    test.google.break_next_push(PushFault::Duplicate);
    test.deliver_many(2);
    let seen = hook.wait(2).await;
    assert_eq!(seen[0].1, seen[1].1);
    test.google.break_next_push(PushFault::Reordered);
    test.deliver_many(2);
    let seen = hook.wait(4).await;
    assert!(history_id(&seen[2].1) > history_id(&seen[3].1));
}

#[tokio::test]
async fn notifies_calendar_channels() {
    let test = Test::start().await;
    let hook = Hook::default();
    let address = hook.listen().await;
    let api = test.api().await;
    let path = "/calendar/v3/calendars/primary/events/watch";
    let watch = json!({ "id": "channel-1", "type": "web_hook", "address": address, "token": "secret" });
    let (status, channel) = api.post(path, watch.clone()).await;
    assert_eq!((status, &channel["kind"]), (200, &json!("api#channel")));
    let first = hook.wait(1).await.remove(0);
    assert_eq!(first.0["x-goog-resource-state"], "sync");
    assert_eq!(first.0["x-goog-message-number"], "1");
    assert_eq!(reason(&api.post(path, watch).await.1), "channelIdNotUnique");
    let far = json!({ "id": "channel-2", "type": "web_hook", "address": "http://example.com/hook" });
    assert_eq!(api.post(path, far).await.0, 400);

    lock(&hook.answers).push_back(503);
    let time = |hour: u8| json!({ "dateTime": format!("2026-12-01T{hour:02}:00:00Z") });
    api.post("/calendar/v3/calendars/primary/events", json!({ "start": time(9), "end": time(10) })).await;
    let seen = hook.wait(3).await;
    let (headers, body) = &seen[2];
    assert_eq!(headers["x-goog-resource-state"], "exists");
    assert_eq!(headers["x-goog-channel-token"], "secret");
    assert_eq!(headers["x-goog-channel-id"], "channel-1");
    assert_eq!(headers["x-goog-resource-id"], channel["resourceId"].as_str().unwrap());
    assert!(body.is_empty() && headers.contains_key("x-goog-channel-expiration"));

    let stop = json!({ "id": "channel-1", "resourceId": channel["resourceId"] });
    assert_eq!(api.post("/calendar/v3/channels/stop", stop.clone()).await.0, 204);
    assert_eq!(api.post("/calendar/v3/channels/stop", stop).await.0, 404);
}
