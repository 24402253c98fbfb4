//! Webhooks as the app receives them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Client, HubSpot, PORTAL, object, start};
use crate::hubspot::{Trouble, signature};
use crate::server::lock;

/// What arrived, and what is answered.
#[derive(Clone)]
struct Inbox {
    received: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    status: Arc<Mutex<StatusCode>>,
    url: String,
}

impl Inbox {
    async fn open(hubspot: &HubSpot) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/hubspot", listener.local_addr().unwrap());
        let inbox = Self { received: Arc::default(), status: Arc::new(Mutex::new(StatusCode::OK)), url };
        let app = Router::new().route("/webhooks/hubspot", post(receive)).with_state(inbox.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        hubspot.set_webhook_target(&inbox.url, 42).unwrap();
        inbox
    }

    /// The deliveries so far, once there are this many.
    async fn deliveries(&self, count: usize) -> Vec<(HeaderMap, String)> {
        for _ in 0..200 {
            if lock(&self.received).len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let received = lock(&self.received).clone();
        assert_eq!(received.len(), count);
        received
    }

    async fn events(&self) -> Vec<Value> {
        let received = self.deliveries(1).await;
        serde_json::from_str(&received[0].1).unwrap()
    }
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: String) -> StatusCode {
    lock(&inbox.received).push((headers, body));
    *lock(&inbox.status)
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["subscriptionType"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_new_contact_is_announced_and_signed() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let inbox = Inbox::open(&hubspot).await;
    let id = client.contact("new@example.com").await;

    let (headers, body) = inbox.deliveries(1).await.remove(0);
    let events: Vec<Value> = serde_json::from_str(&body).unwrap();
    assert_eq!(types(&events), ["contact.creation", "contact.propertyChange"]);
    assert_eq!(events[0]["objectId"].to_string(), id);
    assert_eq!(events[0]["changeSource"], "INTEGRATION");
    assert_eq!((&events[0]["appId"], &events[0]["portalId"]), (&42.into(), &PORTAL.into()));
    assert_eq!(events[1]["propertyName"], "email");

    let at = headers["x-hubspot-request-timestamp"].to_str().unwrap();
    assert_eq!(headers["x-hubspot-signature-v3"], signature::v3("secret", "POST", &inbox.url, &body, at));
    assert_eq!(headers["x-hubspot-signature"], signature::v1("secret", &body));
}

#[tokio::test]
async fn what_people_do_is_announced_as_theirs() {
    let (hubspot, _) = start().await;
    Client::connect(&hubspot).await;
    let inbox = Inbox::open(&hubspot).await;
    let note = object("402", &[("hs_timestamp", "2026-02-01T00:00:00Z")], &[("contacts", "102")]);
    hubspot.put_object(PORTAL, "notes", &note).unwrap();
    hubspot.archive(PORTAL, "contacts", 102).unwrap();
    hubspot.restore(PORTAL, "contacts", 102).unwrap();
    hubspot.merge(PORTAL, "contacts", 101, 102).unwrap();
    hubspot.gdpr_delete(PORTAL, 101).unwrap();

    let events = inbox.events().await;
    assert_eq!(
        types(&events),
        [
            "object.creation",
            "object.propertyChange",
            "object.associationChange",
            "contact.associationChange",
            "contact.deletion",
            "contact.restore",
            "contact.merge",
            "contact.privacyDeletion",
            "contact.deletion",
        ]
    );
    assert_eq!((&events[0]["objectTypeId"], &events[0]["sourceId"]), (&"0-46".into(), &"userId:7001".into()));
    assert_eq!(events[3]["associationType"], "CONTACT_TO_NOTE");
    assert_eq!(events[4]["changeSource"], "CRM_UI");
    assert_eq!(events[6]["mergedObjectIds"], serde_json::json!([102]));
}

#[tokio::test]
async fn a_delivery_is_tried_again_until_it_is_taken() {
    let (hubspot, clock) = start().await;
    let client = Client::connect(&hubspot).await;
    let inbox = Inbox::open(&hubspot).await;
    *lock(&inbox.status) = StatusCode::UNAUTHORIZED;
    client.contact("new@example.com").await;
    inbox.deliveries(1).await;

    *lock(&inbox.status) = StatusCode::OK;
    clock.advance(Duration::from_secs(60));
    let again: Vec<Value> = serde_json::from_str(&inbox.deliveries(2).await[1].1).unwrap();
    assert_eq!(again[0]["attemptNumber"], 1);
    clock.advance(Duration::from_secs(24 * 3600));
    tokio::time::sleep(Duration::from_millis(200)).await;
    inbox.deliveries(2).await;
}

#[tokio::test]
async fn deliveries_are_doubled_turned_round_and_lost_on_demand() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let inbox = Inbox::open(&hubspot).await;
    hubspot.webhook_trouble(Trouble { duplicate: 1, reorder: 1, lose: 0 });
    client.contact("new@example.com").await;
    let twice = inbox.deliveries(2).await;
    assert_eq!(twice[0].1, twice[1].1);
    let events: Vec<Value> = serde_json::from_str(&twice[0].1).unwrap();
    assert_eq!(types(&events), ["contact.propertyChange", "contact.creation"]);

    hubspot.webhook_trouble(Trouble { lose: 1, ..Trouble::default() });
    client.contact("lost@example.com").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    inbox.deliveries(2).await;
}

#[tokio::test]
async fn only_this_machine_is_called_and_only_about_portals_with_the_app() {
    let (hubspot, _) = start().await;
    assert!(hubspot.set_webhook_target("https://example.com/hook", 1).is_err());
    let inbox = Inbox::open(&hubspot).await;
    hubspot.archive(PORTAL, "contacts", 102).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    inbox.deliveries(0).await;
}

#[test]
fn signatures_match_the_published_examples() {
    let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    let uri = "https://www.example.com/webhook_uri";
    let body = "{'example_field':'example_value'}";
    let signed = |at| signature::v3(secret, "POST", uri, body, at);
    assert_eq!(signed("1693657560000"), "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=");
    assert_eq!(signed("1700000300000"), "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=");
    // Version 2 is version 1 of a longer text: its published example checks ours.
    let longer = format!("POST{uri}{{\"example_field\":\"example_value\"}}");
    let published = "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900";
    assert_eq!(signature::v1(secret, &longer), published);
    let escaped = signature::v3(secret, "POST", "https://www.example.com/webhook%5Furi%2F", body, "1");
    assert_eq!(escaped, signature::v3(secret, "POST", "https://www.example.com/webhook%5Furi/", body, "1"));
}
