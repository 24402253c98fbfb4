//! `cargo dev`: starts the whole product on this machine, and stops all of it again.

pub mod database;
pub mod functions;
mod logging;
pub mod ports;
mod ready;
pub mod stand_ins;
pub mod state;
pub mod variables;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fakes::world::install::{self, Installed};
use fakes::world::{Cluster, Home, Moto};
use shared::config::Config;
use tokio::task::JoinSet;

use crate::stop::Stop;
use crate::terminal::{complain, erase_line, say, step};
use crate::{Problem, Result, aws, gateway, queue, schedule};
use ports::Ports;
use state::Lock;
pub use state::Running;
use variables::{QUEUE, SECRET, Variables};

/// A bell that no function answers rings again after this: six times a function's longest run, as AWS advises.
pub const VISIBILITY: Duration = Duration::from_secs(6 * 300);
/// How long the servers of a stack that was killed may take to shut down.
const AFTER_A_KILL: Duration = Duration::from_secs(15);

pub struct Options {
    pub port: u16,
    pub reset: bool,
    pub yes: bool,
    /// Embeddings by meaning, from a model of 83 MB.
    pub minilm: bool,
    pub verbose: bool,
}

/// What has been started; each is stopped in `stop`.
#[derive(Default)]
struct World {
    postgres: Option<Cluster>,
    moto: Option<Moto>,
    stand_ins: stand_ins::Running,
    /// The gateway, the queue and the schedules.
    players: JoinSet<()>,
}

/// Runs until Ctrl-C.
pub async fn run(options: Options, stop: Stop) -> Result<()> {
    let home = Home::find()?;
    let lock = Lock::take(&home)?;
    if options.reset {
        state::reset(&home, options.yes)?;
    }
    let mut world = World::default();
    let outcome = tokio::select! {
        outcome = world.start(&home, &lock, &options, &stop) => match outcome {
            Ok(()) => tokio::select! {
                problem = world.watch() => Err(problem),
                () = stop.asked() => Ok(()),
            },
            Err(problem) => Err(problem),
        },
        () = stop.asked() => Ok(()),
    };
    erase_line();
    if world.has_started() {
        say("Stopping …");
        stop.ask();
        world.stop().await;
        Running::forget(&home);
        say("Stopped. The data stays in .local/; `cargo dev --reset` forgets it.");
    }
    outcome
}

impl World {
    async fn start(&mut self, home: &Home, lock: &Lock, options: &Options, stop: &Stop) -> Result<()> {
        let started = Instant::now();
        let ports = Ports::from(options.port)?;
        let variables = Variables::read(home, ports)?;
        let config = Config::read(|name| variables.get(name)).map_err(|problems| Problem(problems.to_string()))?;
        let secrets = state::secrets(home)?;
        logging::start(home, options.verbose)?;
        ports.check(if lock.last_was_killed { AFTER_A_KILL } else { Duration::ZERO }).await?;

        say("Starting the financial advisor backend and the world it stands on.");
        let (installed, minilm) = install(home, options.minilm && variables.stand_ins.openai).await?;
        let secret = |name: &str| secrets.get(name).map(String::as_str).unwrap_or_default();
        let clients = stand_ins::Clients {
            config: &config,
            google_secret: secret("GOOGLE_OAUTH_CLIENT_SECRET"),
            hubspot_secret: secret("HUBSPOT_CLIENT_SECRET"),
        };
        let World { postgres, moto, stand_ins, players } = self;
        tokio::try_join!(
            step("Database", database::start(postgres, &installed, ports.postgres, secret("DATABASE_PASSWORD"))),
            step("AWS", async {
                let moto = moto.insert(Moto::start(&installed, Some(ports.moto), &home.log("moto")?).await?);
                let sqs = aws::sqs(&moto.endpoint());
                aws::create_queue(&sqs, QUEUE, VISIBILITY).await?;
                aws::create_secret(&moto.endpoint(), SECRET, &secrets).await?;
                Ok(((), format!("SQS and Secrets Manager (moto) on port {}", ports.moto)))
            }),
            step("Stand-ins", async {
                let started =
                    stand_ins::start(variables.stand_ins, Some(home), ports, &clients, minilm.as_deref()).await?;
                *stand_ins = started.0;
                Ok(((), started.1))
            }),
        )?;

        step("Functions", async {
            let listeners = gateway::listen(ports.gateway).await?;
            let functions = functions::load(config.clone()).await?;
            let served = functions.endpoints.len();
            players.spawn(gateway::serve(listeners, functions.endpoints, stop.clone()));
            let sqs = aws::sqs(&config.aws_endpoint_url.clone().unwrap_or_default());
            for mapping in functions.mappings {
                players.spawn(queue::run(sqs.clone(), mapping, stop.clone()));
            }
            for schedule in functions.schedules {
                players.spawn(schedule::run(schedule, stop.clone()));
            }
            Ok(((), format!("{served} routes on port {}", ports.gateway)))
        })
        .await?;

        let google_url = self.stand_ins.google.as_ref().map(|google| google.url().to_owned());
        let database_owner_url = self.postgres.as_ref().map(database::owner_url).unwrap_or_default();
        Running { port: ports.gateway, database_owner_url, google_url }.write(home)?;
        ready::print(home, ports, &variables, self.stand_ins.knows_meaning, started.elapsed());
        Ok(())
    }

    /// Returns when something that should run has ended by itself.
    async fn watch(&mut self) -> Problem {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if self.postgres.as_mut().is_some_and(Cluster::has_ended) {
                return Problem(
                    "Postgres has ended by itself: see .local/logs/postgres.log and start again.".to_owned(),
                );
            }
            if self.moto.as_mut().is_some_and(Moto::has_ended) {
                return Problem("moto has ended by itself: see .local/logs/moto.log and start again.".to_owned());
            }
        }
    }

    fn has_started(&self) -> bool {
        self.postgres.is_some() || self.moto.is_some()
    }

    /// In order: nothing new comes in, what runs ends, the servers below go last.
    async fn stop(&mut self) {
        let players = std::mem::take(&mut self.players);
        if tokio::time::timeout(Duration::from_secs(5), players.join_all()).await.is_err() {
            complain("Work that did not end in time was cut off; it is taken up again at the next start.");
        }
        self.stand_ins = stand_ins::Running::default();
        if let Some(moto) = &mut self.moto {
            moto.stop().await;
        }
        if let Some(postgres) = &mut self.postgres {
            postgres.stop().await;
        }
    }
}

/// The programs and, if wanted, the embedding model. Off this thread, so that Ctrl-C is heard.
async fn install(home: &Home, with_model: bool) -> Result<(Installed, Option<PathBuf>)> {
    let home = home.clone();
    let work = tokio::task::spawn_blocking(move || {
        let progress = |line: &str| {
            erase_line();
            say(format_args!("  · {line}"));
        };
        let installed = install::world(&home, &progress)?;
        let model = if with_model { Some(install::minilm(&home, &progress)?) } else { None };
        let what = if with_model { "PostgreSQL, moto and the embedding model" } else { "PostgreSQL and moto" };
        Ok(((installed, model), format!("{what} are in .local/")))
    });
    step("Programs", async { work.await.map_err(|e| Problem(format!("The installation broke off: {e}.")))? }).await
}
