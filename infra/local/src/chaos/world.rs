//! Everything a run stands on, of this run alone: Postgres, moto, stand-ins full of people, and the variables that lead to them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use fakes::google::{self, Google};
use fakes::hubspot::{self, HubSpot};
use fakes::openai::{self, OpenAi};
use fakes::server::Clock;
use fakes::world::install::{self, Installed};
use fakes::world::postgres::Options as ClusterOptions;
use fakes::world::{Cluster, Home, Moto, free_port};
use shared::App;
use shared::config::Config;
use shared::model::UserId;
use shared::store::migrate;
use tokio::sync::Mutex;

use super::binaries::Binaries;
use super::options::Options;
use super::plan::Order;
use super::{journal, people};
use crate::up::ports::Ports;
use crate::up::variables::{APP_ROLE, DATABASE, QUEUE, Variables};
use crate::up::{database, state};
use crate::{Problem, Result, aws};

/// More than `template.yaml` gives a worker: there, one that stood still for longer than its lease is out of time when it goes on,
/// and calls nobody. What is tried here has to hold without that.
pub const WORKER_TIMEOUT: u64 = 600;
/// As in `template.yaml`.
const VISIBILITY: u64 = 720;
/// Readings go on beside the writes, and leave them room.
const SYNC_INTERVAL: u64 = 1_800;

/// An advisor who has signed in.
pub struct Advisor {
    pub email: String,
    pub portal: i64,
    pub id: UserId,
    /// The `Cookie` header of their browser.
    pub cookies: String,
}

pub struct World {
    pub options: Options,
    pub home: Home,
    pub binaries: Binaries,
    installed: Installed,
    cluster_options: ClusterOptions,
    pub cluster: Mutex<Cluster>,
    pub moto: Mutex<Moto>,
    pub sqs: aws_sdk_sqs::Client,
    pub queue_url: String,
    pub google: Google,
    pub hubspot: HubSpot,
    pub openai: OpenAi,
    pub ports: Ports,
    pub config: Config,
    /// For the processes.
    pub variables: BTreeMap<String, String>,
    /// Asks for things, as the door does; without the feature `chaos`.
    pub app: App,
    pub advisors: Vec<Advisor>,
}

impl World {
    pub async fn start(home: &Home, options: &Options, binaries: Binaries, plan: &[Order]) -> Result<Self> {
        let installed = {
            let home = home.clone();
            let work = tokio::task::spawn_blocking(move || install::world(&home, &|_| ()));
            work.await.map_err(|e| Problem(format!("The installation broke off: {e}.")))??
        };
        let ports = Ports {
            gateway: free_port()?,
            google: free_port()?,
            hubspot: free_port()?,
            openai: free_port()?,
            postgres: free_port()?,
            moto: free_port()?,
        };
        let dir = home.database.join(format!("chaos-postgres-{}", std::process::id()));
        let log = home.log("chaos-postgres")?;
        // What is acknowledged has to survive a restart, as it does in production.
        let cluster_options =
            ClusterOptions { dir, port: Some(ports.postgres), durable: true, settings: Vec::new(), log };
        let cluster = Cluster::start(&installed, &cluster_options).await?;
        database::ensure(&cluster).await?;
        let secrets = state::new_secrets();
        let secret = |name: &str| secrets.get(name).cloned().unwrap_or_default();
        migrate::up(&database::owner_url(&cluster)).await.map_err(|e| database::in_words(&e))?;
        cluster.execute(DATABASE, &database::let_in(&secret("DATABASE_PASSWORD"))).await?;
        cluster.execute(DATABASE, journal::TABLE).await?;

        let moto = Moto::start(&installed, Some(ports.moto), &home.log("chaos-moto")?).await?;
        let sqs = aws::sqs(&moto.endpoint());
        let queue_url = aws::create_queue(&sqs, QUEUE, options.scaled(VISIBILITY)).await?;

        let variables = variables(options, ports, &secrets);
        let config =
            Config::read(|name| variables.get(name).cloned()).map_err(|problems| Problem(problems.to_string()))?;
        let (google, hubspot, openai) = stand_ins(ports, &config, &secrets).await?;
        let practice = people::practice(options, plan);
        google.load(&practice);
        hubspot.load(&practice);
        let app = App::new(config.clone(), 8).await.map_err(|e| database::in_words(&e))?;
        Ok(Self {
            options: options.clone(),
            home: home.clone(),
            binaries,
            installed,
            cluster_options,
            cluster: Mutex::new(cluster),
            moto: Mutex::new(moto),
            sqs,
            queue_url,
            google,
            hubspot,
            openai,
            ports,
            config,
            variables,
            app,
            advisors: Vec::new(),
        })
    }

    /// Shuts Postgres down and starts it again on what it has stored.
    pub async fn restart_postgres(&self) -> Result<()> {
        let mut cluster = self.cluster.lock().await;
        cluster.stop().await;
        *cluster = Cluster::start(&self.installed, &self.cluster_options).await?;
        Ok(())
    }

    /// Ends the queue, with all that is in it.
    pub async fn stop_queue(&self) {
        self.moto.lock().await.stop().await;
    }

    /// An empty one, at the same address.
    pub async fn start_queue(&self) -> Result<()> {
        let mut moto = self.moto.lock().await;
        *moto = Moto::start(&self.installed, Some(self.ports.moto), &self.home.log("chaos-moto")?).await?;
        aws::create_queue(&self.sqs, QUEUE, self.options.scaled(VISIBILITY)).await?;
        Ok(())
    }

    /// Rows of the product's database, of everybody.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        self.cluster.lock().await.rows(DATABASE, sql).await
    }

    pub async fn execute(&self, sql: &str) -> Result<()> {
        self.cluster.lock().await.execute(DATABASE, sql).await
    }

    pub async fn stop(&self) {
        self.moto.lock().await.stop().await;
        self.cluster.lock().await.stop().await;
        let _what_is_left_is_in_the_way_of_nobody = std::fs::remove_dir_all(&self.cluster_options.dir);
    }

    /// Of what was written for this run, only what the functions said is left, and that only if it is wanted.
    pub fn tidy(&self, keep_log: bool) {
        let log = self.home.local.join("logs/chaos-functions.log");
        if keep_log {
            let _not_kept = std::fs::rename(self.binaries.log(), log);
        }
        let _what_is_left_is_in_the_way_of_nobody = std::fs::remove_dir_all(&self.binaries.folder);
    }
}

/// Secrets are given as variables: what is tried here is the queue's failing, not that of Secrets Manager.
fn variables(options: &Options, ports: Ports, secrets: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = Variables::of_stand_ins(ports).decided();
    all.extend(secrets.clone());
    all.insert("DATABASE_URL".into(), format!("postgresql://{APP_ROLE}@127.0.0.1:{}/{DATABASE}", ports.postgres));
    all.remove("SECRETS_ID");
    let sync_interval = options.scaled(SYNC_INTERVAL).as_secs().max(30).to_string();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("APP_ENV", "test"),
        // The product's default; 90 s of it are used.
        ("WORKER_LOCK_TIMEOUT", "300"),
        ("RATE_LIMIT_PER_MINUTE", "0"),
        ("SYNC_INTERVAL", &sync_interval),
        ("LOG_LEVEL", "warn"),
    ] {
        all.insert(name.to_owned(), value.to_owned());
    }
    all
}

async fn stand_ins(
    ports: Ports,
    config: &Config,
    secrets: &BTreeMap<String, String>,
) -> Result<(Google, HubSpot, OpenAi)> {
    let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let failed = |e: std::io::Error| Problem(format!("A stand-in did not start: {e}."));
    let secret = |name: &str| secrets.get(name).cloned().unwrap_or_default();
    let google = Google::start(google::Options {
        addr: at(ports.google),
        clock: Clock::default(),
        clients: vec![google::OAuthClient {
            client_id: config.google.client_id.clone(),
            client_secret: secret("GOOGLE_OAUTH_CLIENT_SECRET"),
            redirect_uris: vec![config.google.redirect_uri.clone()],
        }],
        state_file: None,
    });
    let hubspot = HubSpot::start(hubspot::Options {
        addr: at(ports.hubspot),
        clock: Clock::default(),
        client_id: config.hubspot.client_id.clone().unwrap_or_default(),
        client_secret: secret("HUBSPOT_CLIENT_SECRET"),
        redirect_uris: vec![config.hubspot.redirect_uri.clone()],
        state_file: None,
    });
    let openai = OpenAi::start(openai::Options { addr: at(ports.openai), ..Default::default() });
    Ok((google.await.map_err(failed)?, hubspot.await.map_err(failed)?, openai.await.map_err(failed)?))
}
