//! Tokens that are nearly Pub/Sub's, shown at the front door.

use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256};
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::gmail::envelope;
use super::*;
use crate::tests::support::{Issuer, unsigned};

const ACCOUNT: &str = "push@practice.iam.gserviceaccount.com";
const AUDIENCE: &str = "http://localhost:8000/api/webhooks/gmail";

/// An app that believes `issuer`.
async fn app(issuer: &Issuer) -> TestApp {
    TestApp::start_with(&[("GOOGLE_JWKS_URL", &issuer.url), ("GOOGLE_PUBSUB_SERVICE_ACCOUNT", ACCOUNT)]).await
}

fn header() -> Value {
    json!({ "alg": "RS256", "kid": "k1", "typ": "JWT" })
}

fn claims(app: &TestApp) -> Value {
    let now = app.app.now().as_second();
    json!({
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "azp": "1137", "sub": "1137", "email": ACCOUNT,
        "email_verified": true, "iat": now - 5, "exp": now + 3_600,
    })
}

async fn push(app: &TestApp, authorization: &str) -> Answer {
    let body = envelope("1", "nobody@firm.example", 7);
    app.visitor().call(Method::POST, GMAIL, &[("Authorization", authorization)], Some(body)).await
}

/// How many pushes were believed: all of them are for a mailbox nobody connected.
async fn believed(app: &TestApp) -> i64 {
    app.count("select coalesce(sum(deliveries), 0) from unknown_deliveries").await
}

/// Nobody is told what was wrong, and nothing is kept.
async fn assert_refused(app: &TestApp, tokens: &[(String, String)]) {
    for (what, authorization) in tokens {
        let answer = push(app, authorization).await;
        let seen = (answer.status.as_u16(), &answer.json()["detail"]);
        assert_eq!(seen, (401, &json!("Invalid token")), "{what}: {authorization}");
    }
    assert_eq!(believed(app).await, 0);
    assert_eq!(app.count("select count(*) from webhook_events").await, 0);
}

#[tokio::test]
async fn a_key_that_is_not_googles_opens_nothing_whatever_is_written_on_it() {
    let (google, stranger) = (Issuer::start(0).await, Issuer::start(1).await);
    let app = app(&google).await;
    let claims = claims(&app);
    let with = |name: &str, value: Value| {
        let mut header = header();
        header[name] = value;
        header
    };
    let mut tokens: Vec<(String, String)> = Vec::new();
    let mut add = |what: &str, token: String| tokens.push((what.to_owned(), format!("Bearer {token}")));

    for alg in ["none", "None", "NONE", "nOnE", "", "ES256", "EdDSA", "HS256", "RS1", "rs256"] {
        let content = unsigned(&with("alg", json!(alg)), &claims);
        add(alg, format!("{content}."));
        add(alg, format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode([0; 64])));
        add(alg, content);
    }
    // The public key is public: as the secret of an HMAC it must not open anything.
    let der = google.der();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64_STANDARD.encode(&der));
    let modulus = google.jwk()["n"].as_str().unwrap().to_owned();
    for (alg, kind) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        for secret in
            [pem.as_bytes(), pem.trim().as_bytes(), &der, modulus.as_bytes(), google.jwk().to_string().as_bytes()]
        {
            let content = unsigned(&with("alg", json!(alg)), &claims);
            let tag = hmac::sign(&hmac::Key::new(kind, secret), content.as_bytes());
            add(alg, format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag)));
        }
    }
    // Google's own key, used otherwise than Google does.
    add("RS384", google.sign_with(&RSA_PKCS1_SHA384, &with("alg", json!("RS384")), &claims));
    add("RS512", google.sign_with(&RSA_PKCS1_SHA512, &with("alg", json!("RS512")), &claims));
    add("PS256", google.sign_with(&RSA_PSS_SHA256, &with("alg", json!("PS256")), &claims));
    add("said to be RS256", google.sign_with(&RSA_PKCS1_SHA384, &header(), &claims));
    add("said to be RS384", google.sign(&with("alg", json!("RS384")), &claims));
    // A key that comes with the token, or is to be fetched from where it says.
    add("another key", stranger.sign(&header(), &claims));
    for (name, value) in [
        ("jwk", stranger.jwk()),
        ("jku", json!(stranger.url)),
        ("x5u", json!(stranger.url)),
        ("x5c", json!([BASE64_STANDARD.encode(stranger.der())])),
    ] {
        add(name, stranger.sign(&with(name, value), &claims));
    }
    for kid in
        [json!(null), json!(""), json!("k2"), json!("K1"), json!("../k1"), json!("k1\u{0}"), json!(["k1"]), json!(1)]
    {
        add("kid", google.sign(&with("kid", kid), &claims));
    }

    assert_refused(&app, &tokens).await;
    assert_eq!(stranger.asked(), 0, "nobody follows an address in a token");
    assert_eq!(push(&app, &format!("Bearer {}", google.sign(&header(), &claims))).await.status, 200);
    assert_eq!(believed(&app).await, 1);
}

#[tokio::test]
async fn what_google_signed_for_somebody_else_or_another_time_opens_nothing() {
    let google = Issuer::start(0).await;
    let app = app(&google).await;
    let now = app.app.now().as_second();
    let good = claims(&app);
    let mut tokens = Vec::new();
    let wrong = [
        ("aud", json!("http://localhost:8000/api/webhooks/calendar")),
        ("aud", json!("https://localhost:8000/api/webhooks/gmail")),
        ("aud", json!(AUDIENCE[..AUDIENCE.len() - 1])),
        ("aud", json!(format!("{AUDIENCE}/"))),
        ("aud", json!(AUDIENCE.to_uppercase())),
        ("aud", json!("google-client")),
        ("aud", json!([AUDIENCE])),
        ("aud", json!(["https://other.example", AUDIENCE])),
        ("aud", json!("")),
        ("aud", json!(null)),
        ("email", json!("push@another.iam.gserviceaccount.com")),
        ("email", json!(ACCOUNT.to_uppercase())),
        ("email", json!(format!("{ACCOUNT}.evil.example"))),
        ("email", json!([ACCOUNT])),
        ("email", json!("")),
        ("email", json!(null)),
        ("email_verified", json!(false)),
        ("email_verified", json!("true")),
        ("email_verified", json!(1)),
        ("email_verified", json!(null)),
        ("exp", json!(now - 70)),
        ("exp", json!("never")),
        ("exp", json!(null)),
        ("nbf", json!(now + 70)),
        ("nbf", json!("soon")),
        ("iat", json!(now + 70)),
        ("iat", json!(null)),
        ("iss", json!("https://accounts.google.com.evil.example")),
        ("iss", json!("https://evil.example/accounts.google.com")),
        ("iss", json!("http://accounts.google.com")),
        ("iss", json!(ACCOUNT)),
        ("iss", json!(["https://accounts.google.com"])),
        ("sub", json!(null)),
    ];
    for (name, value) in wrong {
        let mut claims = good.clone();
        let missing = value.is_null();
        claims[name] = value;
        if missing {
            claims.as_object_mut().unwrap().remove(name);
        }
        tokens.push((format!("{name} {}", claims[name]), format!("Bearer {}", google.sign(&header(), &claims))));
    }
    assert_refused(&app, &tokens).await;

    for (name, value) in [("iss", json!("accounts.google.com")), ("nbf", json!(now + 30)), ("exp", json!(now - 30))] {
        let mut claims = good.clone();
        claims[name] = value;
        assert_eq!(push(&app, &format!("Bearer {}", google.sign(&header(), &claims))).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_token_with_anything_changed_opens_nothing() {
    let google = Issuer::start(0).await;
    let app = app(&google).await;
    let token = google.sign(&header(), &claims(&app));
    let mut tokens: Vec<(String, String)> = Vec::new();
    for at in (0..token.len()).step_by(5).chain([token.len() - 1]) {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = match bytes[at] {
            b'.' => b'_',
            b'A' => b'B',
            _ => b'A',
        };
        tokens.push((format!("letter {at}"), format!("Bearer {}", String::from_utf8(bytes).unwrap())));
        tokens.push((format!("up to {at}"), format!("Bearer {}", &token[..at])));
    }
    let parts: Vec<&str> = token.split('.').collect();
    for (what, text) in [
        ("no scheme", token.clone()),
        ("another scheme", format!("Basic {token}")),
        ("twice", format!("Bearer Bearer {token}")),
        ("two of them", format!("Bearer {token}, Bearer {token}")),
        ("a part more", format!("Bearer {token}.{}", parts[2])),
        ("five parts", format!("Bearer {token}.a.b")),
        ("padded", format!("Bearer {token}=")),
        ("a space", format!("Bearer {}. {}.{}", parts[0], parts[1], parts[2])),
        (
            "signed for another text",
            format!("Bearer {}.{}.{}", parts[0], BASE64_URL_SAFE_NO_PAD.encode("{}"), parts[2]),
        ),
        ("nothing", "Bearer".into()),
        ("dots", "Bearer ..".into()),
        ("very long", format!("Bearer {}", "x".repeat(8_000))),
    ] {
        tokens.push((what.to_owned(), text));
    }

    assert_refused(&app, &tokens).await;
    let elsewhere = format!("{GMAIL}?token={token}&access_token={token}");
    let answer = app.visitor().call(Method::POST, &elsewhere, &[], Some(envelope("1", "a@b.example", 7))).await;
    assert_eq!(answer.status, 401, "a token belongs into its header");
    assert_eq!(push(&app, &format!("Bearer {token}")).await.status, 200);
}

#[tokio::test]
async fn made_up_keys_send_us_to_google_once_a_minute_and_a_new_one_is_found() {
    let google = Issuer::start(0).await;
    let app = app(&google).await;
    let named = |kid: &str| {
        let token = google.sign(&json!({ "alg": "RS256", "kid": kid }), &claims(&app));
        format!("Bearer {token}")
    };
    assert_eq!(push(&app, &named("k1")).await.status, 200);
    for made_up in 0..30 {
        assert_eq!(push(&app, &named(&format!("made-up-{made_up}"))).await.status, 401);
    }
    assert_eq!(google.asked(), 1);

    app.advance(Duration::from_secs(61));
    google.rename("k2");
    let all = futures::future::join_all((0..20).map(|_| {
        let authorization = named("k2");
        let app = &app;
        async move { push(app, &authorization).await.status }
    }));
    assert!(all.await.iter().all(|status| *status == 200), "a new key is taken at once");
    assert_eq!(google.asked(), 2);
    assert_eq!(push(&app, &named("k1")).await.status, 401, "and the old one is gone");
}
