//! Applies the files of `migrations/`, in order, under a lock, with their checksums kept; lets the functions' login in. Run as
//! the owner of the schema.

use postgres_protocol::password::scram_sha_256;
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use crate::error::{Error, Kind, Result};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// One migration and whether this database has it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Step {
    pub version: i64,
    pub name: String,
    pub applied: bool,
}

/// Applies all that are missing. Answers what the database has then.
pub async fn up(url: &str) -> Result<Vec<Step>> {
    apart(url, Action::Up).await
}

/// The same, unless the database knows migrations that we do not: then it is ahead of us, and left as it is.
pub async fn catch_up(url: &str) -> Result<Vec<Step>> {
    apart(url, Action::CatchUp).await
}

/// Takes the newest `count` back.
pub async fn down(url: &str, count: usize) -> Result<Vec<Step>> {
    apart(url, Action::Down(count)).await
}

pub async fn history(url: &str) -> Result<Vec<Step>> {
    apart(url, Action::History).await
}

enum Action {
    Up,
    CatchUp,
    Down(usize),
    History,
}

/// On a thread of its own: the migrator's futures cannot move between threads.
async fn apart(url: &str, action: Action) -> Result<Vec<Step>> {
    let url = url.to_owned();
    let stopped = |error: tokio::task::JoinError| Error::internal("The migration stopped.").because(error);
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::internal("No thread could be had.").because(error))?;
        runtime.block_on(act(&url, action))
    })
    .await
    .map_err(stopped)?
}

async fn act(url: &str, action: Action) -> Result<Vec<Step>> {
    let mut db = connect(url).await?;
    match action {
        Action::Up => MIGRATIONS.run(&mut db).await.map_err(failed)?,
        Action::CatchUp => match MIGRATIONS.run(&mut db).await {
            Err(MigrateError::VersionMissing(version)) => {
                tracing::warn!(version, "the database is ahead of this code; nothing was migrated");
            }
            outcome => outcome.map_err(failed)?,
        },
        Action::Down(count) => {
            let known = steps(&mut db).await?;
            let applied: Vec<i64> = known.into_iter().filter(|step| step.applied).map(|step| step.version).collect();
            let target = applied.iter().rev().nth(count).copied().unwrap_or(0);
            MIGRATIONS.undo(&mut db, target).await.map_err(failed)?;
        }
        Action::History => {}
    }
    steps(&mut db).await
}

async fn connect(url: &str) -> Result<PgConnection> {
    let failed = "The database cannot be reached as the owner of its schema.";
    PgConnection::connect(url).await.map_err(|error| Error::new(Kind::Unavailable, failed).because(error))
}

/// Makes a login role, a member of `fa_app`, or gives it this password. The server is told what it checks the password with, and
/// not the password: that could end up in its log.
pub async fn let_in(url: &str, login: &str, password: &SecretString) -> Result<()> {
    let failed = |error: sqlx::Error| Error::internal("The functions' login could not be let in.").because(error);
    let verifier = scram_sha_256(password.expose_secret().as_bytes());
    let mut db = connect(url).await?;
    let mut tx = db.begin().await.map_err(failed)?;
    let about = "select set_config('login.name', $1, true), set_config('login.verifier', $2, true)";
    sqlx::query(about).bind(login).bind(verifier).execute(&mut *tx).await.map_err(failed)?;
    sqlx::raw_sql(LET_IN).execute(&mut *tx).await.map_err(failed)?;
    tx.commit().await.map_err(failed)
}

/// Logs in, and sees that it may do what the functions do.
pub async fn try_login(url: &str) -> Result<()> {
    let failed = |error: sqlx::Error| Error::internal("The new login could not be tried.").because(error);
    let mut db = PgConnection::connect(url).await.map_err(failed)?;
    let row = sqlx::query("select pg_has_role('fa_app', 'member')").fetch_one(&mut db).await.map_err(failed)?;
    if row.get(0) { Ok(()) } else { Err(Error::internal("The new login is not a member of fa_app.")) }
}

const LET_IN: &str = "do $$
    declare
        login constant text := current_setting('login.name');
    begin
        if not exists (select from pg_roles where rolname = login) then
            execute format('create role %I', login);
        end if;
        execute format('alter role %I login password %L', login, current_setting('login.verifier'));
        execute format('grant fa_app to %I', login);
    end $$";

async fn steps(db: &mut PgConnection) -> Result<Vec<Step>> {
    let known = sqlx::query("select version from _sqlx_migrations where success").fetch_all(db).await;
    let applied: Vec<i64> = match known {
        Ok(rows) => rows.iter().map(|row| row.get(0)).collect(),
        // Before the first migration there is no such table.
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Vec::new(),
        Err(error) => return Err(Error::internal("The history of migrations cannot be read.").because(error)),
    };
    let ups = MIGRATIONS.iter().filter(|m| m.migration_type.is_up_migration());
    Ok(ups
        .map(|m| Step { version: m.version, name: m.description.to_string(), applied: applied.contains(&m.version) })
        .collect())
}

fn failed(error: MigrateError) -> Error {
    Error::internal("A migration failed; the database is as it was before that migration.").because(error)
}
