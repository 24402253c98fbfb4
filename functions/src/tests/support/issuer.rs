//! Somebody who signs tokens and shows the keys for them, as Google does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Making one takes a noticeable part of a second.
static PAIRS: [LazyLock<KeyPair>; 2] = [const { LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap()) }; 2];

pub struct Issuer {
    /// Where the keys are shown.
    pub url: String,
    pair: &'static KeyPair,
    /// By which name the key is shown.
    kid: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    /// With the key `k1`. There are two of them, who have nothing in common.
    pub async fn start(which: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/certs", listener.local_addr().unwrap());
        let issuer = Self { url, pair: &PAIRS[which], kid: Arc::new(Mutex::new("k1".into())), asked: Arc::default() };
        let (pair, kid, asked) = (issuer.pair, issuer.kid.clone(), issuer.asked.clone());
        let show = move || async move {
            asked.fetch_add(1, Ordering::SeqCst);
            let kid = kid.lock().unwrap().clone();
            ([("cache-control", "max-age=3600")], Json(json!({ "keys": [jwk(pair, &kid)] })))
        };
        let router = Router::new().route("/certs", get(show));
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        issuer
    }

    /// Shows the key by another name from now on.
    pub fn rename(&self, kid: &str) {
        kid.clone_into(&mut self.kid.lock().unwrap());
    }

    /// How often somebody looked at the keys.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub fn jwk(&self) -> Value {
        jwk(self.pair, "k1")
    }

    /// The public key as X.509 has it.
    pub fn der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().unwrap();
        der.as_ref().to_vec()
    }

    /// A token, signed as Google does.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_with(&RSA_PKCS1_SHA256, header, claims)
    }

    pub fn sign_with(&self, how: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> String {
        let content = unsigned(header, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(how, &SystemRandom::new(), content.as_bytes(), &mut signature).unwrap();
        format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

pub fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

fn jwk(pair: &KeyPair, kid: &str) -> Value {
    let public = pair.public_key();
    let n = BASE64_URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
    let e = BASE64_URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
    json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": e })
}
