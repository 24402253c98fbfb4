//! Advisors, and what they connected.
//!
//! The earlier system knows an advisor by address; here it is Google's number of the account that counts, and that is not known
//! before somebody signs in. Until then an advisor who was brought has a number that no Google account has, and is given to the
//! first one that proves the address, if Google itself vouches for it; see `accounts::sign_in`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{CLAIMABLE, Move, Owner};
use crate::domain::accounts::sealing;
use crate::error::Result;
use crate::model::UserId;
use crate::model::user::{Connection as Account, Provider, Tokens};
use crate::store::imports::{self, Kind, Person};
use crate::store::seed::User;
use crate::store::{connections, users};

/// What the earlier system asked Google for, where it did not keep what it got.
const SCOPES: [&str; 2] = ["https://www.googleapis.com/auth/gmail.modify", "https://www.googleapis.com/auth/calendar"];
const KIND: &str = "advisors";
const ACCOUNTS: &str = "connections";

impl Move<'_> {
    /// Brings an advisor. `None` for one who is left; within, nobody yet in a dry run.
    pub(super) async fn person(&mut self, user: &User) -> Result<Option<Owner>> {
        let email = user.email.trim().to_lowercase();
        if !email.contains('@') {
            self.report.left(KIND, 1, "They have no address to be known by.");
            return Ok(None);
        }
        let id = user.id.to_string();
        let mut db = self.world.db().await?;
        let known = imports::user(&db, &self.source, &id).await?;
        if imports::of_address(&db, &email).await?.into_iter().any(|other| Some(other) != known) {
            self.report.left(KIND, 1, "Somebody with this address is here already.");
            return Ok(None);
        }
        let zone = user.time_zone.as_deref().filter(|name| !name.is_empty());
        let is_known_zone = zone.is_none_or(|name| TimeZone::get(name).is_ok());
        match known {
            Some(_) => self.report.known(KIND, 1),
            None => self.report.brought(KIND, 1),
        }
        if !is_known_zone {
            self.report.changed("time zone that does not exist, now UTC");
        }
        if self.dry_run {
            return Ok(Some(known));
        }
        let owner = match known {
            Some(owner) => owner,
            // The same each time, so that a move that broke off here goes on with the same one.
            None => users::for_google(&db, &format!("import:{}:{id}", self.source)).await?,
        };
        let tenant = db.tenant(owner).await?;
        let person = Person {
            email: &email,
            name: user.full_name.as_deref(),
            time_zone: zone.filter(|_| is_known_zone).unwrap_or("UTC"),
            is_active: user.is_active,
            created_at: user.created_at,
            claimable_until: self.world.now() + CLAIMABLE,
        };
        imports::put_person(&tenant, &person).await?;
        imports::put(&tenant, &self.source, Kind::User, &id).await?;
        tenant.commit().await?;
        Ok(Some(Some(owner)))
    }

    pub(super) async fn connections(&mut self, user: &User, owner: Owner) -> Result<()> {
        for (provider, tokens) in [(Provider::Google, &user.google_tokens), (Provider::HubSpot, &user.hubspot_tokens)] {
            if text(tokens, "access_token").is_none() && text(tokens, "refresh_token").is_none() {
                continue;
            }
            match self.account(user, provider, tokens) {
                Err(why) => self.report.left(ACCOUNTS, 1, why),
                Ok((account, tokens)) => self.connection(owner, &account, &tokens).await?,
            }
        }
        Ok(())
    }

    /// The connection as it will stand here, or why it cannot.
    fn account(&self, user: &User, provider: Provider, held: &Value) -> Result<(Account, Tokens), &'static str> {
        if !user.is_active {
            return Err("The account is closed.");
        }
        let refresh_token =
            text(held, "refresh_token").ok_or("Without a refresh token it would end within the hour.")?;
        let (account_id, account_email, scopes) = match provider {
            Provider::Google => {
                if text(held, "client_id").is_some_and(|id| id != self.world.config.google.client_id) {
                    return Err("It was given to another OAuth client: GOOGLE_OAUTH_CLIENT_ID is not the one it was.");
                }
                let scopes = texts(&held["scopes"]);
                let scopes = if scopes.is_empty() { SCOPES.map(str::to_owned).to_vec() } else { scopes };
                (format!("import:{}:{}", self.source, user.id), Some(user.email.trim().to_lowercase()), scopes)
            }
            Provider::HubSpot => {
                let portal = user.portal.clone().filter(|portal| !portal.is_empty());
                (portal.ok_or("It is not known which portal it is for.")?, None, Vec::new())
            }
        };
        let account = Account { provider, account_id, account_email, scopes: scopes.clone(), needs_reconnect: false };
        let tokens = Tokens {
            access_token: text(held, "access_token").unwrap_or_default(),
            refresh_token: Some(refresh_token),
            expires_at: text(held, "expiry").and_then(|text| moment(&text)).unwrap_or(Timestamp::UNIX_EPOCH),
            scopes,
        };
        Ok((account, tokens))
    }

    /// Once: what the advisor did with it here since stands.
    async fn connection(&mut self, owner: Owner, account: &Account, tokens: &Tokens) -> Result<()> {
        let Some(owner) = owner else {
            self.report.brought(ACCOUNTS, 1);
            return Ok(());
        };
        let mut db = self.world.db().await?;
        let tenant = db.tenant(owner).await?;
        let is_new = imports::put(&tenant, &self.source, Kind::Connection, account.provider.code()).await?
            && connections::get(&tenant, account.provider).await?.is_none();
        if !is_new {
            self.report.known(ACCOUNTS, 1);
            return if self.dry_run { Ok(()) } else { tenant.commit().await };
        }
        self.report.brought(ACCOUNTS, 1);
        if self.dry_run {
            return Ok(());
        }
        let sealed = self.seal(owner, account.provider, tokens).await?;
        connections::put(&tenant, account, &sealed, tokens.expires_at).await?;
        tenant.commit().await
    }

    async fn seal(&self, owner: UserId, provider: Provider, tokens: &Tokens) -> Result<Vec<u8>> {
        let secrets = self.world.secrets().await?;
        sealing::seal(&secrets.token_keys, owner, provider, tokens)
    }
}

/// A text of an object, unless it is empty.
pub(super) fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(str::to_owned).filter(|text| !text.is_empty())
}

/// The texts of a list.
pub(super) fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// A time as Python writes it: without a zone it means UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let zoned = text.parse::<Timestamp>().ok();
    zoned.or_else(|| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_means_utc() {
        let expected = "2025-10-15T09:30:00.25Z".parse::<Timestamp>().ok();
        for text in ["2025-10-15T09:30:00.250000", "2025-10-15T09:30:00.250000Z", "2025-10-15T11:30:00.250000+02:00"] {
            assert_eq!(moment(text), expected, "{text}");
        }
        assert_eq!(moment("yesterday"), None);
    }
}
