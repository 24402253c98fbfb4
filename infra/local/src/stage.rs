//! The product on a ground of its own, behind its gateway, with one advisor who has signed in and connected HubSpot.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinSet;
use tokio_postgres::Client;
use url::Url;

use crate::ask::browser::{Browser, Jar};
use crate::ask::sign_in;
use crate::stop::Stop;
use crate::up::functions::{self, Functions};
use crate::up::stand_ins::{Contents, Running};
use crate::world::Ground;
use crate::{Problem, Result, gateway, queue, schedule};

pub struct Stage {
    pub ground: Ground,
    pub stand_ins: Running,
    /// Sees everybody's rows.
    pub database: Client,
    pub api: Url,
    /// The `Cookie` header of the advisor's browser.
    pub cookies: String,
    /// As `/api/auth/me` has them.
    pub user: Value,
    /// What works off the queue, until it is started.
    waiting: Option<Functions>,
    players: JoinSet<()>,
    stop: Stop,
}

impl Stage {
    pub async fn set(ground: Ground, contents: Contents) -> Result<Self> {
        let stand_ins = ground.stand_ins(contents).await?;
        let database = ground.database().await?;
        let (stop, mut players) = (Stop::never(), JoinSet::new());
        let mut functions = functions::load(ground.config()?).await?;
        let endpoints = std::mem::take(&mut functions.endpoints);
        players.spawn(gateway::serve(gateway::listen(ground.ports.gateway).await?, endpoints, stop.clone()));

        let api = format!("http://localhost:{}", ground.ports.gateway);
        let api = Url::parse(&api).map_err(|e| Problem(e.to_string()))?;
        let mut browser = Browser::new(Jar::default())?;
        sign_in::through_consent(&mut browser, &api, "/api/auth/google/start", "Google", None).await?;
        let email = sign_in::me(&mut browser, &api).await?["email"].as_str().map(str::to_owned);
        sign_in::through_consent(&mut browser, &api, "/api/auth/hubspot/start", "HubSpot", email.as_deref()).await?;
        let user = sign_in::me(&mut browser, &api).await?;
        let cookies = browser.jar.header(&api).unwrap_or_default();
        let waiting = Some(functions);
        Ok(Self { ground, stand_ins, database, api, cookies, user, waiting, players, stop })
    }

    /// For a process of the product.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.ground.variables
    }

    /// Lets the queue be worked off from now on, and the clock strike.
    pub fn work(&mut self) {
        let Some(functions) = self.waiting.take() else { return };
        for mapping in functions.mappings {
            self.players.spawn(queue::run(self.ground.sqs.clone(), mapping, self.stop.clone()));
        }
        for schedule in functions.schedules {
            self.players.spawn(schedule::run(schedule, self.stop.clone()));
        }
    }

    /// Waits until no task is left to be done.
    pub async fn until_worked(&self, most: Duration) -> Result<()> {
        let began = Instant::now();
        while self.number("select count(*) from tasks where state in ('pending', 'in_progress')").await? > 0 {
            if began.elapsed() > most {
                return Err(Problem(format!("Tasks are left after {} s.", most.as_secs())));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
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
