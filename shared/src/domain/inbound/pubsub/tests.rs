//! Tokens as Pub/Sub makes them, and as somebody else would.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::KeyPair;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::domain::accounts::id_token::tests::{NOW, OURS, STRANGER, jwks, signed_by, unsigned};

const ACCOUNT: &str = "push@practice.iam.gserviceaccount.com";
const AUDIENCE: &str = "https://api.example.com/api/webhooks/gmail";

fn config() -> config::Google {
    let vars = [
        ("DATABASE_URL", "postgresql://app@localhost/fa"),
        ("TASK_QUEUE_URL", "http://localhost/1/tasks"),
        ("GOOGLE_OAUTH_CLIENT_ID", "id"),
        ("API_BASE_URL", "https://api.example.com"),
        ("GOOGLE_PUBSUB_SERVICE_ACCOUNT", ACCOUNT),
    ];
    let lookup = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    config::Config::read(lookup).unwrap().google
}

fn claims() -> Value {
    json!({
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "azp": "1137", "sub": "1137", "email": ACCOUNT,
        "email_verified": true, "iat": NOW - 5, "exp": NOW + 3_600,
    })
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn signed(claims: &Value) -> String {
    signed_by(&OURS, &json!({ "alg": "RS256", "kid": "k1", "typ": "JWT" }), claims)
}

fn passes(token: &str) -> bool {
    check(&jwks(&OURS), token, &config(), Timestamp::from_second(NOW).unwrap()).is_ok()
}

#[test]
fn our_subscriptions_token_passes_in_either_spelling_of_its_issuer() {
    assert!(passes(&signed(&claims())));
    assert!(passes(&signed(&with("iss", "accounts.google.com"))));
    assert!(passes(&signed(&with("nbf", NOW + 60))));
}

#[test]
fn wrong_claims_are_refused_one_by_one() {
    for claims in [
        with("iss", "https://accounts.google.com.evil.example"),
        with("aud", "https://api.example.com/api/webhooks/calendar"),
        with("aud", "http://api.example.com/api/webhooks/gmail"),
        with("email", "push@another.iam.gserviceaccount.com"),
        with("email", ""),
        with("email_verified", false),
        with("email_verified", "true"),
        with("exp", NOW - 61),
        with("iat", NOW + 61),
        with("nbf", NOW + 61),
        with("nbf", "soon"),
        // A token for several could be sent on by any of them.
        with("aud", json!([AUDIENCE])),
        with("aud", json!([AUDIENCE, "https://other.example"])),
        with("aud", &AUDIENCE[..AUDIENCE.len() - 1]),
        with("aud", format!("{AUDIENCE}/")),
        with("email_verified", 1),
        with("iss", json!(["https://accounts.google.com"])),
        with("exp", "never"),
        without("iss"),
        without("aud"),
        without("email"),
        without("email_verified"),
        without("exp"),
        without("iat"),
    ] {
        assert!(!passes(&signed(&claims)), "{claims}");
    }
}

#[test]
fn only_googles_key_and_algorithm_count() {
    let mut header = json!({ "alg": "RS256", "kid": "k1" });
    assert!(!passes(&signed_by(&STRANGER, &header, &claims())));
    header["kid"] = json!("k2");
    assert!(!passes(&signed_by(&OURS, &header, &claims())), "a key Google does not show");
    for alg in ["none", "None", "HS256", "RS384", "PS256"] {
        let content = unsigned(&json!({ "alg": alg, "kid": "k1" }), &claims());
        assert!(!passes(&format!("{content}.")) && !passes(&format!("{content}.AAAA")), "{alg}");
    }
    let der: PublicKeyX509Der<'_> = OURS.public_key().as_der().unwrap();
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64_STANDARD.encode(der.as_ref()));
    for secret in [pem.as_bytes(), der.as_ref()] {
        let content = unsigned(&json!({ "alg": "HS256", "kid": "k1" }), &claims());
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), content.as_bytes());
        assert!(!passes(&format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref()))));
    }
}

#[test]
fn a_bearer_is_spelled_as_one() {
    assert_eq!(bearer("Bearer a.b.c"), Some("a.b.c"));
    assert_eq!(bearer("bearer  a.b.c "), Some("a.b.c"));
    for header in ["", "a.b.c", "Bearer", "Basic a.b.c", "Bearera.b.c"] {
        assert_eq!(bearer(header), None, "{header}");
    }
}
