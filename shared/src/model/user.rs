//! The advisor, and what they connected.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UserId;
use crate::error::Error;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: Option<String>,
    pub picture: Option<String>,
    /// IANA name, such as `America/Denver`.
    pub time_zone: String,
    pub is_active: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    Google,
    HubSpot,
}

impl Provider {
    /// As stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::HubSpot => "hubspot",
        }
    }

    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::HubSpot => "HubSpot",
        }
    }
}

impl FromStr for Provider {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "google" => Ok(Self::Google),
            "hubspot" => Ok(Self::HubSpot),
            _ => Err(Error::internal("Stored data names an unknown provider.")),
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// What a provider's token endpoint gives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub access_token: String,
    /// Google leaves it out when it gave one before.
    pub refresh_token: Option<String>,
    pub expires_at: Timestamp,
    pub scopes: Vec<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("expires_at", &self.expires_at)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// A provider account an advisor has connected, without its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub provider: Provider,
    /// Google's `sub`, HubSpot's hub id.
    pub account_id: String,
    /// Google's address; HubSpot's user, when it said so.
    pub account_email: Option<String>,
    pub scopes: Vec<String>,
    /// Its refresh token no longer works: the advisor has to connect again.
    pub needs_reconnect: bool,
}

/// Each of these lets a mailbox be read.
const MAIL: [&str; 3] = [
    "https://www.googleapis.com/auth/gmail.modify",
    "https://www.googleapis.com/auth/gmail.readonly",
    "https://mail.google.com/",
];
/// And each of these a calendar.
const CALENDAR: [&str; 4] = [
    "https://www.googleapis.com/auth/calendar",
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.readonly",
    "https://www.googleapis.com/auth/calendar.events.readonly",
];

impl Connection {
    /// What may be read with it, by the names of the readings: an advisor may allow Google a part of what was asked for.
    pub fn sources(&self) -> Vec<&'static str> {
        let allows = |any: &[&str]| self.scopes.iter().any(|scope| any.contains(&scope.as_str()));
        match self.provider {
            Provider::Google => {
                let parts = [("gmail", allows(&MAIL)), ("calendar", allows(&CALENDAR))];
                parts.into_iter().filter(|(_, allowed)| *allowed).map(|(source, _)| source).collect()
            }
            Provider::HubSpot => vec!["hubspot"],
        }
    }
}
