//! Taking a consent back.
//!
//! Here it takes effect at once, in one transaction: the connection and its tokens are gone, and nothing of ours can use them.
//! The provider hears of it from a task that stands in the same transaction, with the tokens sealed beside it, so that a
//! provider that is away keeps nobody connected, and is still told.

use serde_json::json;

use super::tokens;
use crate::domain::World;
use crate::domain::inbound::watches;
use crate::error::{Error, Kind, Result};
use crate::model::task::Job;
use crate::model::user::{Provider, Tokens};
use crate::model::{TaskId, UserId};
use crate::store::tasks::{self, Origin, Outcome};
use crate::store::{self, connections, revocations, sync_cursors};

/// Forgets the account. Answers the task that tells the provider; 404 when nothing is connected.
pub async fn disconnect(world: &World, owner: UserId, provider: Provider) -> Result<TaskId> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let known = connections::lock(&tenant, provider).await?.ok_or_else(|| Error::not_found("connection"))?;
    if let Some(sealed) = &known.tokens {
        revocations::add(&tenant, provider, sealed).await?;
    }
    connections::delete(&tenant, provider).await?;
    if provider == Provider::HubSpot {
        // The next portal may be another one: where the reading of this one stood means nothing there.
        sync_cursors::restart(&tenant, "hubspot").await?;
    }
    let task = tasks::insert(&tenant, &Job::Disconnect { provider }, &Origin::default()).await?;
    let task = task.ok_or_else(|| Error::internal("A task without a key was not added."))?;
    tenant.commit().await?;
    tracing::info!(user.id = %owner, provider = provider.code(), "the advisor disconnected an account");
    Ok(task)
}

/// The task: ends the watches, and the consent at the provider. Everything in it may be done again.
pub async fn run(world: &World, owner: UserId, provider: Provider) -> Result<Outcome> {
    let told = tell(world, owner, provider).await?;
    Ok(Outcome::Done(json!({ "provider": provider, "told": told })))
}

/// Says every goodbye that is still to be said to this provider. Answers whether there was one.
pub(super) async fn tell(world: &World, owner: UserId, provider: Provider) -> Result<bool> {
    let secrets = world.secrets().await?;
    let sealed = {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        // Connected again in the meantime: a word to the provider now would end the new consent with the old one. Connecting
        // forgets the revocation as well; only a consent given in the very moment of this task can still be hit, and shows as
        // one that needs to be given again.
        let again = connections::get(&tenant, provider).await?.is_some();
        if again {
            revocations::forget(&tenant, provider).await?;
        }
        let sealed = revocations::list(&tenant, provider).await?;
        tenant.commit().await?;
        if again {
            return Ok(false);
        }
        sealed
    };
    for sealed in &sealed {
        match tokens::open(world, &secrets, owner, provider, sealed).await {
            Ok(held) => say_goodbye(world, owner, provider, &held.tokens).await?,
            // What no key opens any more cannot be told to anybody.
            Err(error) if error.kind == Kind::Reconnect => {}
            Err(error) => return Err(error),
        }
    }
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    revocations::forget(&tenant, provider).await?;
    if provider == Provider::Google {
        store::watches::forget(&tenant).await?;
    }
    tenant.commit().await?;
    Ok(!sealed.is_empty())
}

async fn say_goodbye(world: &World, owner: UserId, provider: Provider, held: &Tokens) -> Result<()> {
    let secrets = world.secrets().await?;
    let refresh_token = held.refresh_token.as_deref();
    let revoked = match provider {
        Provider::Google => {
            // The watches first: without a token nobody can end them.
            match tokens::last(world, &secrets, provider, held).await {
                Ok(token) => watches::stop_all(world, owner, &token).await?,
                // Over at Google's already, with everything that hung on it.
                Err(error) if error.kind == Kind::Reconnect => return Ok(()),
                Err(error) => return Err(error),
            }
            world.google_oauth(&secrets)?.revoke(refresh_token.unwrap_or(&held.access_token)).await
        }
        Provider::HubSpot => match refresh_token {
            Some(token) => world.hubspot_oauth(&secrets)?.revoke(token).await,
            None => Ok(()),
        },
    };
    match revoked {
        // It does not know the token any more: what was wanted is so.
        Err(error) if error.kind == Kind::Refused => Ok(()),
        revoked => revoked,
    }
}
