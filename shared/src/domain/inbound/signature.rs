//! Whether it was HubSpot: <https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests>.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Kind, Result};

/// How far a delivery's time may be from ours, either way, in milliseconds.
const TOLERANCE: i64 = 5 * 60 * 1000;

/// The escapes HubSpot undoes in an address before it signs it, and no others.
const UNDONE: [(&str, &str); 12] = [
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

/// A request as it came, and the address it was sent to as HubSpot knows it.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    pub method: &'a str,
    /// From the configuration: what a gateway makes of host and path is not what HubSpot signed.
    pub uri: &'a str,
    pub body: &'a [u8],
    /// `X-HubSpot-Request-Timestamp`.
    pub timestamp: Option<&'a str>,
    /// `X-HubSpot-Signature-v3`.
    pub v3: Option<&'a str>,
    /// `X-HubSpot-Signature`.
    pub v1: Option<&'a str>,
}

/// 401 unless one of the secrets made the signature, just now. With `allow_v1` a request without the third kind of signature
/// may have the first, which knows neither time nor address.
pub fn verify(request: &Signed<'_>, secrets: &[&SecretString], allow_v1: bool, now: Timestamp) -> Result<()> {
    let genuine = match request.v3 {
        Some(signature) => is_v3(request, signature, secrets, now),
        None => allow_v1 && request.v1.is_some_and(|signature| is_v1(request.body, signature, secrets)),
    };
    if genuine { Ok(()) } else { Err(Error::new(Kind::Unauthenticated, "Invalid signature")) }
}

fn is_v3(request: &Signed<'_>, signature: &str, secrets: &[&SecretString], now: Timestamp) -> bool {
    let digits = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(timestamp) = request.timestamp.filter(digits) else { return false };
    let Ok(sent) = timestamp.parse::<i64>() else { return false };
    if now.as_millisecond().abs_diff(sent) > TOLERANCE.unsigned_abs() {
        return false;
    }
    let Ok(signature) = BASE64_STANDARD.decode(signature) else { return false };
    let mut message = format!("{}{}", request.method, undone(request.uri)).into_bytes();
    message.extend_from_slice(request.body);
    message.extend_from_slice(timestamp.as_bytes());
    secrets.iter().any(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        hmac::verify(&key, &message, &signature).is_ok()
    })
}

fn is_v1(body: &[u8], signature: &str, secrets: &[&SecretString]) -> bool {
    let Ok(signature) = hex::decode(signature.strip_prefix("sha256=").unwrap_or(signature)) else { return false };
    secrets.iter().any(|secret| {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(secret.expose_secret().as_bytes());
        hash.update(body);
        verify_slices_are_equal(hash.finish().as_ref(), &signature).is_ok()
    })
}

fn undone(uri: &str) -> String {
    let mut text = uri.to_owned();
    for (escape, letter) in UNDONE {
        text = text.replace(escape, letter).replace(&escape.to_ascii_lowercase(), letter);
    }
    text
}

#[cfg(test)]
mod tests;
