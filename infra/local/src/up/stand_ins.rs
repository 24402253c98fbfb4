//! The providers' stand-ins, filled with the demo practice.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fakes::google::{self, Google, PushConfig};
use fakes::hubspot::{self, HubSpot};
use fakes::openai::{self, Embedder, MiniLm, OpenAi};
use fakes::practice::Practice;
use fakes::server::Clock;
use fakes::world::Home;
use jiff::tz::TimeZone;
use shared::config::{Config, GMAIL_WEBHOOK, HUBSPOT_WEBHOOK};

use super::ports::Ports;
use super::state::practice_day;
use super::variables::StandIns;
use crate::clock::now;
use crate::{Problem, Result};

/// Those that run. They stop when dropped.
#[derive(Default)]
pub struct Running {
    pub google: Option<Google>,
    pub hubspot: Option<HubSpot>,
    pub openai: Option<OpenAi>,
    /// Whether the stand-in's embeddings know meaning.
    pub knows_meaning: bool,
}

/// What the stand-ins have to know of the product: how it introduces itself.
pub struct Clients<'a> {
    pub config: &'a Config,
    pub google_secret: &'a str,
    pub hubspot_secret: &'a str,
}

/// What they hold, and how they answer.
pub struct Contents {
    pub practice: Practice,
    pub embedder: Embedder,
    /// Pause before each word of the model.
    pub pace: Duration,
}

impl Contents {
    /// The practice, today, with a model that knows words only and does not pause.
    pub fn of(practice: Practice) -> Self {
        Self { practice, embedder: Embedder::Lexical, pace: Duration::ZERO }
    }

    pub fn demo() -> Self {
        Self::of(Practice::demo(now().to_zoned(TimeZone::UTC).date()))
    }
}

/// With the demo practice. Without a home they forget everything when they stop. The embedding model's folder is `None` for
/// embeddings by words.
pub async fn start(
    which: StandIns,
    home: Option<&Home>,
    ports: Ports,
    clients: &Clients<'_>,
    minilm: Option<&Path>,
) -> Result<(Running, String)> {
    let folder = home.map(folder).transpose()?;
    let practice = Practice::demo(match &folder {
        Some(folder) => practice_day(folder)?,
        None => now().to_zoned(TimeZone::UTC).date(),
    });
    let embedder = match minilm.filter(|_| which.openai) {
        Some(folder) => Embedder::MiniLm(MiniLm::load(folder).map_err(|e| failed("the embedding model", &e))?),
        None => Embedder::Lexical,
    };
    start_with(which, folder.as_deref(), ports, clients, Contents { practice, embedder, pace: PACE }).await
}

/// With any contents; what is kept, is kept in the folder.
pub async fn start_with(
    which: StandIns,
    folder: Option<&Path>,
    ports: Ports,
    clients: &Clients<'_>,
    contents: Contents,
) -> Result<(Running, String)> {
    let Contents { practice, embedder, pace } = contents;
    let state_file = |name: &str| folder.map(|folder| folder.join(name));
    let mut running = Running::default();
    let mut names = Vec::new();

    if which.google {
        let google = Google::start(google::Options {
            addr: loopback(ports.google),
            clock: Clock::default(),
            clients: vec![google::OAuthClient {
                client_id: clients.config.google.client_id.clone(),
                client_secret: clients.google_secret.to_owned(),
                redirect_uris: vec![clients.config.google.redirect_uri.clone()],
            }],
            state_file: state_file("google.json"),
        })
        .await
        .map_err(|e| failed("Google", &e))?;
        // Only once: what was deleted since then stays deleted.
        if google.is_empty() {
            google.load(&practice);
        }
        push(&google, clients.config).map_err(|e| failed("Google", &e))?;
        running.google = Some(google);
        names.push(format!("Google with {} mails", practice.mails.len()));
    }
    if which.hubspot {
        let hubspot = HubSpot::start(hubspot::Options {
            addr: loopback(ports.hubspot),
            clock: Clock::default(),
            client_id: clients.config.hubspot.client_id.clone().unwrap_or_default(),
            client_secret: clients.hubspot_secret.to_owned(),
            redirect_uris: vec![clients.config.hubspot.redirect_uri.clone()],
            state_file: state_file("hubspot.json"),
        })
        .await
        .map_err(|e| failed("HubSpot", &e))?;
        if hubspot.is_empty() {
            hubspot.load(&practice);
        }
        hubspot
            .set_webhook_target(&clients.config.webhook_url(HUBSPOT_WEBHOOK), APP_ID)
            .map_err(|e| failed("HubSpot", &e))?;
        running.hubspot = Some(hubspot);
        names.push(format!("HubSpot with {} contacts", practice.contacts.len()));
    }
    if which.openai {
        running.knows_meaning = matches!(embedder, Embedder::MiniLm(_));
        let options = openai::Options { addr: loopback(ports.openai), embedder, pace, ..Default::default() };
        running.openai = Some(OpenAi::start(options).await.map_err(|e| failed("OpenAI", &e))?);
        names.push("OpenAI".to_owned());
    }
    let detail = if names.is_empty() { "none: every provider is real".to_owned() } else { names.join(", ") };
    Ok((running, detail))
}

/// The number of the application HubSpot's stand-in calls.
const APP_ID: i64 = 1_160_452;

/// Has Gmail's changes posted to the product, as the subscription of a topic would.
fn push(google: &Google, config: &Config) -> std::io::Result<()> {
    google.set_push(Some(PushConfig {
        endpoint: config.webhook_url(GMAIL_WEBHOOK),
        audience: Some(config.google.pubsub_audience.clone()),
        service_account: config.google.pubsub_service_account.clone().unwrap_or_default(),
        subscription: "projects/local/subscriptions/gmail".to_owned(),
        minimum_backoff_ms: 1_000,
        max_attempts: 10,
    }))
}

/// Words appear as if somebody thought about them, so that streaming can be seen.
const PACE: Duration = Duration::from_millis(15);

fn folder(home: &Home) -> Result<PathBuf> {
    let folder = home.local.join("stand-ins");
    std::fs::create_dir_all(&folder).map_err(|e| Problem(format!("Could not create {}: {e}.", folder.display())))?;
    Ok(folder)
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn failed(name: &str, error: &std::io::Error) -> Problem {
    Problem(format!("The stand-in for {name} did not start: {error}."))
}
