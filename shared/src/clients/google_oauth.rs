//! Signing in with Google: the consent page's address, codes for tokens, and who the tokens belong to.
//!
//! Source: developers.google.com/identity/protocols/oauth2/web-server and …/openid-connect/openid-connect.

use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use reqwest::header::CACHE_CONTROL;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::http::oauth::{exchange_error, expires_at, refresh_error};
use super::http::{self, Client};
use super::with_query;
use crate::config;
use crate::error::Result;
use crate::model::user::Tokens;

/// Somebody waits at the door, or a task for its token.
const PATIENCE: Duration = Duration::from_secs(8);
/// A webhook waits for them.
const KEYS_PATIENCE: Duration = Duration::from_secs(4);

/// What is asked for at the consent page. The advisor may untick any but the first three; [`Tokens::scopes`] says what
/// was granted.
pub const SCOPES: [&str; 5] = [
    "openid",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
    "https://www.googleapis.com/auth/gmail.modify",
    "https://www.googleapis.com/auth/calendar",
];

/// Google's OAuth endpoints, as this application.
pub struct GoogleOauth<'a> {
    pub http: &'a Client,
    pub config: &'a config::Google,
    pub client_secret: &'a SecretString,
}

/// What one visit to the consent page carries.
pub struct Authorize<'a> {
    pub state: &'a str,
    pub nonce: &'a str,
    /// PKCE, `S256`.
    pub code_challenge: &'a str,
    /// The address or `sub` of the account to offer.
    pub login_hint: Option<&'a str>,
}

/// What a code was worth.
pub struct Exchanged {
    pub tokens: Tokens,
    /// Not verified yet.
    pub id_token: String,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
    refresh_token: Option<String>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    id_token: String,
}

impl TokenAnswer {
    fn tokens(self, now: Timestamp) -> Tokens {
        Tokens {
            access_token: self.access_token,
            refresh_token: self.refresh_token,
            expires_at: expires_at(now, self.expires_in),
            scopes: self.scope.split_whitespace().map(str::to_owned).collect(),
        }
    }
}

impl GoogleOauth<'_> {
    /// The consent page. It always asks, so that a refresh token comes back.
    pub fn authorize_url(&self, ask: &Authorize<'_>) -> Url {
        let scopes = SCOPES.join(" ");
        let mut query = vec![
            ("client_id", self.config.client_id.as_str()),
            ("redirect_uri", &self.config.redirect_uri),
            ("response_type", "code"),
            ("scope", &scopes),
            ("access_type", "offline"),
            ("include_granted_scopes", "true"),
            ("prompt", "consent"),
            ("state", ask.state),
            ("nonce", ask.nonce),
            ("code_challenge", ask.code_challenge),
            ("code_challenge_method", "S256"),
        ];
        query.extend(ask.login_hint.map(|hint| ("login_hint", hint)));
        with_query(&format!("{}/o/oauth2/v2/auth", self.config.accounts_url), &query)
    }

    /// Redeems a code. A code that is spent, too old or another browser's is `Refused`.
    pub async fn exchange(&self, code: &str, verifier: &str, now: Timestamp) -> Result<Exchanged> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", verifier),
            ("redirect_uri", &self.config.redirect_uri),
            ("client_id", &self.config.client_id),
            ("client_secret", self.client_secret.expose_secret()),
        ];
        let call = self.http.post(&self.config.token_url).timeout(PATIENCE).form(&form);
        let mut answer: TokenAnswer =
            call.send_json("google_oauth.exchange").await.map_err(|error| exchange_error(error, "Google"))?;
        let id_token = std::mem::take(&mut answer.id_token);
        Ok(Exchanged { tokens: answer.tokens(now), id_token })
    }

    /// A new access token. `Reconnect` when the consent is over; `Internal` when our registration is not accepted.
    ///
    /// Google leaves the refresh token out of the answer: the old one goes on.
    pub async fn refresh(&self, refresh_token: &str, now: Timestamp) -> Result<Tokens> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", &self.config.client_id),
            ("client_secret", self.client_secret.expose_secret()),
        ];
        let call = self.http.post(&self.config.token_url).timeout(PATIENCE).form(&form).retrying();
        let answer: TokenAnswer =
            call.send_json("google_oauth.refresh").await.map_err(|error| refresh_error(error, "Google"))?;
        Ok(answer.tokens(now))
    }

    /// Ends the consent the token stems from. One that has ended already is `Refused`.
    pub async fn revoke(&self, token: &str) -> Result<()> {
        let call = self.http.post(&self.config.revoke_url).timeout(PATIENCE).form(&[("token", token)]);
        call.retrying().send_empty("google_oauth.revoke").await
    }
}

/// Google's signing keys, and for how long they may be kept.
pub struct Certificates {
    pub keys: JwkSet,
    pub max_age: Duration,
}

/// With them Google signs both who has signed in and what Pub/Sub pushes.
pub async fn certificates(http: &Client, jwks_url: &str) -> Result<Certificates> {
    const OP: &str = "google_oauth.certificates";
    let answer = http.get(jwks_url).timeout(KEYS_PATIENCE).send_stream(OP).await?;
    let directives = answer.headers().get(CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let max_age = directives.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok());
    let max_age = Duration::from_secs(max_age.unwrap_or(0));
    Ok(Certificates { keys: http::json(&http::read(answer, OP).await?, OP)?, max_age })
}

#[cfg(test)]
pub(super) mod tests;
