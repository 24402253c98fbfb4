//! Deliveries that are nearly HubSpot's, and messages that are nearly Google Calendar's. Each of the cases goes through the front
//! door; of one that should not have been believed the smallest is told.

use std::cell::Cell;

use aws_lc_rs::{digest, hmac};
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use super::hubspot::{SECRET, event, now, signed};
use super::*;

/// What is changed of a genuine delivery.
#[derive(Debug, Clone)]
enum Change {
    /// One bit of the body.
    Body(Index, u32),
    /// Of the body only so much, or more.
    Cut(Index),
    More(String),
    /// It was signed for another method, or another address.
    Method(&'static str),
    Uri(Index, u32),
    Suffix(&'static str),
    /// It says another time than the one that was signed.
    Time(i64),
    Spelled(&'static str),
    /// Another letter in the signature, so much of it, or another way to write it.
    Letter(Index, u8),
    Short(Index),
    Long(String),
    Written(usize),
    /// Signed with something else.
    Secret(String),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        6 => (at(), 0..7_u32).prop_map(|(at, bit)| Change::Body(at, bit)),
        1 => at().prop_map(Change::Cut),
        1 => "[ \\n]{1,3}".prop_map(Change::More),
        1 => "[ \\]\\n0-9a-z]{1,5}".prop_map(Change::More),
        1 => prop::sample::select(vec!["GET", "PUT", "post", "Post", "", "POST "]).prop_map(Change::Method),
        3 => (at(), 0..7_u32).prop_map(|(at, bit)| Change::Uri(at, bit)),
        1 => prop::sample::select(vec!["/", "?", "?a=b", "#x", "%20", "%2F", "%3F", "%3f", "//", "/.", "%00"])
            .prop_map(Change::Suffix),
        2 => prop_oneof![-400_000_i64..0, 1..400_000_i64].prop_map(Change::Time),
        1 => prop::sample::select(vec!["", " ", "+", "0", "-", "0x", "٣"]).prop_map(Change::Spelled),
        4 => (at(), any::<u8>()).prop_map(|(at, other)| Change::Letter(at, other)),
        1 => at().prop_map(Change::Short),
        1 => "[A-Za-z0-9+/=]{1,4}".prop_map(Change::Long),
        1 => (0..7_usize).prop_map(Change::Written),
        1 => "[a-z-]{0,14}".prop_filter("not the secret", |secret| secret != SECRET).prop_map(Change::Secret),
    ]
}

/// A text with one bit of one letter changed; a text still, because it has none but ASCII letters.
fn flipped(text: &str, at: Index, bit: u32) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] ^= 1 << bit;
    String::from_utf8(bytes).unwrap()
}

fn sign(method: &str, uri: &str, body: &str, sent: &str) -> Vec<u8> {
    let message = format!("{method}{uri}{body}{sent}");
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message.as_bytes()).as_ref().to_vec()
}

/// Time, signature and body of the changed delivery.
fn forge(change: &Change, uri: &str, body: &str, sent: i64) -> (String, String, String) {
    let (time, genuine) = (sent.to_string(), sign("POST", uri, body, &sent.to_string()));
    let v3 = BASE64_STANDARD.encode(&genuine);
    let signed_for = |method: &str, uri: &str| {
        (time.clone(), BASE64_STANDARD.encode(sign(method, uri, body, &time)), body.to_owned())
    };
    match change {
        Change::Body(at, bit) => (time, v3, flipped(body, *at, *bit)),
        Change::Cut(at) => (time, v3, body[..at.index(body.len())].to_owned()),
        Change::More(more) => (time, v3, format!("{body}{more}")),
        Change::Method(method) => signed_for(method, uri),
        Change::Uri(at, bit) => signed_for("POST", &flipped(uri, *at, *bit)),
        Change::Suffix(suffix) => signed_for("POST", &format!("{uri}{suffix}")),
        Change::Time(by) => ((sent + by).to_string(), v3, body.to_owned()),
        Change::Spelled("") => (String::new(), v3, body.to_owned()),
        Change::Spelled(before) => (format!("{before}{time}"), v3, body.to_owned()),
        Change::Letter(at, other) => {
            let at = at.index(v3.len());
            let mut letters = v3.into_bytes();
            let other = 33 + other % 94;
            letters[at] = if letters[at] == other { b'~' } else { other };
            (time, String::from_utf8(letters).unwrap(), body.to_owned())
        }
        Change::Short(at) => (time, v3[..at.index(v3.len())].to_owned(), body.to_owned()),
        Change::Long(more) => (time, format!("{v3}{more}"), body.to_owned()),
        Change::Written(how) => {
            let sha256 = |text: String| hexadecimal(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
            let written = match how {
                0 => hexadecimal(&genuine),
                1 => BASE64_URL_SAFE.encode([&genuine[..], &[0xff; 3]].concat()),
                2 => BASE64_STANDARD_NO_PAD.encode(&genuine),
                3 => sha256(format!("{SECRET}{body}")),
                4 => sha256(format!("{SECRET}POST{uri}{body}")),
                5 => format!("sha256={v3}"),
                _ => v3.to_lowercase().to_uppercase(),
            };
            (time, written, body.to_owned())
        }
        Change::Secret(secret) => {
            let message = format!("POST{uri}{body}{time}");
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
            (time, BASE64_STANDARD.encode(tag), body.to_owned())
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs every case on one app.
fn for_all<T: std::fmt::Debug>(
    cases: u32,
    strategy: impl Strategy<Value = T>,
    run: impl Fn(&T) -> Result<(), TestCaseError>,
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(failed) = TestRunner::new(config).run(&strategy, |case| run(&case)) {
        panic!("{failed}");
    }
}

#[test]
fn a_delivery_with_anything_changed_is_refused_and_leaves_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(async {
        let app = TestApp::start().await;
        app.ready_advisor(ADA).await;
        app
    });
    let body = json!([event(&app, 1)]).to_string();
    let uri = app.app.config.webhook_url(HUBSPOT);

    let callers = Cell::new(0_u32);
    for_all(256, change(), |change| {
        let (time, v3, body) = forge(change, &uri, &body, now(&app));
        // The older kinds are refused beside the newest and without it.
        let headers = [
            ("x-hubspot-signature-v3", v3.as_str()),
            ("x-hubspot-signature", &v3),
            ("x-hubspot-request-timestamp", &time),
        ];
        // One caller alone would soon be told that it calls too often.
        callers.set(callers.get() + 1);
        let caller = app.visitor_from(&format!("10.0.{}.1", callers.get() / 200));
        let beside = usize::from(callers.get().is_multiple_of(8));
        let answer = runtime.block_on(caller.call(Method::POST, HUBSPOT, &headers[beside..], Some(body)));
        prop_assert_eq!(answer.status.as_u16(), 401);
        Ok(())
    });

    runtime.block_on(async {
        for table in ["webhook_events", "unknown_deliveries", "tasks where state = 'pending'"] {
            assert_eq!(app.count(&format!("select count(*) from {table}")).await, 0, "{table}");
        }
        assert_eq!(send_again(&app, HUBSPOT, &signed(&app, SECRET, now(&app), &body), &body).await.status, 200);
        assert_eq!(app.count("select count(*) from webhook_events").await, 1);
    });
}

#[tokio::test]
async fn a_delivery_is_good_for_five_minutes_either_way_at_the_door() {
    let app = TestApp::start().await;
    app.ready_advisor(ADA).await;
    // A second on either side: the clock goes on while a delivery is on its way.
    for (skew, status) in [(-299_000, 200), (-300_001, 401), (301_500, 401), (299_000, 200)] {
        let body = json!([event(&app, skew)]).to_string();
        let headers = signed(&app, SECRET, now(&app) + skew, &body);
        assert_eq!(send_again(&app, HUBSPOT, &headers, &body).await.status, status, "{skew} ms");
    }
    assert_eq!(app.count("select count(*) from webhook_events").await, 2);
}

#[test]
fn nobody_guesses_the_token_of_a_channel() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (app, headers) = runtime.block_on(async {
        let app = TestApp::listening().await;
        let headers = calendar::watched(&app).await;
        (app, with(&headers, "x-goog-resource-state", Some("exists")))
    });
    let headers = with(&headers, "x-goog-message-number", Some("7"));
    let token = headers["x-goog-channel-token"].to_str().unwrap().to_owned();
    let nearly = prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map({
            let token = token.clone();
            move |(at, other)| {
                let mut letters = token.clone().into_bytes();
                let at = at.index(letters.len());
                let other = 33 + other % 94;
                letters[at] = if letters[at] == other { b'~' } else { other };
                String::from_utf8(letters).unwrap()
            }
        }),
        1 => any::<Index>().prop_map({
            let token = token.clone();
            move |at| token[..at.index(token.len())].to_owned()
        }),
        1 => "[!-~]{1,3}".prop_map({
            let token = token.clone();
            move |more| format!("{token}{more}")
        }),
        1 => Just(token.to_uppercase()),
        1 => Just(hexadecimal(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())),
        1 => "[!-~]{0,60}",
    ];
    let nearly = nearly.prop_filter("not the token", {
        let token = token.clone();
        move |nearly| *nearly != token
    });

    for_all(120, nearly, |nearly| {
        let headers = with(&headers, "x-goog-channel-token", Some(nearly));
        prop_assert_eq!(runtime.block_on(send_again(&app, CALENDAR, &headers, "")).status.as_u16(), 401);
        Ok(())
    });

    runtime.block_on(async {
        assert_eq!(app.count("select count(*) from webhook_events where source = 'calendar'").await, 0);
        assert_eq!(send_again(&app, CALENDAR, &headers, "").await.status, 200);
        assert_eq!(app.count("select count(*) from webhook_events where source = 'calendar'").await, 1);
    });
}
