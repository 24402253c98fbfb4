//! What every call and task stands on: configuration, secrets, connections, the queue, the clock.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::RwLock;

use crate::clients;
use crate::clients::aws::Aws;
use crate::clients::queue::Queue;
use crate::clients::secrets::{Secrets, Vault};
use crate::config::Config;
use crate::domain::accounts::google_keys::GoogleKeys;
use crate::error::{Error, Kind, Result};
use crate::model::{Clock, TaskId};
use crate::store::{self, Connection, Pool, metrics};
use crate::telemetry::{Queries, Trail};

/// What is left of a function's time when it must not wait for the database any more, but say so.
const TO_SAY_SO: Duration = Duration::from_millis(500);

/// The running product. Clones are the same one.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
    /// The door out, for as long as this world has time.
    pub http: clients::http::Client,
}

pub struct Inner {
    pub config: Config,
    pub vault: Vault,
    pub queue: Queue,
    pub clock: Clock,
    pub google_keys: GoogleKeys,
    pool: RwLock<Option<Pool>>,
    pool_size: usize,
    queries: Queries,
}

impl Deref for World {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl World {
    /// With at most `connections` to the database. Nothing is connected to yet.
    pub async fn new(config: Config, connections: usize) -> Result<Self> {
        let (aws, clock) = (Arc::new(Aws::new(&config)), Clock::default());
        let http = clients::http::client(clock.clone());
        let inner = Inner {
            vault: Vault::new(&config, aws.clone(), clock.clone()),
            queue: Queue::new(aws, config.task_queue_url.clone()),
            clock,
            google_keys: GoogleKeys::default(),
            pool: RwLock::new(None),
            pool_size: connections,
            queries: Queries::default(),
            config,
        };
        Ok(Self { inner: Arc::new(inner), http })
    }

    /// The same, for work that has to be over at `ends`: nothing it waits for takes longer.
    #[must_use]
    pub fn until(&self, ends: Instant) -> Self {
        Self { inner: self.inner.clone(), http: self.http.until(ends) }
    }

    /// The same, for work that Lambda stops at this moment, given in milliseconds since 1970; 0 when it does not. Nobody is called
    /// after that moment: one that seems to be over tells of two clocks that do not agree, and of nothing else.
    #[must_use]
    pub fn until_deadline(&self, deadline: u64) -> Self {
        match left_until(deadline, self.now()) {
            Some(left) => self.until(Instant::now() + left),
            None => self.clone(),
        }
    }

    /// The same for one invocation, which begins: with this id, if it is fit, or with one of its own.
    #[must_use]
    pub fn invoked(&self, correlation_id: Option<&str>) -> Self {
        self.on(Trail::begin(correlation_id, self.config.metrics_namespace.as_deref()))
    }

    /// The same invocation, on behalf of what began elsewhere.
    #[must_use]
    pub fn on_behalf_of(&self, correlation_id: Option<&str>) -> Self {
        self.on(self.trail().on_behalf_of(correlation_id))
    }

    fn on(&self, trail: Trail) -> Self {
        Self { inner: self.inner.clone(), http: self.http.on(trail) }
    }

    /// What is known of this invocation.
    pub fn trail(&self) -> &Trail {
        self.http.trail()
    }

    /// Writes down what was counted; for a request that is answered, closes it. A number that is lost is no reason to lose what
    /// it counts.
    pub async fn write_counts(&self, closed: Option<&metrics::Request<'_>>) {
        let (mut counts, queries) = self.trail().take();
        counts.extend(self.queries.add(queries, Instant::now()));
        if counts.is_empty() && closed.is_none() {
            return;
        }
        // On the heap: every answer waits for it, and would be as large.
        let written = Box::pin(async { metrics::add(&self.db().await?, &counts, closed).await });
        if let Err(error) = written.await {
            tracing::warn!(error = ?error, counts = counts.len(), "what was counted is lost");
        }
    }

    /// Waits for something of ours, but no longer than there is time.
    async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(ends) = self.http.ends() else { return work.await };
        let left = ends.saturating_duration_since(Instant::now()).saturating_sub(TO_SAY_SO);
        let late = || Error::new(Kind::Unavailable, "This took too long. Please try again in a moment.");
        tokio::time::timeout(left, work).await.map_err(|_| late())?
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn secrets(&self) -> Result<Arc<Secrets>> {
        self.in_time(self.vault.get()).await
    }

    /// A connection. A password the database refuses may have been rotated: it is read again, once.
    pub async fn db(&self) -> Result<Connection> {
        // On the heap: nearly everything waits for it, and would be as large.
        Box::pin(self.in_time(self.connection())).await
    }

    async fn connection(&self) -> Result<Connection> {
        let ends = self.http.ends().map(|ends| ends.checked_sub(TO_SAY_SO).unwrap_or(ends));
        let pool = self.pool().await?;
        match pool.get_until(ends, self.trail().clone()).await {
            Err(error) if store::db::is_wrong_password(&error) => {
                self.vault.refresh().await?;
                *self.pool.write().await = None;
                self.pool().await?.get_until(ends, self.trail().clone()).await
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
        let secrets = self.vault.get().await?;
        let pool = Pool::new(&store::db::Address {
            url: &self.config.database_url,
            user: secrets.database_user.as_deref(),
            password: secrets.optional("DATABASE_PASSWORD"),
            authorities: authorities.as_deref(),
            require_tls: self.config.env.is_deployed(),
            size: self.pool_size,
            slow: self.config.slow_query,
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
        if let Err(error) = self.in_time(self.queue.ring(task, delay, self.trail().correlation_id())).await {
            tracing::warn!(task.id = %task, error = ?error, "a bell was lost; the sweep will ring again");
        }
    }
}

/// `None` where nothing can be said.
fn left_until(deadline: u64, now: Timestamp) -> Option<Duration> {
    let left = i64::try_from(deadline).ok()?.checked_sub(now.as_millisecond())?;
    u64::try_from(left).ok().filter(|left| *left > 0 && deadline > 0).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_is_over_says_that_clocks_do_not_agree() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();

        assert_eq!(left_until(1_800_000_012_000, now), Some(Duration::from_secs(12)));
        for deadline in [0, 1_799_999_400_000, 1_800_000_000_000, u64::MAX] {
            assert_eq!(left_until(deadline, now), None, "{deadline}");
        }
    }
}
