//! What the providers tell us by themselves, and what makes them tell.

pub(super) mod calendar;
mod disconnect;
mod forged;
pub(super) mod gmail;
pub(super) mod hubspot;
mod killed;
mod order;
mod secrecy;
mod tokens;
mod trouble;
mod watches;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::support::*;

const NORA: (&str, &str) = ("Nora Ellison", "nora@ellison.example");
const HUBSPOT: &str = "/api/webhooks/hubspot";
const GMAIL: &str = "/api/webhooks/gmail";
const CALENDAR: &str = "/api/webhooks/calendar";

/// Sends a request that was heard once more, with other headers and another body, if they are given.
async fn send_again(app: &TestApp, path: &str, headers: &HeaderMap, body: &str) -> Answer {
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    app.visitor().call(Method::POST, path, &headers, Some(body.to_owned())).await
}

/// Headers with one of them changed, or left out.
pub(super) fn with(headers: &HeaderMap, name: &'static str, value: Option<&str>) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove(name);
    if let Some(value) = value {
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

#[tokio::test]
async fn health_counts_what_would_be_known_again() {
    let app = TestApp::listening().await;
    let shape = |count: i64| {
        json!({
            "status": "healthy", "webhooks": ["hubspot", "gmail", "calendar"],
            "replay_protection": { "processed_count": count, "max_capacity": 9_007_199_254_740_991_i64 },
        })
    };
    assert_eq!(app.visitor().get("/api/webhooks/health").await.json(), shape(0));

    app.ready_advisor(ADA).await;
    app.google.deliver(&mail(ADA, NORA, "Hello", "Hello there."));
    app.contact("501", "Greg", "Hall", "greg@hall.example");
    app.until("select count(distinct source) from webhook_events", "2").await;
    let remembered = app.count("select count(*) from webhook_events").await;
    assert_eq!(app.visitor().get("/api/webhooks/health").await.json(), shape(remembered));

    app.sql("update webhook_events set received_at = now() - interval '31 days' where source = 'gmail'").await;
    app.sweep().await;
    assert_eq!(app.count("select count(*) from webhook_events where source = 'gmail'").await, 0);
    assert!(app.count("select count(*) from webhook_events").await > 0, "what is younger stays");
}
