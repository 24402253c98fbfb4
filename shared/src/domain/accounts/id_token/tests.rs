//! Tokens as Google makes them, and as somebody else would.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::error::Kind;

pub(crate) const NOW: i64 = 1_795_000_000;
const CLIENT: &str = "client.apps.googleusercontent.com";
const NONCE: &str = "n-0S6_WzA2Mj";

pub(crate) static OURS: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
pub(crate) static STRANGER: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

fn claims() -> Value {
    json!({
        "iss": "https://accounts.google.com", "aud": CLIENT, "azp": CLIENT, "sub": "1089",
        "email": "Ada@Example.com", "email_verified": true, "name": "Ada Byron", "picture": "https://lh3/a.png",
        "nonce": NONCE, "iat": NOW - 5, "exp": NOW + 3_600,
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

pub(crate) fn jwks(pair: &KeyPair) -> JwkSet {
    let public = pair.public_key();
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let n = encode(public.modulus().big_endian_without_leading_zero());
    let e = encode(public.exponent().big_endian_without_leading_zero());
    let key = json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": n, "e": e });
    serde_json::from_value(json!({ "keys": [key] })).unwrap()
}

pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

pub(crate) fn signed_by(pair: &KeyPair, header: &Value, claims: &Value) -> String {
    let content = unsigned(header, claims);
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content.as_bytes(), &mut signature).unwrap();
    format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn signed(claims: &Value) -> String {
    signed_by(&OURS, &json!({ "alg": "RS256", "kid": "k1", "typ": "JWT" }), claims)
}

fn check(token: &str) -> Result<Identity> {
    verify(&jwks(&OURS), token, CLIENT, NONCE, Timestamp::from_second(NOW).unwrap())
}

#[track_caller]
fn assert_refused(token: &str) {
    assert_eq!(check(token).unwrap_err().kind, Kind::BadRequest);
}

#[test]
fn googles_token_says_who_it_is() {
    let identity = check(&signed(&claims())).unwrap();

    let expected = Identity {
        sub: "1089".into(),
        email: "ada@example.com".into(),
        email_verified: true,
        name: Some("Ada Byron".into()),
        picture: Some("https://lh3/a.png".into()),
        is_vouched_for: false,
    };
    assert_eq!(identity, expected);
    assert!(check(&signed(&with("hd", "example.com"))).unwrap().is_vouched_for);
    assert!(check(&signed(&with("email", "Ada@Gmail.com"))).unwrap().is_vouched_for);
    assert!(!check(&signed(&with("email", "ada@gmail.com.example.com"))).unwrap().is_vouched_for);
    assert!(check(&signed(&with("iss", "accounts.google.com"))).is_ok());
    assert!(check(&signed(&without("azp"))).is_ok());
    assert!(check(&signed(&without("name"))).unwrap().name.is_none());
    assert!(!check(&signed(&without("email_verified"))).unwrap().email_verified);
}

#[test]
fn wrong_claims_are_refused_one_by_one() {
    for claims in [
        with("iss", "https://accounts.google.com.evil.example"),
        with("aud", "another.apps.googleusercontent.com"),
        with("aud", json!([])),
        with("azp", "another.apps.googleusercontent.com"),
        with("nonce", "another"),
        with("nonce", ""),
        without("nonce"),
        with("exp", NOW - 61),
        with("iat", NOW + 61),
        with("nbf", NOW + 61),
        with("aud", json!([CLIENT])),
        with("aud", json!([CLIENT, "another.apps.googleusercontent.com"])),
        with("sub", ""),
        // Times that are none.
        with("exp", "never"),
        without("exp"),
        without("sub"),
    ] {
        assert_refused(&signed(&claims));
    }
}

#[test]
fn clocks_may_differ_by_a_minute() {
    assert!(check(&signed(&with("exp", NOW - 59))).is_ok());
    assert!(check(&signed(&with("iat", NOW + 60))).is_ok());
}

#[test]
fn nobody_else_can_sign() {
    let header = json!({ "alg": "RS256", "kid": "k1" });
    let stranger = signed_by(&STRANGER, &header, &claims());
    assert_refused(&stranger);

    // The attacker's key travels with the token.
    let mut header = header;
    header["jwk"] = serde_json::to_value(&jwks(&STRANGER).keys[0]).unwrap();
    assert_refused(&signed_by(&STRANGER, &header, &claims()));
}

#[test]
fn no_other_algorithm_is_taken() {
    for alg in ["none", "None", "HS256", "RS384", "PS256", "ES256", ""] {
        let content = unsigned(&json!({ "alg": alg, "kid": "k1" }), &claims());
        for signature in ["", "AAAA"] {
            assert_refused(&format!("{content}.{signature}"));
        }
    }
}

/// The public key is public: used as the secret of an HMAC it must not open anything.
#[test]
fn the_public_key_is_no_shared_secret() {
    let der: PublicKeyX509Der<'_> = OURS.public_key().as_der().unwrap();
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64_STANDARD.encode(der.as_ref()));
    let modulus = OURS.public_key().modulus().big_endian_without_leading_zero();

    for secret in [pem.as_bytes(), der.as_ref(), modulus, BASE64_URL_SAFE_NO_PAD.encode(modulus).as_bytes()] {
        let content = unsigned(&json!({ "alg": "HS256", "kid": "k1" }), &claims());
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), content.as_bytes());
        let token = format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref()));
        assert_refused(&token);
    }
}

#[test]
fn a_key_google_does_not_show_is_refused() {
    for header in [json!({ "alg": "RS256", "kid": "k2" }), json!({ "alg": "RS256" })] {
        assert_refused(&signed_by(&OURS, &header, &claims()));
    }
}

#[test]
fn any_change_breaks_the_signature() {
    let token = signed(&claims());
    let parts: Vec<&str> = token.split('.').collect();
    let other = unsigned(&json!({}), &with("sub", "1090"));
    let forged = format!("{}.{}.{}", parts[0], other.split_once('.').unwrap().1, parts[2]);
    assert_refused(&forged);

    let payload_at = parts[0].len() + 1;
    for at in (payload_at..token.len() - 1).step_by(7) {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(check(&String::from_utf8(bytes).unwrap()).is_err(), "byte {at}");
    }
}

#[test]
fn garbage_is_refused() {
    for token in ["", ".", "..", "a.b.c", "e30.e30.", "🦀.🦀.🦀", &"x".repeat(100_000)] {
        assert_refused(token);
    }
}
