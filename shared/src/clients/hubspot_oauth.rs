//! Connecting a HubSpot account: the consent page's address, codes for tokens, and which portal they are for.
//!
//! Source: HubSpot's public API specification, `oauth/2026-09`, and developers.hubspot.com/docs/apps.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::http::oauth::{exchange_error, expires_at, refresh_error};
use super::http::{Call, Client};
use super::hubspot::API_VERSION;
use super::with_query;
use crate::config;
use crate::error::{Error, Result};
use crate::model::user::Tokens;

/// Somebody waits at the door, or a task for its token.
const PATIENCE: Duration = Duration::from_secs(8);

/// What is asked for. HubSpot grants all or nothing.
pub const SCOPES: [&str; 8] = [
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.owners.read",
];

/// HubSpot's OAuth endpoints, as this application.
pub struct HubSpotOauth<'a> {
    pub http: &'a Client,
    pub config: &'a config::HubSpot,
    pub client_id: &'a str,
    pub client_secret: &'a SecretString,
}

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// The account, which HubSpot calls hub or portal.
    pub hub_id: i64,
    /// The address of whoever connected it.
    pub user: Option<String>,
    pub user_id: Option<i64>,
    /// HubSpot's number of this application.
    pub app_id: Option<i64>,
    pub scopes: Vec<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    refresh_token: Option<String>,
    /// 1,800 as a rule.
    expires_in: i64,
    #[serde(default)]
    scopes: Vec<String>,
}

impl TokenAnswer {
    fn tokens(self, now: Timestamp) -> Tokens {
        Tokens {
            access_token: self.access_token,
            refresh_token: self.refresh_token,
            expires_at: expires_at(now, self.expires_in),
            scopes: self.scopes,
        }
    }
}

#[derive(Deserialize)]
struct Introspection {
    active: bool,
    hub_id: Option<i64>,
    user: Option<String>,
    user_id: Option<i64>,
    app_id: Option<i64>,
    #[serde(default)]
    scopes: Vec<String>,
}

impl HubSpotOauth<'_> {
    /// The consent page, where the advisor chooses the account.
    pub fn authorize_url(&self, state: &str) -> Url {
        let scopes = SCOPES.join(" ");
        let query = [
            ("client_id", self.client_id),
            ("redirect_uri", &self.config.redirect_uri),
            ("scope", &scopes),
            ("state", state),
        ];
        let mut url = with_query(&format!("{}/oauth/authorize", self.config.app_url), &query);
        // HubSpot documents `%20` between scopes; a form's `+` is not promised to be understood.
        let spaced = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(spaced.as_deref());
        url
    }

    /// Redeems a code. A code that is spent or too old is `Refused`.
    pub async fn exchange(&self, code: &str, now: Timestamp) -> Result<Tokens> {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.config.redirect_uri)];
        let call = self.endpoint("", &form);
        let answer: TokenAnswer =
            call.send_json("hubspot_oauth.exchange").await.map_err(|error| exchange_error(error, "HubSpot"))?;
        Ok(answer.tokens(now))
    }

    /// A new access token. `Reconnect` when the app was removed or the account is gone; `Internal` when our registration
    /// is not accepted.
    pub async fn refresh(&self, refresh_token: &str, now: Timestamp) -> Result<Tokens> {
        let call = self.endpoint("", &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]);
        let answer: TokenAnswer = call
            .retrying()
            .send_json("hubspot_oauth.refresh")
            .await
            .map_err(|error| refresh_error(error, "HubSpot"))?;
        Ok(answer.tokens(now))
    }

    /// What an access token is for. `Reconnect` when it is for nothing any more.
    pub async fn introspect(&self, access_token: &str) -> Result<Portal> {
        let form = [("token", access_token), ("token_type_hint", "access_token")];
        let call = self.endpoint("/introspect", &form).retrying();
        let answer: Introspection =
            call.send_json("hubspot_oauth.introspect").await.map_err(|error| exchange_error(error, "HubSpot"))?;
        match answer.hub_id.filter(|_| answer.active) {
            Some(hub_id) => {
                let Introspection { user, user_id, app_id, scopes, .. } = answer;
                Ok(Portal { hub_id, user, user_id, app_id, scopes })
            }
            None => Err(Error::reconnect("HubSpot")),
        }
    }

    /// Ends a refresh token. Access tokens it gave live out their half hour.
    pub async fn revoke(&self, refresh_token: &str) -> Result<()> {
        let form = [("token", refresh_token), ("token_type_hint", "refresh_token")];
        self.endpoint("/revoke", &form).retrying().send_empty("hubspot_oauth.revoke").await
    }

    /// A form for the token endpoint or what lies under it, with who we are.
    fn endpoint(&self, path: &str, form: &[(&str, &str)]) -> Call {
        let ours = [("client_id", self.client_id), ("client_secret", self.client_secret.expose_secret())];
        let url = format!("{}/oauth/{API_VERSION}/token{path}", self.config.api_url);
        self.http.post(url).timeout(PATIENCE).form(&[form, &ours].concat())
    }
}
