//! What every call and task stands on: configuration, secrets, connections, the queue, the clock.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::RwLock;

use crate::clients;
use crate::clients::queue::Queue;
use crate::clients::secrets::{Secrets, Vault};
use crate::config::Config;
use crate::domain::accounts::google_keys::GoogleKeys;
use crate::error::{Error, Result};
use crate::model::TaskId;
use crate::store::{self, Connection, Pool};

/// The running product. Clones are the same one.
#[derive(Clone)]
pub struct World(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub http: reqwest::Client,
    pub vault: Vault,
    pub queue: Queue,
    pub clock: Clock,
    pub google_keys: GoogleKeys,
    pool: RwLock<Option<Pool>>,
    pool_size: usize,
}

/// The time, which tests can move.
#[derive(Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the one place where time comes from")]
    pub fn now(&self) -> Timestamp {
        // Postgres keeps microseconds: a time that is written is the time that is read.
        let now = Timestamp::now() + SignedDuration::from_millis(self.0.load(Ordering::Relaxed));
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

impl Deref for World {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl World {
    /// With at most `connections` to the database. Nothing is connected to yet.
    pub async fn new(config: Config, connections: usize) -> Result<Self> {
        let aws = aws(&config).await;
        Ok(Self(Arc::new(Inner {
            http: clients::http::client()?,
            vault: Vault::new(&config, &aws),
            queue: Queue::new(&aws, config.task_queue_url.clone()),
            clock: Clock::default(),
            google_keys: GoogleKeys::default(),
            pool: RwLock::new(None),
            pool_size: connections,
            config,
        })))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn secrets(&self) -> Result<Arc<Secrets>> {
        self.vault.get().await
    }

    /// A connection. A password the database refuses may have been rotated: it is read again, once.
    pub async fn db(&self) -> Result<Connection> {
        let pool = self.pool().await?;
        match pool.get().await {
            Err(error) if store::db::is_wrong_password(&error) => {
                self.vault.refresh().await?;
                *self.pool.write().await = None;
                self.pool().await?.get().await
            }
            connection => connection,
        }
    }

    async fn pool(&self) -> Result<Pool> {
        if let Some(pool) = self.pool.read().await.as_ref() {
            return Ok(pool.clone());
        }
        let mut slot = self.pool.write().await;
        if let Some(pool) = slot.as_ref() {
            return Ok(pool.clone());
        }
        let authorities = match &self.config.database_ca_file {
            Some(path) => Some(
                std::fs::read(path)
                    .map_err(|error| Error::internal("DATABASE_CA_FILE cannot be read.").because(error))?,
            ),
            None => None,
        };
        let secrets = self.secrets().await?;
        let pool = Pool::new(&store::db::Address {
            url: &self.config.database_url,
            password: secrets.optional("DATABASE_PASSWORD"),
            authorities: authorities.as_deref(),
            require_tls: self.config.env.is_deployed(),
            size: self.pool_size,
        })?;
        *slot = Some(pool.clone());
        Ok(pool)
    }

    /// The same for several, at once: none waits for the bell of another.
    pub async fn ring_all(&self, tasks: &[TaskId]) {
        futures::future::join_all(tasks.iter().map(|task| self.ring(*task, Duration::ZERO))).await;
    }

    /// Rings for a task whose row is committed. A bell that is lost costs time, not the task: the sweep rings again.
    pub async fn ring(&self, task: TaskId, delay: Duration) {
        if let Err(error) = self.queue.ring(task, delay).await {
            tracing::warn!(task.id = %task, error = ?error, "a bell was lost; the sweep will ring again");
        }
    }
}

/// By hand, so that a stand-in's address is honoured and nothing is looked up that Lambda does not need.
async fn aws(config: &Config) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(config.aws_region.clone()))
        .app_name(AppName::new("financial-advisor").unwrap_or_else(|_| unreachable!("the name is valid")));
    if let Some(url) = &config.aws_endpoint_url {
        // Whatever stands in for AWS does not look at who signs.
        let nobody = aws_sdk_sqs::config::Credentials::new("local", "local", None, None, "local");
        loader = loader.endpoint_url(url).credentials_provider(nobody);
    }
    loader.load().await
}
