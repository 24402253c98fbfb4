//! What a run stands on: two instances of the product, each behind a gateway of its own, over one database, one queue and one
//! set of stand-ins.

use std::time::{Duration, Instant};

use fakes::openai::Embedder;
use fakes::world::{free_port, shared_test_cluster, shared_test_moto};
use shared::config::Config;
use shared::store::migrate;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};
use url::Url;
use uuid::Uuid;

use crate::clock::now;
use crate::stop::Stop;
use crate::tenants::people;
use crate::up::ports::Ports;
use crate::up::stand_ins::{self, Contents};
use crate::up::variables::{APP_ROLE, SECRET, Variables};
use crate::up::{VISIBILITY, database, functions, state};
use crate::{Problem, Result, aws, gateway, http_client, queue, schedule};

pub struct World {
    /// Of each instance.
    pub apis: Vec<Url>,
    /// What operators show.
    pub token: String,
    pub stand_ins: stand_ins::Running,
    database: Client,
    players: JoinSet<()>,
    stop: Stop,
}

impl World {
    pub async fn start(advisors: usize) -> Result<Self> {
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
        let second = free_port()?;
        let mut secrets = state::new_secrets();
        let token = Uuid::new_v4().simple().to_string();
        secrets.insert("METRICS_TOKEN".to_owned(), token.clone());
        let secret = |name: &str| secrets.get(name).map(String::as_str).unwrap_or_default();
        let owner_url = cluster.fresh_database(None).await?;
        migrate::up(&owner_url).await.map_err(|e| database::in_words(&e))?;
        let name = owner_url.rsplit('/').next().unwrap_or_default();
        cluster.execute(name, &database::let_in(secret("DATABASE_PASSWORD"))).await?;
        let sqs = aws::sqs(&moto.endpoint());
        let queue_url = aws::create_queue(&sqs, &format!("metrics-{}", Uuid::new_v4().simple()), VISIBILITY).await?;
        // One secret for all runs of this machine would be another run's.
        let secret_id = format!("{SECRET}-{}", Uuid::new_v4().simple());
        aws::create_secret(&moto.endpoint(), &secret_id, &secrets).await?;

        let api = |port: u16| format!("http://localhost:{port}");
        let mut variables = Variables::of_stand_ins(ports).decided();
        variables.extend(
            [
                ("APP_ENV", "test".to_owned()),
                ("DATABASE_URL", format!("postgresql://{APP_ROLE}@127.0.0.1:{}/{name}", ports.postgres)),
                ("TASK_QUEUE_URL", queue_url),
                ("SECRETS_ID", secret_id),
                ("CORS_ALLOWED_ORIGINS", api(second)),
                // Who asks so much is limited otherwise; and only what happens is read.
                ("RATE_LIMIT_PER_MINUTE", "0".to_owned()),
                ("MODEL_REQUESTS_PER_DAY", "1000000".to_owned()),
                ("MODEL_TOKENS_PER_DAY", "1000000000".to_owned()),
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
        let contents =
            Contents { practice: people::practice(advisors, now()), embedder: Embedder::Lexical, pace: Duration::ZERO };
        let which = Variables::of_stand_ins(ports).stand_ins;
        let (stand_ins, _) = stand_ins::start_with(which, None, ports, &clients, contents).await?;
        let (database, connection) = tokio_postgres::connect(&owner_url, NoTls)
            .await
            .map_err(|e| Problem(format!("Could not look into the database: {e}.")))?;
        tokio::spawn(connection);

        let (stop, mut players) = (Stop::never(), JoinSet::new());
        for port in [ports.gateway, second] {
            let functions = functions::load(config()?).await?;
            players.spawn(gateway::serve(gateway::listen(port).await?, functions.endpoints, stop.clone()));
            for mapping in functions.mappings {
                players.spawn(queue::run(sqs.clone(), mapping, stop.clone()));
            }
            for schedule in functions.schedules {
                players.spawn(schedule::run(schedule, stop.clone()));
            }
        }
        let apis = [ports.gateway, second].map(|port| Url::parse(&api(port)).map_err(|e| Problem(e.to_string())));
        let apis = apis.into_iter().collect::<Result<_>>()?;
        Ok(Self { apis, token, stand_ins, database, players, stop })
    }

    /// Numbers by name, as the tables have them.
    pub async fn numbers(&self, sql: &str) -> Result<Vec<(String, f64)>> {
        let failed = |e: tokio_postgres::Error| Problem(format!("The database could not be asked: {e}."));
        let rows = self.database.query(sql, &[]).await.map_err(failed)?;
        rows.iter().map(|row| Ok((row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?))).collect()
    }

    /// Waits until no task is left to be done.
    pub async fn until_worked(&self, most: Duration) -> Result<()> {
        let began = Instant::now();
        loop {
            let open = self
                .numbers("select 'open', count(*)::float8 from tasks where state in ('pending', 'in_progress')")
                .await?;
            if open.iter().all(|(_, open)| *open == 0.0) {
                return Ok(());
            }
            if began.elapsed() > most {
                return Err(Problem(format!("Tasks are left after {} s: {open:?}.", most.as_secs())));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// What Prometheus is given.
    pub async fn scrape(&self, http: &reqwest::Client) -> Result<String> {
        let url = self.apis[0].join("/metrics").map_err(|e| Problem(e.to_string()))?;
        let answer = http_client::send(http.get(url).bearer_auth(&self.token)).await?;
        answer.text().await.map_err(|e| Problem(format!("The metrics broke off: {}.", e.without_url())))
    }

    pub async fn stop(mut self) {
        self.stop.ask();
        let players = std::mem::take(&mut self.players);
        let _cut_off = tokio::time::timeout(Duration::from_secs(5), players.join_all()).await;
    }
}
