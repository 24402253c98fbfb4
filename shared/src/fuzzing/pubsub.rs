//! What Pub/Sub pushes: the token, its claims, the envelope with Gmail's message in it.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use super::Parts;
use crate::config::{self, Config};
use crate::domain::inbound::{gmail, pubsub};
use crate::error::Kind;

const NOW: i64 = 1_795_000_000;
const ACCOUNT: &str = "push@practice.iam.gserviceaccount.com";
const AUDIENCE: &str = "https://api.example.com/api/webhooks/gmail";

static CONFIG: LazyLock<config::Google> = LazyLock::new(|| {
    let lookup = |name: &str| {
        let value = match name {
            "DATABASE_URL" => "postgresql://app@localhost/fa",
            "TASK_QUEUE_URL" => "http://localhost/1/tasks",
            "GOOGLE_OAUTH_CLIENT_ID" => "id",
            "API_BASE_URL" => "https://api.example.com",
            "GOOGLE_PUBSUB_SERVICE_ACCOUNT" => ACCOUNT,
            _ => return None,
        };
        Some(value.to_owned())
    };
    Config::read(lookup).unwrap_or_else(|problems| panic!("{problems}")).google
});
static PAIR: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap_or_else(|_| panic!("a key is made")));
static KEYS: LazyLock<JwkSet> = LazyLock::new(|| {
    let public = PAIR.public_key();
    let n = BASE64_URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
    let e = BASE64_URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
    let key = json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": n, "e": e });
    serde_json::from_value(json!({ "keys": [key] })).unwrap_or_else(|error| panic!("{error}"))
});

/// An `Authorization` header, claims, an envelope.
pub fn run(data: &[u8]) {
    let mut parts = Parts(data);
    if let Some(token) = pubsub::bearer(&parts.text()) {
        assert!(!passes(token), "nobody guesses a signature");
    }
    claimed(parts.bytes());
    envelope(parts.0);
}

fn passes(token: &str) -> bool {
    pubsub::check(&KEYS, token, &CONFIG, Timestamp::from_second(NOW).unwrap_or_default()).is_ok()
}

/// Of what Google's own key signed only what is meant for us, said of the right account and true now passes.
fn claimed(text: &[u8]) {
    let Ok(claims) = serde_json::from_slice::<Value>(text) else { return };
    if !claims.is_object() {
        return;
    }
    let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"k1"}"#);
    let content = format!("{header}.{}", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = vec![0; PAIR.public_modulus_len()];
    if PAIR.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content.as_bytes(), &mut signature).is_err() {
        return;
    }
    let time = |name: &str| claims[name].as_i64();
    let meant = claims["aud"] == AUDIENCE
        && claims["email"] == ACCOUNT
        && claims["email_verified"] == true
        && (claims["iss"] == "https://accounts.google.com" || claims["iss"] == "accounts.google.com")
        && time("exp").is_some_and(|exp| exp >= NOW - 60)
        && time("iat").is_some_and(|iat| iat <= NOW + 60)
        && (claims.get("nbf").is_none() || time("nbf").is_some_and(|nbf| nbf <= NOW + 60));
    let token = format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(&signature));
    assert!(!passes(&token) || meant, "{claims}");
    let place = text.len() % signature.len();
    signature[place] ^= 1 << (text.len() % 8);
    assert!(!passes(&format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(&signature))));
}

fn envelope(body: &[u8]) {
    let push = match gmail::parse(body) {
        Ok(push) => push,
        Err(error) => return assert_eq!(error.kind, Kind::BadRequest),
    };
    assert!(!push.email.trim().is_empty() && push.email == push.email.to_lowercase());
    // All three are compared with what the database holds, and the first two are the key a copy is known by.
    let texts = [&push.message_id, &push.subscription, &push.email];
    assert!(texts.iter().all(|text| !text.contains('\0') && text.len() <= 1_000), "{push:?}");
    assert!(!push.message_id.is_empty());
}
