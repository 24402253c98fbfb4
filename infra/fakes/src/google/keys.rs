//! The signing key of id_tokens and of push tokens, and random secrets.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// An RSA key that signs JSON Web Tokens.
#[derive(Clone)]
pub(super) struct Signer {
    pair: Arc<KeyPair>,
    pub kid: String,
}

impl Signer {
    /// The key of this process: made once, because making one takes a noticeable part of a second.
    pub fn of_process() -> std::io::Result<Self> {
        static KEY: OnceLock<Signer> = OnceLock::new();
        if let Some(signer) = KEY.get() {
            return Ok(signer.clone());
        }
        let fresh = Self::fresh()?;
        Ok(KEY.get_or_init(|| fresh).clone())
    }

    pub fn fresh() -> std::io::Result<Self> {
        Ok(Self::new(KeyPair::generate(KeySize::Rsa2048).map_err(std::io::Error::other)?))
    }

    /// Reads what [`Signer::export`] wrote.
    pub fn import(text: &str) -> std::io::Result<Self> {
        let der = STANDARD.decode(text).map_err(std::io::Error::other)?;
        Ok(Self::new(KeyPair::from_pkcs8(&der).map_err(std::io::Error::other)?))
    }

    /// PKCS#8 in base64.
    pub fn export(&self) -> String {
        let der: Option<Pkcs8V1Der<'_>> = self.pair.as_der().ok();
        der.map(|der| STANDARD.encode(der.as_ref())).unwrap_or_default()
    }

    fn new(pair: KeyPair) -> Self {
        let kid = hex::encode(&digest::digest(&digest::SHA256, pair.public_key().as_ref()).as_ref()[..20]);
        Self { pair: Arc::new(pair), kid }
    }

    /// The public half as a JSON Web Key.
    pub fn jwk(&self) -> Value {
        let (modulus, exponent) = integers(self.pair.public_key().as_ref());
        json!({
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent),
        })
    }

    /// A compact RS256 token.
    pub fn sign(&self, claims: &Value) -> String {
        let content = unsigned(&self.header(), claims);
        let signature = self.signature(&content);
        format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub fn header(&self) -> Value {
        json!({ "alg": "RS256", "kid": self.kid, "typ": "JWT" })
    }

    /// Empty when there is none.
    pub fn signature(&self, content: &str) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        if self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content.as_bytes(), &mut signature).is_err() {
            signature.clear();
        }
        signature
    }

    /// The public half as a PEM file.
    pub fn public_pem(&self) -> String {
        let der: Option<PublicKeyX509Der<'_>> = self.pair.public_key().as_der().ok();
        let text = der.map(|der| STANDARD.encode(der.as_ref())).unwrap_or_default();
        let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }
}

/// The two parts of a token that are signed.
pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// The two integers of an RFC 8017 `RSAPublicKey`, without leading zeros.
fn integers(der: &[u8]) -> (&[u8], &[u8]) {
    let (_, sequence) = element(der);
    let (modulus_len, modulus) = element(sequence);
    let (_, exponent) = element(&sequence[modulus_len..]);
    (modulus.strip_prefix(&[0]).unwrap_or(modulus), exponent)
}

/// The whole length and the content of the first DER element.
fn element(der: &[u8]) -> (usize, &[u8]) {
    let first = usize::from(der[1]);
    if first < 0x80 {
        return (2 + first, &der[2..2 + first]);
    }
    let width = first & 0x7f;
    let len = der[2..2 + width].iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
    (2 + width + len, &der[2 + width..2 + width + len])
}

/// `count` random bytes in unpadded base64url.
pub(super) fn secret(count: usize) -> String {
    let bytes: Vec<u8> = (0..count).map(|_| rand::random()).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Base64url of the SHA-256, unpadded: a PKCE challenge.
pub(super) fn sha256_url(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// The left half of the SHA-256: OpenID Connect's `at_hash`.
pub(super) fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest::digest(&digest::SHA256, access_token.as_bytes()).as_ref()[..16])
}
