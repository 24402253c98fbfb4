//! id_tokens as somebody would make them who wants to be let in as another, on demand.

use std::sync::OnceLock;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::keys::{self, Signer};

/// How one id_token differs from the one this Google would give.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Forgery {
    /// In place of, or besides, the honest claims; `null` takes one away.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// The same for the header.
    #[serde(default)]
    pub header: Map<String, Value>,
    #[serde(default)]
    pub signature: Signature,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// With the published key, over exactly this token.
    #[default]
    Ours,
    /// With the published key, but over the honest token.
    OfAnother,
    /// With an RSA key that is published nowhere.
    Stranger,
    /// None at all: the token ends with its last dot.
    Missing,
    /// An HMAC whose secret is the published key, as its PEM file.
    PublicKeyAsSecret,
}

impl Forgery {
    /// The token in place of the one that says `claims`.
    pub(super) fn token(&self, signer: &Signer, claims: &Value) -> String {
        let honest = signer.sign(claims);
        let (mut header, mut claims) = (signer.header(), claims.clone());
        merge(&mut header, &self.header);
        merge(&mut claims, &self.claims);
        let content = keys::unsigned(&header, &claims);
        let signature = match self.signature {
            Signature::Ours => signer.signature(&content),
            Signature::OfAnother => return format!("{content}.{}", honest.rsplit('.').next().unwrap_or_default()),
            Signature::Stranger => stranger().map(|key| key.signature(&content)).unwrap_or_default(),
            Signature::Missing => Vec::new(),
            Signature::PublicKeyAsSecret => {
                let secret = hmac::Key::new(hmac::HMAC_SHA256, signer.public_pem().as_bytes());
                hmac::sign(&secret, content.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn merge(into: &mut Value, changes: &Map<String, Value>) {
    let Some(fields) = into.as_object_mut() else { return };
    for (name, value) in changes {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
}

/// Made once: making one takes a noticeable part of a second.
fn stranger() -> Option<Signer> {
    static KEY: OnceLock<Option<Signer>> = OnceLock::new();
    KEY.get_or_init(|| Signer::fresh().ok()).clone()
}
