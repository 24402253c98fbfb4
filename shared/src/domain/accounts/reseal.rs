//! Tokens move to the newest key, so that the keys before it can go.

use std::sync::Arc;

use super::sealing;
use super::tokens;
use crate::clients::secrets::Secrets;
use crate::domain::World;
use crate::error::{Error, Kind, Result};
use crate::model::UserId;
use crate::model::user::Provider;
use crate::store::{connections, revocations};

/// So many advisors are asked for at once.
const PAGE: i32 = 200;

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The id of the newest key.
    pub key: String,
    /// Values that are sealed with it now, and were not.
    pub resealed: usize,
    /// Values that no key opens: these accounts have to be connected again.
    pub unreadable: usize,
}

/// Seals what another key than the newest sealed. May be done again, at any time and several times at once.
pub async fn run(world: &World) -> Result<Report> {
    // By now the ring may be another one than was kept.
    let secrets = world.vault.refresh().await?;
    let newest = secrets.token_keys.first().ok_or_else(|| Error::internal("There is no key to seal with."))?;
    let mut report = Report { key: newest.id.clone(), ..Report::default() };

    let beginning = sealing::beginning(newest)?;
    let mut after = UserId(0);
    loop {
        let owners = {
            let db = world.db().await?;
            connections::sealed_otherwise(&db, &beginning, after, PAGE).await?
        };
        let Some(last) = owners.last() else { break };
        after = *last;
        for owner in owners {
            reseal(world, &secrets, owner, &mut report).await?;
        }
    }
    tracing::info!(resealed = report.resealed, unreadable = report.unreadable, "tokens are sealed with the newest key");
    Ok(report)
}

/// One advisor's, under the lock that a refresh takes too: neither overwrites what the other wrote.
async fn reseal(world: &World, secrets: &Arc<Secrets>, owner: UserId, report: &mut Report) -> Result<()> {
    let keys = &secrets.token_keys;
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    for provider in [Provider::Google, Provider::HubSpot] {
        let known = connections::lock(&tenant, provider).await?;
        let Some(sealed) = known.and_then(|known| known.tokens).filter(|sealed| !sealing::is_newest(keys, sealed))
        else {
            continue;
        };
        match tokens::open(world, secrets, owner, provider, &sealed).await {
            Ok(opened) => {
                connections::reseal(&tenant, provider, &sealing::seal(keys, owner, provider, &opened.tokens)?).await?;
                report.resealed += 1;
            }
            Err(error) if error.kind == Kind::Reconnect => {
                connections::mark_unreadable(&tenant, provider, &sealed).await?;
                report.unreadable += 1;
            }
            Err(error) => return Err(error),
        }
    }
    for (id, provider, sealed) in revocations::all(&tenant).await? {
        if sealing::is_newest(keys, &sealed) {
            continue;
        }
        match sealing::open(keys, owner, provider, &sealed) {
            Ok(held) => {
                revocations::reseal(&tenant, id, &sealing::seal(keys, owner, provider, &held)?).await?;
                report.resealed += 1;
            }
            Err(_) => report.unreadable += 1,
        }
    }
    tenant.commit().await
}
