//! The product's database: the cluster, the migrations, and the role the functions log in as.

use std::path::PathBuf;

use fakes::world::install::Installed;
use fakes::world::postgres::Options;
use fakes::world::{Cluster, Home};
use shared::store::migrate;

use super::variables::{APP_ROLE, DATABASE};
use crate::{Problem, Result};

/// Where the cluster of this working copy keeps its data.
pub fn folder(home: &Home) -> PathBuf {
    home.database.join("postgres")
}

/// Starts the cluster into `slot`, migrates the database and lets the functions in.
pub async fn start(
    slot: &mut Option<Cluster>,
    installed: &Installed,
    port: u16,
    app_password: &str,
) -> Result<((), String)> {
    let home = &installed.home;
    let options = Options {
        dir: folder(home),
        port: Some(port),
        durable: true,
        settings: Vec::new(),
        log: home.log("postgres")?,
    };
    let cluster = slot.insert(Cluster::start(installed, &options).await?);
    let is_new = ensure(cluster).await?;
    let steps = migrate::up(&owner_url(cluster)).await.map_err(|e| in_words(&e))?;
    cluster.execute(DATABASE, &let_in(app_password)).await?;

    let elsewhere = if home.database_is_elsewhere() {
        format!(", files in {} (root's folders are closed to it)", home.database.display())
    } else {
        String::new()
    };
    let kind = if is_new { "new" } else { "kept" };
    Ok(((), format!("PostgreSQL 18 on port {port}, {kind}, {} migrations{elsewhere}", steps.len())))
}

/// Makes the product's database if it is not there; whether it was not.
pub async fn ensure(cluster: &Cluster) -> Result<bool> {
    let is_new = !cluster.has_database(DATABASE).await?;
    if is_new {
        cluster.create_database(DATABASE, None).await?;
    }
    Ok(is_new)
}

/// The superuser's address of the product's database: who owns the schema.
pub fn owner_url(cluster: &Cluster) -> String {
    cluster.superuser_url(DATABASE)
}

/// The login role of the functions: a member of what the migrations allow, and nothing else.
pub fn let_in(password: &str) -> String {
    format!(
        "do $$ begin create role {APP_ROLE} login; exception when duplicate_object then null; end $$;
         alter role {APP_ROLE} password '{password}' nosuperuser nobypassrls nocreatedb nocreaterole;
         grant fa_app to {APP_ROLE};"
    )
}

/// An error of the core with its causes, which it keeps for the log.
pub fn in_words(error: &shared::Error) -> Problem {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = format!("{words} {error}");
        cause = error.source();
    }
    Problem(words)
}
