//! The pool, and the two ways through it: as one advisor ([`Tenant`]) or, before anyone is known, through the functions
//! of the schema `lookup`.

mod doubt;
mod outage;
mod prepared;
mod tenant;
mod timing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Object, RecyclingMethod, Runtime, Timeouts};
use futures::FutureExt;
use futures::future::{self, BoxFuture, Either};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::Row;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::ToSql;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};
use crate::model::UserId;
use crate::telemetry::Trail;
use doubt::Doubt;
use outage::Outage;
use prepared::Asked;
pub use tenant::Tenant;
use timing::Watch;

/// Values of a query, in the order of `$1`, `$2`, …
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Where the database is and how it is reached.
pub struct Address<'a> {
    pub url: &'a SecretString,
    /// In place of the URL's.
    pub user: Option<&'a str>,
    /// For a URL that names none.
    pub password: Option<&'a SecretString>,
    /// PEM text of the authorities that may vouch for the server.
    pub authorities: Option<&'a [u8]>,
    /// Refuses a connection without TLS, whatever the URL says.
    pub require_tls: bool,
    /// One is enough for a function that serves one event at a time; `cargo dev` serves many.
    pub size: usize,
    /// What takes longer is logged.
    pub slow: Duration,
}

/// A connection that is not there by then does not come. What is left of three seconds is for saying so.
const CONNECT: Duration = Duration::from_millis(2_000);
const REACH: Duration = Duration::from_millis(2_500);
/// Connections that others use come back.
const TURN: Duration = Duration::from_secs(10);
/// Whatever is sent and not acknowledged for so long was sent to nobody.
const UNHEARD: Duration = Duration::from_secs(5);

/// Connections to the database. Clones share them.
#[derive(Clone)]
pub struct Pool {
    pool: deadpool_postgres::Pool,
    outage: Arc<Outage>,
    doubt: Arc<Doubt>,
    slow: Duration,
}

impl Pool {
    /// Connects to nothing yet.
    pub fn new(address: &Address<'_>) -> Result<Self> {
        let wrong = "DATABASE_URL cannot be understood.";
        let mut config: tokio_postgres::Config =
            address.url.expose_secret().parse().map_err(|error| Error::internal(wrong).because(error))?;
        if let (None, Some(password)) = (config.get_password(), address.password) {
            config.password(password.expose_secret());
        }
        if let Some(user) = address.user {
            config.user(user);
        }
        if address.require_tls {
            config.ssl_mode(SslMode::Require);
        }
        config
            .application_name("financial-advisor")
            .connect_timeout(CONNECT)
            .tcp_user_timeout(UNHEARD)
            .keepalives(true);

        // Whether it is still there is asked where that is in doubt: asked every time, it would be a round trip every time.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, tls(address.authorities)?, recycling);
        let doubt = Arc::new(Doubt::default());
        let pool = deadpool_postgres::Pool::builder(manager)
            .max_size(address.size)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(TURN), create: Some(CONNECT), recycle: None })
            .pre_recycle(doubt.settled_before_use())
            .build()
            .map_err(|error| Error::internal("The database pool could not be built.").because(error))?;
        Ok(Self { pool, outage: Arc::default(), doubt, slow: address.slow })
    }

    /// A connection for work that nobody waits for.
    pub async fn get(&self) -> Result<Connection> {
        self.get_until(None, Trail::default()).await
    }

    /// A connection for work that has to be over at `ends`, and that leaves this trail.
    pub async fn get_until(&self, ends: Option<Instant>, trail: Trail) -> Result<Connection> {
        if let Some(error) = self.outage.known(Instant::now()) {
            return Err(error);
        }
        let begun = Instant::now();
        let object = loop {
            // Only who has to stand in line waits for longer than a database needs.
            let status = self.pool.status();
            let in_line = status.available == 0 && status.size >= status.max_size;
            let patience = if in_line { TURN + CONNECT } else { REACH };
            let answer = tokio::select! {
                answer = tokio::time::timeout(patience, self.pool.get()) => answer,
                away = self.outage.found() => return Err(away),
            };
            let failed = match answer {
                Ok(Ok(object)) => break object,
                Ok(Err(error)) if !outage::is_one(&error) => return Err(error.into()),
                Ok(Err(error)) => Error::from(error),
                Err(_) => outage::away(),
            };
            // Others are served meanwhile: it is there, and merely slow.
            if !self.outage.is_over_since(begun) {
                self.outage.begins(Instant::now());
                return Err(failed);
            }
            if begun.elapsed() > TURN {
                return Err(failed);
            }
        };
        self.outage.ends(Instant::now());
        let doubt = self.doubt.clone();
        // A new one was there a moment ago.
        let is_proven = AtomicBool::new(Object::metrics(&object).recycle_count == 0);
        Ok(Connection { object, is_proven, watch: Watch { ends, slow: self.slow, trail, doubt } })
    }
}

fn tls(authorities: Option<&[u8]>) -> Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authorities.unwrap_or_default()) {
        let broken = "DATABASE_CA_FILE holds a broken certificate.";
        let certificate = certificate.map_err(|error| Error::internal(broken).because(error))?;
        roots.add(certificate).map_err(|error| Error::internal(broken).because(error))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal("TLS could not be set up.").because(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Whether the server refused the password: it may have been rotated.
pub fn is_wrong_password(error: &Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<tokio_postgres::Error>() {
            return error.code().is_some_and(|code| code.code().starts_with("28"));
        }
        cause = error.source();
    }
    false
}

/// A connection that is nobody's yet.
pub struct Connection {
    object: Object,
    /// Whether it has answered since it was handed out.
    is_proven: AtomicBool,
    watch: Watch,
}

impl Connection {
    /// The only way to an advisor's rows: a transaction in which the policies let through that advisor's alone. It begins with its
    /// first query. Dropped without [`Tenant::commit`], it is rolled back, which nobody waits for: what only reads ends so.
    pub async fn tenant(&mut self, owner: UserId) -> Result<Tenant<'_>> {
        Ok(Tenant::new(self, owner))
    }

    /// Asks. Ahead of the first question goes another, which anybody can answer at once: who does not is not waited for, and that
    /// costs no round trip.
    async fn ask<T: Send>(&self, sql: &str, mut query: BoxFuture<'_, Asked<T>>) -> Result<T> {
        let asked = async {
            if self.is_proven.swap(true, Ordering::Relaxed) {
                return Ok(query.await?);
            }
            let there = doubt::is_there(&self.object).boxed();
            match future::select(there, &mut query).await {
                Either::Left((true, _)) => Ok(query.await?),
                Either::Left((false, _)) => {
                    self.watch.doubt.begins();
                    Err(outage::away())
                }
                Either::Right((answer, _)) => Ok(answer?),
            }
        };
        self.watch.timed(sql, asked.boxed()).await?
    }

    /// One row of a function of the schema `lookup`, or of a table that belongs to nobody.
    pub(super) async fn maybe(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
        self.ask(sql, prepared::maybe(&self.object, sql, params)).await
    }

    pub(super) async fn row(&self, sql: &str, params: Params<'_>) -> Result<Row> {
        self.ask(sql, prepared::row(&self.object, sql, params)).await
    }

    pub(super) async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        self.ask(sql, prepared::rows(&self.object, sql, params)).await
    }

    /// Whether the database answers at all.
    pub async fn ping(&self) -> Result<()> {
        self.ask("-- db::ping", self.object.batch_execute("select 1").boxed()).await
    }

    pub async fn about(&self) -> Result<About> {
        let sql = "-- db::about
            select version() as version, count(*) as connections from pg_stat_activity where datname = current_database()";
        let row = self.row(sql, &[]).await?;
        Ok(About { version: row.try_get("version")?, connections: row.try_get("connections")? })
    }
}

/// Which database it is, and how busy.
#[derive(Debug)]
pub struct About {
    pub version: String,
    pub connections: i64,
}

#[cfg(test)]
mod tests;
