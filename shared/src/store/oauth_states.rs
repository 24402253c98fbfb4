//! The `oauth_states` table: sign-ins under way.

use jiff::Timestamp;
use uuid::Uuid;

use super::Connection;
use crate::error::Result;
use crate::model::UserId;
use crate::model::user::Provider;

/// Who asked, when an account that is signed in connects another provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker {
    pub user: UserId,
    pub session: Uuid,
}

/// What is known of a sign-in. Nothing that could finish it: that is with the browser.
pub struct State {
    pub asker: Option<Asker>,
    pub expires_at: Timestamp,
}

pub async fn put(db: &Connection, hash: &[u8], browser: &[u8], provider: Provider, state: &State) -> Result<()> {
    let sql = "-- oauth_states::put\nselect lookup.put_oauth_state($1, $2, $3, $4, $5, null, null, $6)";
    let user = state.asker.map(|a| a.user.0);
    let session = state.asker.map(|a| a.session);
    db.row(sql, &[&hash, &browser, &provider.code(), &user, &session, &state.expires_at]).await?;
    Ok(())
}

/// Takes the state out, if this browser started it: it can be used once.
pub async fn take(db: &Connection, hash: &[u8], browser: &[u8], provider: Provider) -> Result<Option<State>> {
    let sql = "-- oauth_states::take
        select user_id, session_id, expires_at from lookup.take_oauth_state($1, $2, $3)";
    let Some(row) = db.maybe(sql, &[&hash, &browser, &provider.code()]).await? else { return Ok(None) };
    let user: Option<i64> = row.try_get("user_id")?;
    let session: Option<Uuid> = row.try_get("session_id")?;
    Ok(Some(State {
        asker: user.zip(session).map(|(user, session)| Asker { user: UserId(user), session }),
        expires_at: row.try_get("expires_at")?,
    }))
}

/// Forgets sign-ins nobody finished. Answers how many.
pub async fn forget(db: &Connection, before: Timestamp) -> Result<i64> {
    Ok(db.row("-- oauth_states::forget\nselect lookup.forget_oauth_states($1)", &[&before]).await?.try_get(0)?)
}
