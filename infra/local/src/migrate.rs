//! `cargo dev migrate`: the migrations of the local database, or of the one `DATABASE_OWNER_URL` names.

use fakes::world::postgres::Options;
use fakes::world::{Cluster, Home, install};
use shared::store::migrate::{self, Step};

use crate::Result;
use crate::cli::Action;
use crate::terminal::say;
use crate::up::{Running, database};

pub async fn run(action: Action) -> Result<()> {
    if let Some(url) = given_url() {
        return apply(&url, action).await;
    }
    let home = Home::find()?;
    if let Some(running) = Running::find(&home) {
        return apply(&running.database_owner_url, action).await;
    }
    let mut cluster = start(&home).await?;
    let outcome = apply(&database::owner_url(&cluster), action).await;
    cluster.stop().await;
    outcome
}

async fn start(home: &Home) -> Result<Cluster> {
    let installed = install::world(home, &|line| say(format_args!("  · {line}")))?;
    let options = Options {
        dir: database::folder(home),
        port: None,
        durable: true,
        settings: Vec::new(),
        log: home.log("postgres")?,
    };
    let cluster = Cluster::start(&installed, &options).await?;
    database::ensure(&cluster).await?;
    Ok(cluster)
}

async fn apply(url: &str, action: Action) -> Result<()> {
    let steps = match action {
        Action::Up => migrate::up(url).await,
        Action::Down { steps } => migrate::down(url, steps).await,
        Action::History => migrate::history(url).await,
    };
    for Step { version, name, applied } in steps.map_err(|e| database::in_words(&e))? {
        say(format_args!("  {} {version:>4}  {name}", if applied { "✓" } else { "·" }));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the owner's address is no variable of the product")]
fn given_url() -> Option<String> {
    std::env::var("DATABASE_OWNER_URL").ok().filter(|url| !url.is_empty())
}
