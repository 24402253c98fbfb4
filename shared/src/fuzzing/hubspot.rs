//! A delivery of HubSpot's: its signature, the batch, each event in it.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::domain::inbound::hubspot::{parse, wire};
use crate::domain::inbound::signature::{self, Signed};
use crate::error::Kind;
use crate::model::untrusted;

const SECRET: &str = "a-secret-of-the-app";
const URI: &str = "https://api.example.com/api/webhooks/hubspot";
const SENT: &str = "1795000000000";
/// What an index of Postgres can hold is a good deal longer.
const LONGEST_KEY: usize = 200;

static KEY: LazyLock<hmac::Key> = LazyLock::new(|| hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()));

pub fn run(body: &[u8]) {
    sealed(body);
    let events = match parse(body) {
        Ok(events) => events,
        Err(error) => return assert_eq!(error.kind, Kind::BadRequest),
    };
    assert!(events.len() <= 100);
    for raw in &events {
        let Ok(event) = wire::event(raw) else { continue };
        let key = &event.delivered.dedupe_key;
        assert!(key.len() <= LONGEST_KEY && key.split(':').count() == 5, "{key}");
        assert!(key.starts_with(&format!("{}:", event.portal)));
        // Kept in jsonb, whose texts hold no NUL, and in a timestamptz, which begins in 4713 BC.
        let kept = serde_json::json!([&event.delivered.payload, &event.about, &event.delivered.event_type]);
        assert_eq!(untrusted::without_nul(kept.clone()), kept);
        assert!(event.delivered.payload.get("propertyValue").is_none());
        assert!(event.delivered.occurred_at >= Timestamp::UNIX_EPOCH);
        if let Some(about) = &event.about {
            let ids =
                about.merged_ids.iter().chain([&about.object_id]).chain(about.associated.as_ref().map(|(_, id)| id));
            ids.for_each(|id| assert!(id.parse::<i64>().is_ok(), "{id}"));
        }
        let mut again = raw.clone();
        if let Some(fields) = again.as_object_mut() {
            fields.insert("attemptNumber".into(), Value::from(9));
        }
        assert_eq!(wire::event(&again).map(|again| again.delivered.dedupe_key).as_ref(), Ok(key), "a copy is known");
    }
}

/// What HubSpot signed passes, and with one bit changed it does not.
fn sealed(body: &[u8]) {
    let message = [b"POST", URI.as_bytes(), body, SENT.as_bytes()].concat();
    let v3 = BASE64_STANDARD.encode(hmac::sign(&KEY, &message));
    let request = Signed { method: "POST", uri: URI, body, timestamp: Some(SENT), v3: Some(&v3), v1: None };
    let now = Timestamp::from_second(1_795_000_000).unwrap_or_default();
    let passes = |request: &Signed<'_>| signature::verify(request, &[&SecretString::from(SECRET)], true, now).is_ok();
    assert!(passes(&request));
    let mut changed = body.to_vec();
    match changed.last().map(|last| usize::from(*last)) {
        Some(place) => {
            let place = place % changed.len();
            changed[place] ^= 1 << (place % 8);
        }
        None => changed.push(0),
    }
    assert!(!passes(&Signed { body: &changed, ..request }));
    let text = String::from_utf8_lossy(body);
    assert!(!passes(&Signed { v3: Some(&text), v1: Some(&text), ..request }), "nobody guesses a signature");
    assert!(text == URI || !passes(&Signed { uri: &text, ..request }));
}
