//! Whether it was Pub/Sub, in the name of our push subscription:
//! <https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions>.

use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;

use crate::config;
use crate::domain::World;
use crate::domain::accounts::id_token;
use crate::error::{Error, Kind, Result};

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    email: String,
    #[serde(default)]
    email_verified: bool,
}

/// 401 unless the `Authorization` header carries a token Google made for our subscription's service account. Where none is
/// configured nobody is believed. Pub/Sub uses one token for up to an hour: it says who sent something, not that it is new.
pub async fn verify(world: &World, authorization: Option<&str>) -> Result<()> {
    let config = &world.config.google;
    let token = authorization.and_then(bearer).ok_or_else(|| refused("no bearer token"))?;
    if config.pubsub_service_account.is_none() {
        return Err(refused("GOOGLE_PUBSUB_SERVICE_ACCOUNT is not set"));
    }
    let now = world.now();
    // What cannot be one is not worth asking Google about.
    id_token::key_id(token).ok_or_else(|| refused("no RS256 token with a key"))?;
    let keys = world.google_keys.for_token(&world.http, &config.jwks_url, token, now).await?;
    check(&keys, token, config, now).map_err(refused)
}

pub(crate) fn check(keys: &JwkSet, token: &str, config: &config::Google, now: Timestamp) -> Result<(), &'static str> {
    let claims: Claims = id_token::signed(keys, token, &config.pubsub_audience, now)?;
    if Some(&claims.email) != config.pubsub_service_account.as_ref() {
        return Err("another account");
    }
    if claims.email_verified { Ok(()) } else { Err("an account nobody verified") }
}

pub(crate) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn refused(why: &'static str) -> Error {
    Error::new(Kind::Unauthenticated, "Invalid token").because(why)
}

#[cfg(test)]
mod tests;
