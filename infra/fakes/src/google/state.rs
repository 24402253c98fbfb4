//! Everything the fake remembers, and how it is kept between runs.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar::store::Calendar;
use super::gmail::mailbox::Mailbox;

#[derive(Default, Serialize, Deserialize)]
pub(super) struct State {
    /// In the order they were loaded; the consent page offers the first by default.
    pub accounts: Vec<Account>,
    /// See [`super::keys::Signer::export`].
    pub signing_key: String,
    pub codes: BTreeMap<String, Code>,
    pub access_tokens: BTreeMap<String, AccessToken>,
    pub refresh_tokens: BTreeMap<String, RefreshToken>,
    /// Consents, by [`grant_key`].
    pub grants: BTreeMap<String, Vec<String>>,
    /// By address.
    pub mailboxes: BTreeMap<String, Mailbox>,
    /// By address: the primary calendar of each account.
    pub calendars: BTreeMap<String, Calendar>,
    pub published: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Account {
    pub sub: String,
    pub email: String,
    pub name: String,
    pub given_name: String,
    pub family_name: String,
    pub time_zone: String,
}

/// An authorization code that was not used yet, or was: a second use revokes what the first one got.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Code {
    pub client_id: String,
    pub redirect_uri: String,
    pub email: String,
    pub scopes: Vec<String>,
    pub nonce: Option<String>,
    pub challenge: Option<Challenge>,
    /// Whether the exchange answers with a refresh token.
    pub offline: bool,
    pub expires: Timestamp,
    pub used: bool,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Challenge {
    pub value: String,
    pub plain: bool,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AccessToken {
    pub email: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub expires: Timestamp,
    pub code: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RefreshToken {
    pub email: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub issued: Timestamp,
    pub code: Option<String>,
}

/// The key of one account's consent to one client.
pub(super) fn grant_key(email: &str, client_id: &str) -> String {
    format!("{email} {client_id}")
}

impl State {
    pub fn account(&self, email: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.email.eq_ignore_ascii_case(email))
    }

    /// Forgets every consent and token of the account, for one client or for all.
    pub fn revoke(&mut self, email: &str, client_id: Option<&str>) {
        let hit = |owner: &str, client: &str| owner == email && client_id.is_none_or(|id| id == client);
        self.access_tokens.retain(|_, token| !hit(&token.email, &token.client_id));
        self.refresh_tokens.retain(|_, token| !hit(&token.email, &token.client_id));
        self.codes.retain(|_, code| !hit(&code.email, &code.client_id));
        self.grants.retain(|key, _| key.split_once(' ').is_none_or(|(owner, client)| !hit(owner, client)));
    }

    /// `None` when there is no file.
    pub fn read(path: &Path) -> std::io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).map_err(std::io::Error::other)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Replaces the file in one step, so that a killed process leaves the old one or the new one.
pub(super) fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    std::fs::write(&fresh, bytes)?;
    std::fs::rename(fresh, path)
}
