//! What a run stands on: the product behind its gateway, with a database it reaches through the pooler alone.

use std::time::Duration;

use fakes::world::{Home, free_port, shared_test_cluster};
use tokio::task::JoinSet;
use url::Url;

use super::bouncer::Bouncer;
use super::nobody::Nobody;
use super::people;
use crate::clock::now;
use crate::stop::Stop;
use crate::up::functions;
use crate::up::stand_ins::{Contents, Running};
use crate::up::variables::APP_ROLE;
use crate::world::Ground;
use crate::{Problem, Result, gateway, queue, schedule};

pub struct World {
    pub api: Url,
    pub bouncer: Bouncer,
    pub nobody: Nobody,
    pub stand_ins: Running,
    players: JoinSet<()>,
    stop: Stop,
}

impl World {
    pub async fn start(advisors: usize) -> Result<Self> {
        let home = Home::find()?;
        let mut ground = Ground::lay("tenants", free_port()?).await?;
        ground.unlimited();
        let password = ground.secret("DATABASE_PASSWORD");
        let bouncer = Bouncer::start(&home, shared_test_cluster().await?, password).await?;
        let at = |login: &str| format!("postgresql://{login}@127.0.0.1:{}/{}", bouncer.port, ground.database_name());
        let nobody = Nobody::connect(&at(&format!("{APP_ROLE}:{password}"))).await?;
        let through_the_pooler = at(APP_ROLE);
        ground.set(&[("DATABASE_URL", &through_the_pooler)]);
        let stand_ins = ground.stand_ins(Contents::of(people::practice(advisors, now()))).await?;

        let stop = Stop::never();
        let mut players = JoinSet::new();
        let functions = functions::load(ground.config()?).await?;
        players.spawn(gateway::serve(gateway::listen(ground.ports.gateway).await?, functions.endpoints, stop.clone()));
        for mapping in functions.mappings {
            players.spawn(queue::run(ground.sqs.clone(), mapping, stop.clone()));
        }
        for schedule in functions.schedules {
            players.spawn(schedule::run(schedule, stop.clone()));
        }
        let api =
            Url::parse(&format!("http://localhost:{}", ground.ports.gateway)).map_err(|e| Problem(e.to_string()))?;
        Ok(Self { api, bouncer, nobody, stand_ins, players, stop })
    }

    pub async fn stop(mut self) {
        self.stop.ask();
        let players = std::mem::take(&mut self.players);
        let _cut_off = tokio::time::timeout(Duration::from_secs(5), players.join_all()).await;
        self.bouncer.stop().await;
    }
}
