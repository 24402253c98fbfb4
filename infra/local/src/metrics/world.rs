//! What a run stands on: two instances of the product, each behind a gateway of its own, over one database, one queue and one
//! set of stand-ins.

use std::time::{Duration, Instant};

use fakes::world::free_port;
use tokio::task::JoinSet;
use tokio_postgres::Client;
use url::Url;
use uuid::Uuid;

use crate::clock::now;
use crate::stop::Stop;
use crate::tenants::people;
use crate::up::functions;
use crate::up::stand_ins::{Contents, Running};
use crate::world::Ground;
use crate::{Problem, Result, gateway, http_client, queue, schedule};

pub struct World {
    /// Of each instance.
    pub apis: Vec<Url>,
    /// What operators show.
    pub token: String,
    pub stand_ins: Running,
    database: Client,
    players: JoinSet<()>,
    stop: Stop,
}

impl World {
    pub async fn start(advisors: usize) -> Result<Self> {
        let mut ground = Ground::lay("metrics", free_port()?).await?;
        let second = free_port()?;
        let api = |port: u16| format!("http://localhost:{port}");
        let token = Uuid::new_v4().simple().to_string();
        ground.unlimited();
        ground.set(&[("METRICS_TOKEN", &token), ("CORS_ALLOWED_ORIGINS", &api(second))]);
        let stand_ins = ground.stand_ins(Contents::of(people::practice(advisors, now()))).await?;
        let database = ground.database().await?;

        let (stop, mut players) = (Stop::never(), JoinSet::new());
        for port in [ground.ports.gateway, second] {
            let functions = functions::load(ground.config()?).await?;
            players.spawn(gateway::serve(gateway::listen(port).await?, functions.endpoints, stop.clone()));
            for mapping in functions.mappings {
                players.spawn(queue::run(ground.sqs.clone(), mapping, stop.clone()));
            }
            for schedule in functions.schedules {
                players.spawn(schedule::run(schedule, stop.clone()));
            }
        }
        let apis =
            [ground.ports.gateway, second].map(|port| Url::parse(&api(port)).map_err(|e| Problem(e.to_string())));
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
