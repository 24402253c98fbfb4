//! Against the stand-in for Google, by what it was asked.

use fakes::google::{Google, Options};
use fakes::server::{Clock, Fault, FaultKind};
use serde_json::json;

use super::*;
use crate::clients::http::client;
use crate::domain::accounts::id_token::tests::{OURS, signed_by};

async fn google() -> (Google, String) {
    let addr = "127.0.0.1:0".parse().unwrap();
    let options = Options { addr, clock: Clock::default(), clients: Vec::new(), state_file: None };
    let google = Google::start(options).await.unwrap();
    let url = format!("{}/oauth2/v3/certs", google.url());
    (google, url)
}

fn token(kid: &str) -> String {
    signed_by(&OURS, &json!({ "alg": "RS256", "kid": kid }), &json!({}))
}

#[tokio::test]
async fn keys_are_asked_for_once_and_again_when_they_are_too_old() {
    let (google, url) = google().await;
    let (keys, http) = (GoogleKeys::default(), client().unwrap());
    let start = Timestamp::from_second(1_795_000_000).unwrap();
    let at = async |seconds: i64, token: &str| {
        keys.for_token(&http, &url, token, start + SignedDuration::from_secs(seconds)).await.unwrap()
    };
    let shown = at(0, "").await;
    let known = token(shown.keys[0].common.key_id.as_deref().unwrap());
    for seconds in [1, 10, 61, 600] {
        at(seconds, &known).await;
    }
    assert_eq!(google.control().requests().len(), 1);

    at(25 * 60 * 60, &known).await;
    assert_eq!(google.control().requests().len(), 2, "whatever Google says, a day is enough");
}

#[tokio::test]
async fn a_flood_of_unknown_keys_asks_google_once_a_minute() {
    let (google, url) = google().await;
    let (keys, http) = (GoogleKeys::default(), client().unwrap());
    let start = Timestamp::from_second(1_795_000_000).unwrap();
    for seconds in 0..150 {
        let now = start + SignedDuration::from_secs(seconds);
        keys.for_token(&http, &url, &token(&format!("made up {seconds}")), now).await.unwrap();
    }

    assert_eq!(google.control().requests().len(), 3);
}

#[tokio::test]
async fn while_google_is_away_the_last_keys_hold() {
    let (google, url) = google().await;
    let (keys, http) = (GoogleKeys::default(), client().unwrap());
    let start = Timestamp::from_second(1_795_000_000).unwrap();
    let kind = FaultKind::Status { status: 404, headers: Default::default(), body: None };
    let away = || Fault { method: None, path: "/certs".into(), times: 1000, kind: kind.clone() };

    google.control().arm(away());
    assert!(keys.for_token(&http, &url, "", start).await.is_err(), "there are none yet");
    google.control().disarm();
    let shown = keys.for_token(&http, &url, "", start).await.unwrap();
    google.control().arm(away());
    let later = keys.for_token(&http, &url, "", start + SignedDuration::from_hours(48)).await.unwrap();

    assert_eq!(later.keys[0].common.key_id, shown.keys[0].common.key_id);
}
