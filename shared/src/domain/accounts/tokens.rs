//! Access tokens that work: refreshed in time, by one at a time, and given up when the provider says so.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::sealing::{self, Shut};
use crate::clients::google_oauth::GoogleOauth;
use crate::clients::hubspot_oauth::HubSpotOauth;
use crate::clients::secrets::Secrets;
use crate::domain::{World, limits};
use crate::error::{Error, Kind, Result};
use crate::model::UserId;
use crate::model::user::{Connection, Provider, Tokens};
use crate::store::connections::{self, Sealed};

/// A token is refreshed this long before it ends, so that it lasts for the work it is wanted for.
const MARGIN: SignedDuration = SignedDuration::from_mins(4);

/// A token, and the provider account it is for.
#[derive(Clone)]
pub struct Access {
    pub token: String,
    /// Google's `sub`, HubSpot's hub id.
    pub account_id: String,
    pub account_email: Option<String>,
    /// When the account was connected: what is older was there before the advisor asked anything of us.
    pub connected_at: Timestamp,
    /// The provider's number of our application, if it gave one.
    pub app_id: Option<i64>,
}

/// A token that will do for a while. [`Kind::Reconnect`] when the advisor has to connect again; `BadRequest` when there
/// is no connection at all; `RateLimited` while the provider asks not to be called for this account.
pub async fn access(world: &World, owner: UserId, provider: Provider) -> Result<Access> {
    let secrets = world.secrets().await?;
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let known = connections::get(&tenant, provider).await?;
    drop(tenant);
    if let Some(known) = &known {
        limits::not_before(&db, provider, &known.connection.account_id).await?;
    }
    drop(db);

    let Opened { tokens, .. } = match opened(world, &secrets, owner, provider, known.as_ref()).await {
        Ok(opened) => opened,
        Err(error) => return Err(unreadable(world, owner, provider, known, error).await?),
    };
    let now = world.now();
    if tokens.expires_at.duration_since(now) > MARGIN {
        return taken(known, tokens.access_token);
    }
    renew(world, owner, provider, &tokens.access_token).await
}

/// Another token than `stale`, which was refused or is about to end. Whoever comes second gets what the first one got.
pub async fn renew(world: &World, owner: UserId, provider: Provider, stale: &str) -> Result<Access> {
    let secrets = world.secrets().await?;
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let known = connections::lock(&tenant, provider).await?;
    let Opened { tokens, secrets } = opened(world, &secrets, owner, provider, known.as_ref()).await?;
    if tokens.access_token != stale {
        tenant.commit().await?;
        return taken(known, tokens.access_token);
    }

    let refreshed = match &tokens.refresh_token {
        Some(refresh_token) => refresh(world, &secrets, provider, refresh_token, world.now()).await,
        None => Err(Error::reconnect(provider.title())),
    };
    let fresh = match refreshed {
        Ok(fresh) => Tokens { refresh_token: fresh.refresh_token.or(tokens.refresh_token), ..fresh },
        Err(error) => {
            if error.kind == Kind::Reconnect {
                connections::mark_ended(&tenant, provider).await?;
                tenant.commit().await?;
                tracing::warn!(user.id = %owner, provider = provider.code(), "the connection has ended");
            }
            return Err(error);
        }
    };
    let sealed = sealing::seal(&secrets.token_keys, owner, provider, &fresh)?;
    connections::put_tokens(&tenant, provider, &sealed, fresh.expires_at).await?;
    tenant.commit().await?;
    taken(known, fresh.access_token)
}

/// An access token of an account that is connected no more; it is written down nowhere. Always a new one: whether one that was
/// kept still works, nobody knows. [`Kind::Reconnect`] when the consent is over already.
pub(super) async fn last(world: &World, secrets: &Secrets, provider: Provider, held: &Tokens) -> Result<String> {
    match &held.refresh_token {
        Some(refresh_token) => Ok(refresh(world, secrets, provider, refresh_token, world.now()).await?.access_token),
        None if held.expires_at > world.now() => Ok(held.access_token.clone()),
        None => Err(Error::reconnect(provider.title())),
    }
}

async fn refresh(
    world: &World,
    secrets: &Secrets,
    provider: Provider,
    refresh_token: &str,
    now: Timestamp,
) -> Result<Tokens> {
    match provider {
        Provider::Google => world.google_oauth(secrets)?.refresh(refresh_token, now).await,
        Provider::HubSpot => world.hubspot_oauth(secrets)?.refresh(refresh_token, now).await,
    }
}

/// Tokens, and the secrets that opened them.
pub(super) struct Opened {
    pub tokens: Tokens,
    pub secrets: Arc<Secrets>,
}

/// Opens what is stored; [`Kind::Reconnect`] when nothing opens it. While keys are changed a colleague can be ahead of us: a key
/// that is not known is looked for once more where the keys come from.
pub(super) async fn open(
    world: &World,
    secrets: &Arc<Secrets>,
    owner: UserId,
    provider: Provider,
    sealed: &[u8],
) -> Result<Opened> {
    let mut secrets = secrets.clone();
    let mut opened = sealing::open(&secrets.token_keys, owner, provider, sealed);
    if opened == Err(Shut::UnknownKey) {
        secrets = world.vault.after(&secrets).await?;
        opened = sealing::open(&secrets.token_keys, owner, provider, sealed);
    }
    match opened {
        Ok(tokens) => Ok(Opened { tokens, secrets }),
        Err(why) => {
            tracing::warn!(user.id = %owner, provider = provider.code(), ?why, "stored tokens do not open");
            Err(Error::reconnect(provider.title()).because("the tokens do not open"))
        }
    }
}

/// Notes that an account has to be connected again because of its tokens. Answers the error.
async fn unreadable(
    world: &World,
    owner: UserId,
    provider: Provider,
    known: Option<Sealed>,
    error: Error,
) -> Result<Error> {
    if let (Kind::Reconnect, Some(sealed)) = (error.kind, known.and_then(|known| known.tokens)) {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        connections::mark_unreadable(&tenant, provider, &sealed).await?;
        tenant.commit().await?;
    }
    Ok(error)
}

async fn opened(
    world: &World,
    secrets: &Arc<Secrets>,
    owner: UserId,
    provider: Provider,
    known: Option<&Sealed>,
) -> Result<Opened> {
    let title = provider.title();
    let Some(known) = known else {
        return Err(Error::bad_request(format!(
            "{title} OAuth tokens not found. Please authenticate with {title} first."
        )));
    };
    let sealed = known.tokens.as_deref().ok_or_else(|| Error::reconnect(title))?;
    open(world, secrets, owner, provider, sealed).await
}

fn taken(known: Option<Sealed>, token: String) -> Result<Access> {
    let Sealed { connection, connected_at, app_id, .. } =
        known.ok_or_else(|| Error::internal("A token belongs to no connection."))?;
    let Connection { account_id, account_email, .. } = connection;
    Ok(Access { token, account_id, account_email, connected_at, app_id })
}

impl World {
    pub fn google_oauth<'a>(&'a self, secrets: &'a Secrets) -> Result<GoogleOauth<'a>> {
        let client_secret = secrets.get("GOOGLE_OAUTH_CLIENT_SECRET")?;
        Ok(GoogleOauth { http: &self.http, config: &self.config.google, client_secret })
    }

    /// 400 when this installation has no HubSpot application.
    pub fn hubspot_oauth<'a>(&'a self, secrets: &'a Secrets) -> Result<HubSpotOauth<'a>> {
        let missing = || Error::bad_request("HubSpot is not set up on this server: HUBSPOT_CLIENT_ID is missing.");
        let client_id = self.config.hubspot.client_id.as_deref().ok_or_else(missing)?;
        let client_secret = secrets.get("HUBSPOT_CLIENT_SECRET")?;
        Ok(HubSpotOauth { http: &self.http, config: &self.config.hubspot, client_id, client_secret })
    }
}
