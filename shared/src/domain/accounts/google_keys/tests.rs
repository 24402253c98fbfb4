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
    let (keys, http) = (GoogleKeys::default(), client(crate::model::Clock::default()));
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
    let (keys, http) = (GoogleKeys::default(), client(crate::model::Clock::default()));
    let start = Timestamp::from_second(1_795_000_000).unwrap();
    for seconds in 0..150 {
        let now = start + SignedDuration::from_secs(seconds);
        keys.for_token(&http, &url, &token(&format!("made up {seconds}")), now).await.unwrap();
    }

    assert_eq!(google.control().requests().len(), 3);
}

/// Whoever calls a webhook does not wait until Google has found its keys again.
#[tokio::test]
async fn while_google_is_asked_the_last_keys_hold_for_everybody_else() {
    let (google, url) = google().await;
    let (keys, http) = (GoogleKeys::default(), client(crate::model::Clock::default()));
    let start = Timestamp::from_second(1_795_000_000).unwrap();
    let shown = keys.for_token(&http, &url, "", start).await.unwrap();
    let known = token(shown.keys[0].common.key_id.as_deref().unwrap());
    let (later, begun) = (start + SignedDuration::from_hours(48), Instant::now());
    let hanging =
        Fault { method: None, path: "/certs".into(), times: 1000, kind: FaultKind::Slow { delay_ms: 60_000 } };
    google.control().arm(hanging);

    let asks = keys.for_token(&http, &url, &known, later);
    let others = async {
        tokio::task::yield_now().await;
        for _ in 0..20 {
            keys.for_token(&http, &url, &known, later).await.unwrap();
        }
        begun.elapsed()
    };
    let (asked, waited) = tokio::join!(asks, others);

    assert_eq!(asked.unwrap().keys.len(), shown.keys.len());
    assert!(begun.elapsed() >= PATIENCE, "one of them asked");
    assert!(waited < PATIENCE, "and none of the others waited for it");
    assert_eq!(google.control().requests().len(), 2);
}

#[tokio::test]
async fn whoever_waited_for_nothing_does_not_ask_again_one_by_one() {
    let (google, url) = google().await;
    let (keys, http) = (GoogleKeys::default(), client(crate::model::Clock::default()));
    let start = Timestamp::from_second(1_795_000_000).unwrap();
    google.control().arm(Fault {
        method: None,
        path: "/certs".into(),
        times: 1000,
        kind: FaultKind::Status { status: 404, headers: Default::default(), body: None },
    });

    let all = (0..20).map(|_| keys.for_token(&http, &url, "", start));
    let all = futures::future::join_all(all).await;

    assert!(all.iter().all(|answer| answer.as_ref().is_err_and(|error| !error.kind.status().is_client_error())));
    assert_eq!(google.control().requests().len(), 1);
}

#[tokio::test]
async fn while_google_is_away_the_last_keys_hold() {
    let (google, url) = google().await;
    let (keys, http) = (GoogleKeys::default(), client(crate::model::Clock::default()));
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
