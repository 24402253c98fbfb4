//! Who Google says has signed in: the id_token, checked as
//! <https://developers.google.com/identity/openid-connect/openid-connect> asks for.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use crate::error::{Error, Result};

const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
/// Clocks differ by this much at most.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Google's id of the account; never changes, unlike the address.
    pub sub: String,
    pub email: String,
    pub email_verified: bool,
    pub name: Option<String>,
    pub picture: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    #[serde(default)]
    email: String,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    picture: Option<String>,
}

/// Anything that is not exactly right is refused, and nobody is told what was wrong.
pub fn verify(keys: &JwkSet, token: &str, client_id: &str, nonce: &str, now: Timestamp) -> Result<Identity> {
    let refused = |why: &'static str| Error::bad_request("Google's answer could not be verified.").because(why);
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused("no header"))?;
    if header.alg != Algorithm::RS256 {
        return Err(refused("not RS256"));
    }
    let key = header.kid.as_deref().and_then(|kid| keys.find(kid)).ok_or_else(|| refused("unknown key"))?;
    let key = DecodingKey::from_jwk(key).map_err(|_| refused("not an RSA key"))?;

    let mut checks = Validation::new(Algorithm::RS256);
    checks.set_issuer(&ISSUERS);
    checks.set_audience(&[client_id]);
    checks.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Against our clock, below, and not against the machine's.
    checks.validate_exp = false;
    let claims: Claims =
        jsonwebtoken::decode(token, &key, &checks).map_err(|_| refused("signature, issuer or audience"))?.claims;

    let at = |seconds: i64| Timestamp::from_second(seconds).map_err(|_| refused("no time"));
    if at(claims.exp)? + LEEWAY < now || at(claims.iat)? - LEEWAY > now {
        return Err(refused("expired, or from the future"));
    }
    let same = claims.nonce.is_some_and(|n| verify_slices_are_equal(n.as_bytes(), nonce.as_bytes()).is_ok());
    if !same || claims.sub.is_empty() {
        return Err(refused("nonce or subject"));
    }
    let Claims { sub, email, email_verified, name, picture, .. } = claims;
    Ok(Identity { sub, email: email.to_lowercase(), email_verified, name, picture })
}

#[cfg(test)]
mod tests;
