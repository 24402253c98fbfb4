//! The variables the product is configured with: what the stack itself decides, then the environment, then `.env`.

use std::collections::BTreeMap;

use fakes::world::Home;

use super::ports::Ports;
use crate::aws::REGION;
use crate::gateway::ACCOUNT;
use crate::{Result, dotenv};

/// The role the functions log in as; it owns nothing.
pub const APP_ROLE: &str = "fa_local";
pub const DATABASE: &str = "advisor";
pub const QUEUE: &str = "tasks";
pub const SECRET: &str = "financial-advisor-local";
/// Of the functions' login, where that has one of its own.
pub const LOGIN_SECRET: &str = "financial-advisor-local-database";

/// Which providers a stand-in plays.
#[derive(Clone, Copy)]
pub struct StandIns {
    pub google: bool,
    pub hubspot: bool,
    pub openai: bool,
}

/// Every variable of this run.
pub struct Variables {
    /// `None` hides a variable the person has set.
    decided: BTreeMap<&'static str, Option<String>>,
    /// What a person has set in `.env`; `None` passes over the environment too.
    file: Option<BTreeMap<String, String>>,
    pub stand_ins: StandIns,
}

impl Variables {
    /// Reads `.env` and decides what is played by stand-ins: every provider without credentials.
    pub fn read(home: &Home, ports: Ports) -> Result<Self> {
        let file = dotenv::read(&home.root.join(".env"))?;
        let given = |names: &[&str]| names.iter().any(|name| from_person(&file, name).is_some());
        let stand_ins = StandIns {
            google: !given(&["GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_CLIENT_ID"]),
            hubspot: !given(&["HUBSPOT_CLIENT_ID"]),
            openai: !given(&["OPENAI_API_KEY", "OPENAI_BASE_URL"]),
        };
        let mut variables = Self { decided: BTreeMap::new(), file: Some(file), stand_ins };
        variables.decide(ports);
        Ok(variables)
    }

    /// Every provider is a stand-in, and nothing a person has set counts.
    pub fn of_stand_ins(ports: Ports) -> Self {
        let stand_ins = StandIns { google: true, hubspot: true, openai: true };
        let mut variables = Self { decided: BTreeMap::new(), file: None, stand_ins };
        variables.decide(ports);
        variables
    }

    /// What the stack itself decides.
    pub fn decided(&self) -> BTreeMap<String, String> {
        self.decided.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect()
    }

    /// One variable, as `Config::read` asks for it.
    pub fn get(&self, name: &str) -> Option<String> {
        match self.decided.get(name) {
            Some(decided) => decided.clone(),
            None => from_person(self.file.as_ref()?, name),
        }
    }

    fn decide(&mut self, ports: Ports) {
        let local = |port: u16, path: &str| Some(format!("http://127.0.0.1:{port}{path}"));
        self.decided.extend([
            ("DATABASE_URL", Some(format!("postgresql://{APP_ROLE}@127.0.0.1:{}/{DATABASE}", ports.postgres))),
            ("DATABASE_PASSWORD", None),
            ("DATABASE_CA_FILE", None),
            ("AWS_ENDPOINT_URL", local(ports.moto, "")),
            ("AWS_REGION", Some(REGION.to_owned())),
            ("TASK_QUEUE_URL", local(ports.moto, &format!("/{ACCOUNT}/{QUEUE}"))),
            ("SECRETS_ID", Some(SECRET.to_owned())),
        ]);
        // What takes minutes between machines need not take them on one: a lost worker, an account nobody calls about.
        // Stand-ins call when something changes; of real providers nobody knows whether they reach this machine.
        let told = self.stand_ins.google && self.stand_ins.hubspot;
        for (name, value) in [
            ("WORKER_LOCK_TIMEOUT", "15"),
            ("SYNC_INTERVAL", if told { "60" } else { "5" }),
            // Where Vite serves a frontend under development.
            ("CORS_ALLOWED_ORIGINS", "http://localhost:5173"),
        ] {
            if self.get(name).is_none() {
                self.decided.insert(name, Some(value.to_owned()));
            }
        }
        if self.get("API_BASE_URL").is_none() {
            self.decided.insert("API_BASE_URL", Some(format!("http://localhost:{}", ports.gateway)));
        }
        if self.stand_ins.google {
            if self.get("WEBHOOK_BASE_URL").is_none() {
                let base = self.get("API_BASE_URL");
                self.decided.insert("WEBHOOK_BASE_URL", base);
            }
            self.decided.extend([
                ("GOOGLE_PUBSUB_TOPIC", Some("projects/local/topics/gmail".to_owned())),
                ("GOOGLE_PUBSUB_SERVICE_ACCOUNT", Some("push@local.iam.gserviceaccount.com".to_owned())),
                ("GOOGLE_PUBSUB_AUDIENCE", None),
                ("GOOGLE_OAUTH_CLIENT_ID", Some("local.apps.example".to_owned())),
                ("GOOGLE_OAUTH_CLIENT_SECRET", None),
                ("GOOGLE_CLIENT_SECRET", None),
                ("GOOGLE_ACCOUNTS_URL", local(ports.google, "")),
                ("GOOGLE_TOKEN_URL", local(ports.google, "/token")),
                ("GOOGLE_REVOKE_URL", local(ports.google, "/revoke")),
                ("GOOGLE_JWKS_URL", local(ports.google, "/oauth2/v3/certs")),
                ("GMAIL_API_URL", local(ports.google, "")),
                ("CALENDAR_API_URL", local(ports.google, "/calendar/v3")),
                ("GMAIL_WEB_URL", local(ports.google, "/mail")),
                // The stand-in's quota is off; a real mailbox is read within Gmail's.
                ("GMAIL_UNITS_PER_MINUTE", Some("10000000".to_owned())),
            ]);
        }
        if self.stand_ins.hubspot {
            self.decided.extend([
                ("HUBSPOT_CLIENT_ID", Some("local-hubspot-app".to_owned())),
                ("HUBSPOT_CLIENT_SECRET", None),
                ("HUBSPOT_API_URL", local(ports.hubspot, "")),
                ("HUBSPOT_APP_URL", local(ports.hubspot, "")),
            ]);
        }
        if self.stand_ins.openai {
            self.decided.extend([("OPENAI_API_KEY", None), ("OPENAI_BASE_URL", local(ports.openai, "/v1"))]);
        }
    }
}

/// The environment wins over the file; an empty value counts as not set.
#[expect(clippy::disallowed_methods, reason = "this program makes the configuration that Config reads")]
fn from_person(file: &BTreeMap<String, String>, name: &str) -> Option<String> {
    let value = std::env::var(name).ok().or_else(|| file.get(name).cloned());
    value.filter(|value| !value.trim().is_empty())
}
