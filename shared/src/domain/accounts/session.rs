//! Sessions: opaque tokens that replace one another, so that a stolen one is noticed.
//!
//! A token is replaced on an ordinary answer once it is older than [`ROTATE_AFTER`]. The token before it is still taken
//! for ten seconds, for requests that were under way. After that: if the new token was never used, its answer was lost, and
//! another is sent, once; if it was used, somebody else has the old one, and the whole session ends. It ends as well when the
//! token whose answer was lost turns up later: then two have one.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::random_token;
use crate::error::{Error, Result};
use crate::model::UserId;
use crate::store::sessions::{self, Open, Token};
use crate::store::{Connection, Tenant};

pub const ROTATE_AFTER: SignedDuration = SignedDuration::from_mins(15);
const GRACE: SignedDuration = SignedDuration::from_secs(10);
/// Without a call for this long, a session ends.
const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// However much it is used, a session ends after this.
const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Why a token is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Call,
    /// To be replaced now.
    Refresh,
}

/// A token that was taken.
pub struct Checked {
    pub user: UserId,
    pub session: Uuid,
    /// The token to use from now on, if it changed.
    pub token: Option<String>,
}

/// Begins a session. Answers its token.
pub async fn start(db: &Tenant<'_>, now: Timestamp) -> Result<String> {
    let token = random_token()?;
    sessions::start(db, Uuid::now_v7(), &hash(&token), now, now + LIFE).await?;
    Ok(token)
}

/// What is kept of a token: enough to know it again.
pub fn hash(token: &str) -> Vec<u8> {
    super::hash(token)
}

/// Takes the token, as it was found; or says that nobody is signed in with it.
pub async fn check(db: &mut Connection, known: Token, purpose: Purpose, now: Timestamp) -> Result<Checked> {
    if known.revoked || known.expires_at <= now || now.duration_since(known.issued_at) > IDLE {
        return Err(Error::unauthenticated());
    }

    let token = match verdict(&known, purpose, now) {
        Verdict::Take if known.used => None,
        Verdict::Take => {
            let tenant = db.tenant(known.user).await?;
            sessions::mark_used(&tenant, known.session, known.generation, now).await?;
            tenant.commit().await?;
            None
        }
        Verdict::Rotate => rotate(db, &known, now).await?,
        Verdict::SendAgain => send_again(db, &known, now).await?,
        Verdict::Stolen => {
            let tenant = db.tenant(known.user).await?;
            sessions::revoke(&tenant, known.session, now).await?;
            tenant.commit().await?;
            tracing::warn!(user.id = %known.user, session.id = %known.session, "a spent session token was used again; the session is ended");
            return Err(Error::unauthenticated());
        }
    };
    Ok(Checked { user: known.user, session: known.session, token })
}

/// Ends the session a token belongs to, whatever state the token is in.
pub async fn end(db: &mut Connection, token: &str, now: Timestamp) -> Result<()> {
    if let Some(known) = sessions::find(db, &hash(token)).await? {
        let tenant = db.tenant(known.user).await?;
        sessions::revoke(&tenant, known.session, now).await?;
        tenant.commit().await?;
    }
    Ok(())
}

/// The sessions the advisor could go on with, the one that was used last first.
pub async fn list(db: &mut Connection, owner: UserId, now: Timestamp) -> Result<Vec<Open>> {
    let tenant = db.tenant(owner).await?;
    sessions::list(&tenant, now, now - IDLE).await
}

/// Ends one of the advisor's sessions; 404 when there is none of this id.
pub async fn end_one(db: &mut Connection, owner: UserId, session: Uuid, now: Timestamp) -> Result<()> {
    let tenant = db.tenant(owner).await?;
    if !sessions::revoke(&tenant, session, now).await? {
        return Err(Error::not_found("session"));
    }
    tenant.commit().await
}

/// Ends all of the advisor's sessions, wherever they are.
pub async fn end_all(db: &mut Connection, owner: UserId, now: Timestamp) -> Result<()> {
    let tenant = db.tenant(owner).await?;
    let ended = sessions::revoke_all(&tenant, now).await?;
    tenant.commit().await?;
    tracing::info!(user.id = %owner, sessions = ended, "the advisor ended all sessions");
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Take,
    Rotate,
    SendAgain,
    Stolen,
}

fn verdict(token: &Token, purpose: Purpose, now: Timestamp) -> Verdict {
    if token.generation == token.newest {
        let due = purpose == Purpose::Refresh || now.duration_since(token.issued_at) > ROTATE_AFTER;
        return if due { Verdict::Rotate } else { Verdict::Take };
    }
    if token.generation + 1 < token.newest {
        return Verdict::Stolen;
    }
    let under_way = token.superseded_at.is_some_and(|at| now.duration_since(at) <= GRACE);
    match (under_way, token.newest_used) {
        // Nobody asks for a new token with one that was replaced and whose successor is in use.
        (true, true) if purpose == Purpose::Refresh => Verdict::Stolen,
        (true, _) => Verdict::Take,
        (false, false) if !token.forgiven => Verdict::SendAgain,
        (false, _) => Verdict::Stolen,
    }
}

async fn rotate(db: &mut Connection, known: &Token, now: Timestamp) -> Result<Option<String>> {
    let fresh = random_token()?;
    let tenant = db.tenant(known.user).await?;
    sessions::mark_used(&tenant, known.session, known.generation, now).await?;
    let ours = sessions::supersede(&tenant, known.session, known.generation, &hash(&fresh), now).await?;
    tenant.commit().await?;
    Ok(ours.then_some(fresh))
}

async fn send_again(db: &mut Connection, known: &Token, now: Timestamp) -> Result<Option<String>> {
    let fresh = random_token()?;
    let tenant = db.tenant(known.user).await?;
    let ours = sessions::replace_unused(&tenant, known.session, known.newest, &hash(&fresh), now).await?;
    tenant.commit().await?;
    Ok(ours.then_some(fresh))
}
