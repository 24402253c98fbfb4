//! How HubSpot signs the requests it makes.

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// `X-HubSpot-Signature` of version v1: hexadecimal SHA-256 of the secret and the body.
pub fn v1(secret: &str, body: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, format!("{secret}{body}").as_bytes()))
}

/// `X-HubSpot-Signature-v3`: Base64 of the HMAC-SHA-256 of method, address, body and timestamp (milliseconds).
pub fn v3(secret: &str, method: &str, uri: &str, body: &str, timestamp: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let message = format!("{method}{}{body}{timestamp}", decoded(uri));
    STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

/// The escapes HubSpot undoes in an address before it signs it, and no others.
const DECODED: &[(&str, &str)] = &[
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

fn decoded(uri: &str) -> String {
    let mut text = uri.to_owned();
    for (escape, letter) in DECODED {
        text = text.replace(escape, letter).replace(&escape.to_lowercase(), letter);
    }
    text
}
