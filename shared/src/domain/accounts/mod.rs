//! Who an advisor is, and what they connected.

pub mod connect;
pub mod disconnect;
pub mod erase;
pub mod export;
pub mod google_keys;
pub mod id_token;
pub mod reseal;
pub mod sealing;
pub mod session;
pub mod sign_in;
pub mod tokens;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::error::{Error, Result};

/// 256 random bits, as 43 characters fit for a URL and a cookie.
pub fn random_token() -> Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Error::internal("The machine gives no random numbers."))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a token.
pub fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

/// What only the browser that began can bring back, made of its cookie and of the state: kept nowhere, and the same on the way
/// back. Whoever sees the address alone, or our database alone, cannot tell it.
fn bound(browser: &str, purpose: &str, state: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, browser.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, format!("{purpose}|{state}").as_bytes()))
}

/// PKCE's `S256` (RFC 7636).
fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}
