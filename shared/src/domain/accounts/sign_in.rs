//! Signing in with Google: out to the consent page, and back with an account.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{bound, challenge, hash, id_token, random_token, sealing, session};
use crate::clients::google_oauth::{Authorize, GoogleOauth};
use crate::domain::World;
use crate::domain::inbound::watches;
use crate::error::{Error, Kind, Result};
use crate::model::TaskId;
use crate::model::task::Job;
use crate::model::user::{Connection as Account, Provider};
use crate::store::oauth_states::{self, Asker, State};
use crate::store::users::{self, Profile};
use crate::store::{Connection, connections, imports, revocations, tasks};

/// How long somebody may look at the consent page.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Where to send the browser.
pub async fn begin(db: &Connection, google: &GoogleOauth<'_>, browser: &str, now: Timestamp) -> Result<Url> {
    let started = begin_state(db, Provider::Google, browser, None, now).await?;
    Ok(google.authorize_url(&Authorize {
        state: &started.state,
        nonce: &started.nonce,
        code_challenge: &started.challenge,
        login_hint: None,
    }))
}

/// A sign-in under way, as the provider gets to see it.
pub(super) struct Started {
    pub state: String,
    pub nonce: String,
    pub challenge: String,
}

/// What finishes a sign-in besides the state.
struct Proof {
    nonce: String,
    verifier: String,
}

impl Proof {
    fn of(browser: &str, state: &str) -> Self {
        Self { nonce: bound(browser, "nonce", state), verifier: bound(browser, "verifier", state) }
    }
}

pub(super) async fn begin_state(
    db: &Connection,
    provider: Provider,
    browser: &str,
    asker: Option<Asker>,
    now: Timestamp,
) -> Result<Started> {
    let token = random_token()?;
    let state = State { asker, expires_at: now + PATIENCE };
    oauth_states::put(db, &hash(&token), &hash(browser), provider, &state).await?;
    let Proof { nonce, verifier } = Proof::of(browser, &token);
    Ok(Started { state: token, nonce, challenge: challenge(&verifier) })
}

/// The state, if this browser began it, not too long ago, and it was not used.
pub(super) async fn take_state(
    db: &Connection,
    provider: Provider,
    state: &str,
    browser: Option<&str>,
    now: Timestamp,
) -> Result<State> {
    let refused = || Error::bad_request("Invalid or expired state token");
    let browser = browser.ok_or_else(refused)?;
    let state = oauth_states::take(db, &hash(state), &hash(browser), provider).await?.ok_or_else(refused)?;
    if state.expires_at <= now { Err(refused()) } else { Ok(state) }
}

/// What the provider sent back.
pub struct Callback<'a> {
    pub code: &'a str,
    pub state: &'a str,
    /// What ties the state to this browser, if the browser still has it.
    pub browser: Option<&'a str>,
}

/// Somebody has signed in.
pub struct SignedIn {
    pub session_token: String,
    /// To be rung for: they read the account, and see to it that Google tells of changes.
    pub tasks: Vec<TaskId>,
}

pub async fn finish(world: &World, callback: &Callback<'_>) -> Result<SignedIn> {
    let secrets = world.secrets().await?;
    let (google, keys, now) = (world.google_oauth(&secrets)?, &secrets.token_keys, world.now());
    let mut db = world.db().await?;
    take_state(&db, Provider::Google, callback.state, callback.browser, now).await?;
    let proof = Proof::of(callback.browser.unwrap_or_default(), callback.state);
    let exchanged = google.exchange(callback.code, &proof.verifier, now).await?;
    let config = google.config;
    let certificates = world.google_keys.for_token(&world.http, &config.jwks_url, &exchanged.id_token, now).await?;
    let identity = id_token::verify(&certificates, &exchanged.id_token, &config.client_id, &proof.nonce, now)?;
    if !identity.email_verified {
        return Err(Error::forbidden("Google has not verified this account's address."));
    }

    let claimed = match identity.is_vouched_for {
        true => imports::claim(&db, &identity.sub, &identity.email, now).await?,
        false => None,
    };
    let owner = match claimed {
        Some(owner) => owner,
        None => users::for_google(&db, &identity.sub).await?,
    };
    let tenant = db.tenant(owner).await?;
    if !users::hold_open(&tenant).await? {
        return Err(Error::forbidden("This account is closed."));
    }
    let profile =
        Profile { email: &identity.email, name: identity.name.as_deref(), picture: identity.picture.as_deref() };
    users::put_profile(&tenant, &profile).await?;

    let mut tokens = exchanged.tokens;
    if tokens.refresh_token.is_none() {
        // Google gives it with the first consent only; what it gave then still stands.
        let known = connections::lock(&tenant, Provider::Google).await?.and_then(|known| known.tokens);
        if let Some(sealed) = known {
            match super::tokens::open(world, &secrets, owner, Provider::Google, &sealed).await {
                Ok(known) => tokens.refresh_token = known.tokens.refresh_token,
                // Nobody is kept out by tokens that do not open: these will do for an hour.
                Err(error) if error.kind == Kind::Reconnect => {}
                Err(error) => return Err(error),
            }
        }
    }
    let account = Account {
        provider: Provider::Google,
        account_id: identity.sub,
        account_email: Some(identity.email),
        scopes: tokens.scopes.clone(),
        needs_reconnect: false,
    };
    let sealed = sealing::seal(keys, owner, Provider::Google, &tokens)?;
    connections::put(&tenant, &account, &sealed, tokens.expires_at).await?;
    // What the advisor took back before is given again: there is no goodbye to say any more.
    revocations::forget(&tenant, Provider::Google).await?;

    let session_token = session::start(&tenant, now).await?;
    let mut jobs: Vec<Job> = account.sources().into_iter().filter_map(Job::reading).collect();
    if watches::wanted(&world.config) {
        jobs.push(Job::Watch {});
    }
    let mut bells = Vec::new();
    for job in jobs {
        bells.push(tasks::ensure(&tenant, &job).await?);
    }
    tenant.commit().await?;
    Ok(SignedIn { session_token, tasks: bells })
}

/// The word the frontend is told when it did not work; what the advisor cannot mend has one name.
pub fn reason(error: &Error) -> &'static str {
    match error.kind {
        Kind::Refused | Kind::Reconnect => "code_exchange_failed",
        Kind::Forbidden => "access_denied",
        Kind::Upstream | Kind::RateLimited | Kind::Unavailable => "temporarily_unavailable",
        _ => "unexpected_error",
    }
}
