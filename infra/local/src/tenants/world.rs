//! What a run stands on: the product behind its gateway, with a database it reaches through the pooler alone.

use std::time::Duration;

use fakes::openai::Embedder;
use fakes::world::{Home, free_port, shared_test_cluster, shared_test_moto};
use shared::config::Config;
use shared::store::migrate;
use tokio::task::JoinSet;
use url::Url;
use uuid::Uuid;

use super::bouncer::Bouncer;
use super::nobody::Nobody;
use super::people;
use crate::clock::now;
use crate::stop::Stop;
use crate::up::ports::Ports;
use crate::up::stand_ins::{self, Contents};
use crate::up::variables::{APP_ROLE, SECRET, Variables};
use crate::up::{VISIBILITY, database, functions, state};
use crate::{Problem, Result, aws, gateway, queue, schedule};

pub struct World {
    pub api: Url,
    pub bouncer: Bouncer,
    pub nobody: Nobody,
    pub stand_ins: stand_ins::Running,
    players: JoinSet<()>,
    stop: Stop,
}

impl World {
    pub async fn start(advisors: usize) -> Result<Self> {
        let home = Home::find()?;
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
        let bouncer = Bouncer::start(&home, cluster, secret("DATABASE_PASSWORD")).await?;
        let nobody =
            format!("postgresql://{APP_ROLE}:{}@127.0.0.1:{}/{name}", secret("DATABASE_PASSWORD"), bouncer.port);
        let nobody = Nobody::connect(&nobody).await?;
        let sqs = aws::sqs(&moto.endpoint());
        let queue_url = aws::create_queue(&sqs, &format!("tenants-{}", Uuid::new_v4().simple()), VISIBILITY).await?;
        aws::create_secret(&moto.endpoint(), SECRET, &secrets).await?;

        let mut variables = Variables::of_stand_ins(ports).decided();
        variables.extend(
            [
                ("APP_ENV", "test".to_owned()),
                ("DATABASE_URL", format!("postgresql://{APP_ROLE}@127.0.0.1:{}/{name}", bouncer.port)),
                ("TASK_QUEUE_URL", queue_url),
                // Who asks so much is limited otherwise; and only what happens is read.
                ("RATE_LIMIT_PER_MINUTE", "0".to_owned()),
                ("MODEL_REQUESTS_PER_DAY", "1000000".to_owned()),
                ("MODEL_TOKENS_PER_DAY", "1000000000".to_owned()),
                ("SYNC_INTERVAL", "86400".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let config =
            Config::read(|name| variables.get(name).cloned()).map_err(|problems| Problem(problems.to_string()))?;
        let clients = stand_ins::Clients {
            config: &config,
            google_secret: secret("GOOGLE_OAUTH_CLIENT_SECRET"),
            hubspot_secret: secret("HUBSPOT_CLIENT_SECRET"),
        };
        let contents =
            Contents { practice: people::practice(advisors, now()), embedder: Embedder::Lexical, pace: Duration::ZERO };
        let which = Variables::of_stand_ins(ports).stand_ins;
        let (stand_ins, _) = stand_ins::start_with(which, None, ports, &clients, contents).await?;

        let stop = Stop::never();
        let mut players = JoinSet::new();
        let functions = functions::load(config).await?;
        players.spawn(gateway::serve(gateway::listen(ports.gateway).await?, functions.endpoints, stop.clone()));
        for mapping in functions.mappings {
            players.spawn(queue::run(sqs.clone(), mapping, stop.clone()));
        }
        for schedule in functions.schedules {
            players.spawn(schedule::run(schedule, stop.clone()));
        }
        let api = Url::parse(&format!("http://localhost:{}", ports.gateway)).map_err(|e| Problem(e.to_string()))?;
        Ok(Self { api, bouncer, nobody, stand_ins, players, stop })
    }

    pub async fn stop(mut self) {
        self.stop.ask();
        let players = std::mem::take(&mut self.players);
        let _cut_off = tokio::time::timeout(Duration::from_secs(5), players.join_all()).await;
        self.bouncer.stop().await;
    }
}
