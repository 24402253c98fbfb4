//! Who Google says has signed in: the id_token, checked as
//! <https://developers.google.com/identity/openid-connect/openid-connect> asks for.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;

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
    /// Google runs the mail of this address: who proves it today is who had it before, as far as Google can tell.
    pub is_vouched_for: bool,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// Who asked Google for the token.
    azp: Option<String>,
    nonce: Option<String>,
    #[serde(default)]
    email: String,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    picture: Option<String>,
    /// The domain of a Google Workspace.
    hd: Option<String>,
}

/// Anything that is not exactly right is refused, and nobody is told what was wrong.
pub fn verify(keys: &JwkSet, token: &str, client_id: &str, nonce: &str, now: Timestamp) -> Result<Identity> {
    let refused = |why: &'static str| Error::bad_request("Google's answer could not be verified.").because(why);
    let claims: Claims = signed(keys, token, client_id, now).map_err(refused)?;

    if claims.azp.is_some_and(|azp| azp != client_id) {
        return Err(refused("asked for by somebody else"));
    }
    let same = claims.nonce.is_some_and(|n| verify_slices_are_equal(n.as_bytes(), nonce.as_bytes()).is_ok());
    if !same || claims.sub.is_empty() {
        return Err(refused("nonce or subject"));
    }
    let Claims { sub, email, email_verified, name, picture, hd, .. } = claims;
    let email = email.to_lowercase();
    // As Google says: gmail.com, and Workspace. Any other address may have got another owner.
    let is_vouched_for = email_verified && (hd.is_some() || email.ends_with("@gmail.com"));
    Ok(Identity { sub, email, email_verified, name, picture, is_vouched_for })
}

/// What a token says that Google signed, for this audience, and that is neither over nor from the future; or what is wrong
/// with it, for the log.
pub fn signed<C: DeserializeOwned>(
    keys: &JwkSet,
    token: &str,
    audience: &str,
    now: Timestamp,
) -> Result<C, &'static str> {
    #[derive(Deserialize)]
    struct Signed<C> {
        exp: i64,
        iat: i64,
        nbf: Option<i64>,
        /// One audience, and one issuer: what is meant for us and somebody else could come from there.
        #[serde(rename = "aud")]
        _audience: String,
        #[serde(rename = "iss")]
        _issuer: String,
        #[serde(flatten)]
        claims: C,
    }

    let id = key_id(token).ok_or("no RS256 token with a key")?;
    let key = keys.find(&id).ok_or("unknown key")?;
    let key = DecodingKey::from_jwk(key).map_err(|_| "not an RSA key")?;

    let mut checks = Validation::new(Algorithm::RS256);
    checks.set_issuer(&ISSUERS);
    checks.set_audience(&[audience]);
    checks.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Against our clock, below, and not against the machine's.
    checks.validate_exp = false;
    let signed: Signed<C> =
        jsonwebtoken::decode(token, &key, &checks).map_err(|_| "signature, issuer, audience or form")?.claims;

    let at = |seconds: i64| Timestamp::from_second(seconds).map_err(|_| "no time");
    let begins = at(signed.iat.max(signed.nbf.unwrap_or(i64::MIN)))?;
    if at(signed.exp)? + LEEWAY < now || begins - LEEWAY > now {
        return Err("expired, or from the future");
    }
    Ok(signed.claims)
}

/// Which key a token claims to be signed with. The only algorithm is Google's: a key is never tried with another.
pub fn key_id(token: &str) -> Option<String> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    if header.alg == Algorithm::RS256 { header.kid } else { None }
}

#[cfg(test)]
pub(crate) mod tests;
