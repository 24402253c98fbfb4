//! Connecting HubSpot to the account that is signed in.

use jiff::Timestamp;
use url::Url;

use super::sealing;
use super::sign_in::{Callback, begin_state, take_state};
use crate::clients::hubspot_oauth::HubSpotOauth;
use crate::clients::secrets::Key;
use crate::error::{Error, Result};
use crate::model::TaskId;
use crate::model::task::Job;
use crate::model::user::{Connection as Account, Provider};
use crate::store::oauth_states::Asker;
use crate::store::{Connection, connections, revocations, sync_cursors, tasks, users};

/// Where to send the browser.
pub async fn begin(
    db: &Connection,
    hubspot: &HubSpotOauth<'_>,
    browser: &str,
    asker: Asker,
    now: Timestamp,
) -> Result<Url> {
    let started = begin_state(db, Provider::HubSpot, browser, Some(asker), now).await?;
    Ok(hubspot.authorize_url(&started.state))
}

/// Keeps the connection for whoever asked, if that is who came back. Answers the task that reads the portal.
pub async fn finish(
    db: &mut Connection,
    hubspot: &HubSpotOauth<'_>,
    keys: &[Key],
    callback: &Callback<'_>,
    asker: Asker,
    now: Timestamp,
) -> Result<TaskId> {
    let state = take_state(db, Provider::HubSpot, callback.state, callback.browser, now).await?;
    if state.asker != Some(asker) {
        return Err(Error::forbidden("HubSpot was not asked for from this session."));
    }
    let tokens = hubspot.exchange(callback.code, now).await?;
    let portal = hubspot.introspect(&tokens.access_token).await?;

    let tenant = db.tenant(asker.user).await?;
    if !users::hold_open(&tenant).await? {
        return Err(Error::unauthenticated());
    }
    let before = connections::get(&tenant, Provider::HubSpot).await?;
    let account = Account {
        provider: Provider::HubSpot,
        account_id: portal.hub_id.to_string(),
        account_email: portal.user,
        scopes: tokens.scopes.clone(),
        needs_reconnect: false,
    };
    if before.is_some_and(|before| before.connection.account_id != account.account_id) {
        // Another portal: where the old one's reading stood means nothing.
        sync_cursors::restart(&tenant, "hubspot").await?;
    }
    let sealed = sealing::seal(keys, asker.user, Provider::HubSpot, &tokens)?;
    connections::put(&tenant, &account, &sealed, tokens.expires_at).await?;
    connections::put_app(&tenant, Provider::HubSpot, portal.app_id).await?;
    revocations::forget(&tenant, Provider::HubSpot).await?;
    let task = tasks::ensure(&tenant, &Job::HubspotSync {}).await?;
    tenant.commit().await?;
    Ok(task)
}
