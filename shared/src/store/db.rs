//! The pool, and the two ways through it: as one advisor ([`Tenant`]) or, before anyone is known, through the functions
//! of the schema `lookup`.

use std::future::Future;
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Object, RecyclingMethod, Runtime, Timeouts, Transaction};
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

/// Values of a query, in the order of `$1`, `$2`, …
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Where the database is and how it is reached.
pub struct Address<'a> {
    pub url: &'a SecretString,
    /// For a URL that names none.
    pub password: Option<&'a SecretString>,
    /// PEM text of the authorities that may vouch for the server.
    pub authorities: Option<&'a [u8]>,
    /// Refuses a connection without TLS, whatever the URL says.
    pub require_tls: bool,
    /// One is enough for a function that serves one event at a time; `cargo dev` serves many.
    pub size: usize,
}

/// Connections to the database. Clones share them.
#[derive(Clone)]
pub struct Pool(deadpool_postgres::Pool);

impl Pool {
    /// Connects to nothing yet.
    pub fn new(address: &Address<'_>) -> Result<Self> {
        let wrong = "DATABASE_URL cannot be understood.";
        let mut config: tokio_postgres::Config =
            address.url.expose_secret().parse().map_err(|error| Error::internal(wrong).because(error))?;
        if let (None, Some(password)) = (config.get_password(), address.password) {
            config.password(password.expose_secret());
        }
        if address.require_tls {
            config.ssl_mode(SslMode::Require);
        }
        config.application_name("financial-advisor").connect_timeout(Duration::from_secs(5)).keepalives(true);

        // A function that was frozen wakes up with sockets that are dead and do not know it.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Verified };
        let manager = Manager::from_config(config, tls(address.authorities)?, recycling);
        let pool = deadpool_postgres::Pool::builder(manager)
            .max_size(address.size)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(Duration::from_secs(10)),
                create: Some(Duration::from_secs(6)),
                recycle: Some(Duration::from_secs(2)),
            })
            .build()
            .map_err(|error| Error::internal("The database pool could not be built.").because(error))?;
        Ok(Self(pool))
    }

    pub async fn get(&self) -> Result<Connection> {
        Ok(Connection(self.0.get().await?))
    }
}

fn tls(authorities: Option<&[u8]>) -> Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authorities.unwrap_or_default()) {
        let broken = "DATABASE_CA_FILE holds a broken certificate.";
        let certificate = certificate.map_err(|error| Error::internal(broken).because(error))?;
        roots.add(certificate).map_err(|error| Error::internal(broken).because(error))?;
    }
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
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

/// A query that takes this long is worth a look.
const SLOW: Duration = Duration::from_millis(500);

/// Runs a query and logs how long it took, by the name its SQL begins with.
async fn timed<T, E>(sql: &str, query: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let asked = Instant::now();
    let answer = query.await;
    let took = asked.elapsed();
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if took > SLOW {
        tracing::warn!(db.query = name(sql), duration_ms, ok = answer.is_ok(), "a slow query");
    } else {
        tracing::debug!(db.query = name(sql), duration_ms, ok = answer.is_ok(), "a query");
    }
    answer
}

/// `tasks::claim` of `-- tasks::claim\n…`.
fn name(sql: &str) -> &str {
    sql.strip_prefix("-- ").and_then(|rest| rest.lines().next()).unwrap_or("unnamed").trim_end()
}

/// A connection that is nobody's yet.
pub struct Connection(Object);

impl Connection {
    /// The only way to an advisor's rows: a transaction in which the policies let through that advisor's alone.
    /// Dropped without [`Tenant::commit`], it is rolled back.
    pub async fn tenant(&mut self, owner: UserId) -> Result<Tenant<'_>> {
        let tx = self.0.transaction().await?;
        // A number, so it can stand in the text: one message for both statements, and no plan to keep.
        tx.batch_execute(&format!("select set_config('app.user_id', '{owner}', true)")).await?;
        Ok(Tenant { tx, owner })
    }

    /// One row of a function of the schema `lookup`, or of a table that belongs to nobody.
    pub(super) async fn maybe(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
        let statement = self.0.prepare_cached(sql).await?;
        Ok(timed(sql, self.0.query_opt(&statement, params)).await?)
    }

    pub(super) async fn row(&self, sql: &str, params: Params<'_>) -> Result<Row> {
        let statement = self.0.prepare_cached(sql).await?;
        Ok(timed(sql, self.0.query_one(&statement, params)).await?)
    }

    pub(super) async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let statement = self.0.prepare_cached(sql).await?;
        Ok(timed(sql, self.0.query(&statement, params)).await?)
    }

    /// Whether the database answers at all.
    pub async fn ping(&self) -> Result<()> {
        self.0.simple_query("select 1").await?;
        Ok(())
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

/// A transaction of one advisor.
pub struct Tenant<'a> {
    tx: Transaction<'a>,
    pub owner: UserId,
}

impl Tenant<'_> {
    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }

    pub(super) async fn maybe(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
        let statement = self.tx.prepare_cached(sql).await?;
        Ok(timed(sql, self.tx.query_opt(&statement, params)).await?)
    }

    pub(super) async fn row(&self, sql: &str, params: Params<'_>) -> Result<Row> {
        let statement = self.tx.prepare_cached(sql).await?;
        Ok(timed(sql, self.tx.query_one(&statement, params)).await?)
    }

    pub(super) async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let statement = self.tx.prepare_cached(sql).await?;
        Ok(timed(sql, self.tx.query(&statement, params)).await?)
    }

    pub(super) async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64> {
        let statement = self.tx.prepare_cached(sql).await?;
        Ok(timed(sql, self.tx.execute(&statement, params)).await?)
    }

    /// The same, but a violated constraint of this name is `None` and not an error; the transaction goes on.
    pub(super) async fn execute_unless(
        &mut self,
        constraint: &str,
        sql: &str,
        params: Params<'_>,
    ) -> Result<Option<u64>> {
        let savepoint = self.tx.transaction().await?;
        let statement = savepoint.prepare_cached(sql).await?;
        match timed(sql, savepoint.execute(&statement, params)).await {
            Ok(rows) => {
                savepoint.commit().await?;
                Ok(Some(rows))
            }
            Err(error) if error.as_db_error().and_then(|e| e.constraint()) == Some(constraint) => {
                savepoint.rollback().await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
