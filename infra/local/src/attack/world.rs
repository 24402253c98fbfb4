//! What an attack stands on: a database, a queue and stand-ins of its own, the product behind its gateway, and one advisor.

use std::collections::BTreeMap;
use std::time::Duration;

use fakes::world::{free_port, shared_test_cluster, shared_test_moto};
use shared::config::Config;
use shared::store::migrate;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};
use url::Url;
use uuid::Uuid;

use crate::ask::browser::{Browser, Jar};
use crate::ask::sign_in;
use crate::stop::Stop;
use crate::up::functions::{self, Functions};
use crate::up::ports::Ports;
use crate::up::variables::{APP_ROLE, Variables};
use crate::up::{VISIBILITY, database, stand_ins, state};
use crate::{Problem, Result, aws, gateway, queue, schedule};

pub struct World {
    /// For a process of the product.
    pub variables: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, String>,
    pub config: Config,
    database: Client,
    _stand_ins: stand_ins::Running,
    sqs: aws_sdk_sqs::Client,
    /// What works off the queue, until it is started.
    waiting: Option<Functions>,
    players: JoinSet<()>,
    stop: Stop,
}

impl World {
    pub async fn start() -> Result<Self> {
        let cluster = shared_test_cluster().await?;
        let moto = shared_test_moto().await?;
        let ports = Ports {
            gateway: free_port()?,
            google: free_port()?,
            hubspot: free_port()?,
            openai: free_port()?,
            postgres: cluster.port,
            moto: moto.port,
        };
        let secrets = state::new_secrets();
        let secret = |name: &str| secrets.get(name).map(String::as_str).unwrap_or_default();
        let owner_url = cluster.fresh_database(None).await?;
        migrate::up(&owner_url).await.map_err(|e| database::in_words(&e))?;
        let name = owner_url.rsplit('/').next().unwrap_or_default();
        cluster.execute(name, &database::let_in(secret("DATABASE_PASSWORD"))).await?;
        let sqs = aws::sqs(&moto.endpoint());
        let queue_url = aws::create_queue(&sqs, &format!("attack-{}", Uuid::new_v4().simple()), VISIBILITY).await?;

        let mut variables = Variables::of_stand_ins(ports).decided();
        // Nothing is read from Secrets Manager: it is down with the queue.
        variables.remove("SECRETS_ID");
        variables.extend(secrets.clone());
        variables.extend(
            [
                ("APP_ENV", "test".to_owned()),
                ("DATABASE_URL", format!("postgresql://{APP_ROLE}@127.0.0.1:{}/{name}", ports.postgres)),
                ("TASK_QUEUE_URL", queue_url),
                ("AWS_ACCESS_KEY_ID", "local".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
                ("RATE_LIMIT_PER_MINUTE", "0".to_owned()),
                ("SYNC_INTERVAL", "86400".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let config = || {
            let read = Config::read(|name| variables.get(name).cloned());
            read.map_err(|problems| Problem(problems.to_string()))
        };
        let of_clients = config()?;
        let clients = stand_ins::Clients {
            config: &of_clients,
            google_secret: secret("GOOGLE_OAUTH_CLIENT_SECRET"),
            hubspot_secret: secret("HUBSPOT_CLIENT_SECRET"),
        };
        let which = Variables::of_stand_ins(ports).stand_ins;
        let (stand_ins, _) = stand_ins::start(which, None, ports, &clients, None).await?;
        let (database, connection) = tokio_postgres::connect(&owner_url, NoTls)
            .await
            .map_err(|e| Problem(format!("Could not look into the database: {e}.")))?;
        tokio::spawn(connection);

        let (stop, mut players) = (Stop::never(), JoinSet::new());
        let mut functions = functions::load(config()?).await?;
        let endpoints = std::mem::take(&mut functions.endpoints);
        players.spawn(gateway::serve(gateway::listen(ports.gateway).await?, endpoints, stop.clone()));
        let api = Url::parse(&format!("http://localhost:{}", ports.gateway)).map_err(|e| Problem(e.to_string()))?;
        let mut browser = Browser::new(Jar::default())?;
        sign_in::through_consent(&mut browser, &api, "/api/auth/google/start", "Google", None).await?;
        let user = sign_in::me(&mut browser, &api).await?;
        sign_in::through_consent(&mut browser, &api, "/api/auth/hubspot/start", "HubSpot", user["email"].as_str())
            .await?;
        let config = of_clients;
        let waiting = Some(functions);
        Ok(Self { variables, secrets, config, database, _stand_ins: stand_ins, sqs, waiting, players, stop })
    }

    /// Lets the queue be worked off from now on, and the clock strike.
    pub fn work(&mut self) {
        let Some(functions) = self.waiting.take() else { return };
        for mapping in functions.mappings {
            self.players.spawn(queue::run(self.sqs.clone(), mapping, self.stop.clone()));
        }
        for schedule in functions.schedules {
            self.players.spawn(schedule::run(schedule, self.stop.clone()));
        }
    }

    /// The variables of a process for which everything but the database is down.
    pub fn cut_off(&self, elsewhere: &str) -> BTreeMap<String, String> {
        let mut variables = self.variables.clone();
        for (name, value) in &mut variables {
            let is_provider = name.ends_with("_URL")
                && !["DATABASE_URL", "TASK_QUEUE_URL", "API_BASE_URL", "FRONTEND_URL", "WEBHOOK_BASE_URL"]
                    .contains(&&**name);
            if is_provider {
                elsewhere.clone_into(value);
            }
        }
        variables
    }

    pub async fn number(&self, sql: &str) -> Result<i64> {
        let row = self.database.query_one(sql, &[]).await;
        row.and_then(|row| row.try_get(0)).map_err(|e| Problem(format!("The database could not be asked: {e}.")))
    }

    pub async fn texts(&self, sql: &str) -> Result<Vec<String>> {
        let failed = |e: tokio_postgres::Error| Problem(format!("The database could not be asked: {e}."));
        let rows = self.database.query(sql, &[]).await.map_err(failed)?;
        rows.iter().map(|row| row.try_get(0).map_err(failed)).collect()
    }

    pub async fn change(&self, sql: &str) -> Result<()> {
        self.database.batch_execute(sql).await.map_err(|e| Problem(format!("The database could not be asked: {e}.")))
    }

    pub async fn stop(mut self) {
        self.stop.ask();
        let players = std::mem::take(&mut self.players);
        let _cut_off = tokio::time::timeout(Duration::from_secs(5), players.join_all()).await;
    }
}

/// A server that takes everybody in and never says a word.
pub async fn silent() -> Result<String> {
    let failed = |e: std::io::Error| Problem(format!("Could not listen: {e}."));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let url = format!("http://{}", listener.local_addr().map_err(failed)?);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    Ok(url)
}
