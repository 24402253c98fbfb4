//! Everything the fake remembers, and how it survives a restart.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::portal::Portal;

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    pub portals: BTreeMap<i64, Portal>,
    /// Portal and user of everyone who can let the app in, as they were loaded: the first is offered first.
    pub people: Vec<(i64, i64)>,
    /// Authorization codes, by code.
    pub codes: BTreeMap<String, Code>,
    /// By refresh token.
    pub grants: BTreeMap<String, Grant>,
    /// By access token.
    pub access: BTreeMap<String, Access>,
    pub webhook: Option<Target>,
    /// Events that are not yet in a delivery.
    pub outbox: Vec<Value>,
    pub deliveries: Vec<Delivery>,
    /// Event ids and delivery ids.
    pub last_id: u64,
}

/// What the person agreed to, waiting to be exchanged.
#[derive(Clone, Serialize, Deserialize)]
pub struct Code {
    pub portal: i64,
    pub user: i64,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub challenge: Option<String>,
    pub expires: Timestamp,
}

/// One installation of the app by one user.
#[derive(Clone, Serialize, Deserialize)]
pub struct Grant {
    pub portal: i64,
    pub user: i64,
    pub scopes: Vec<String>,
    pub revoked: bool,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Access {
    pub portal: i64,
    pub user: i64,
    pub scopes: Vec<String>,
    pub expires: Timestamp,
}

/// Where the app wants its events.
#[derive(Clone, Serialize, Deserialize)]
pub struct Target {
    pub url: String,
    pub app_id: i64,
}

/// Events on their way: at most a hundred, tried again until they are taken.
#[derive(Clone, Serialize, Deserialize)]
pub struct Delivery {
    pub id: u64,
    pub events: Vec<Value>,
    /// 0 for the first.
    pub attempt: u32,
    pub due: Timestamp,
}

impl State {
    /// Reads the state of an earlier run; a missing file is an empty state.
    pub fn read(path: &Path) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{}: {error}; delete it to start over", path.display()),
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    pub fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Whether the app is installed in this portal: only then do its events leave HubSpot.
    pub fn is_installed(&self, portal: i64) -> bool {
        self.grants.values().any(|grant| grant.portal == portal && !grant.revoked)
    }
}

/// Writes the file beside the old one and then over it, so that a crash leaves one of the two whole.
pub fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension("tmp");
    std::fs::write(&temporary, text)?;
    std::fs::rename(&temporary, path)
}
