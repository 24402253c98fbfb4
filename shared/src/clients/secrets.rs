//! Secrets Manager: one JSON secret, and the database's login where it has one of its own, kept for a while, read again when a provider or the database refuses what it holds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::hkdf;
use aws_sdk_secretsmanager::Client;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};

use super::aws::Aws;
use super::rotation::Rotation;
use crate::config::{Config, SECRET_NAMES, refuse_development_secret};
use crate::error::{Cause, Error, Kind, Result, aws};
use crate::model::Clock;

/// Secrets Manager was away: it is asked again after this.
const AGAIN: Duration = Duration::from_secs(30);

/// What Secrets Manager calls the version that counts.
pub(super) const CURRENT: &str = "AWSCURRENT";

/// A key for tokens at rest.
#[derive(Clone)]
pub struct Key {
    pub id: String,
    pub bytes: [u8; 32],
}

/// Everything secret, at one moment.
#[derive(Clone)]
pub struct Secrets {
    values: BTreeMap<&'static str, SecretString>,
    /// The first seals; all of them open.
    pub token_keys: Vec<Key>,
    /// Whose the password of the database is, where the login has a secret of its own.
    pub database_user: Option<String>,
}

impl Secrets {
    pub fn optional(&self, name: &str) -> Option<&SecretString> {
        self.values.get(name)
    }

    pub fn get(&self, name: &str) -> Result<&SecretString> {
        self.optional(name)
            .ok_or_else(|| Error::internal("A secret is not set.").because(Cause::codes(format!("{name} is missing"))))
    }
}

/// Who logs in to the database, as RDS keeps it.
pub struct Login {
    pub username: String,
    pub password: SecretString,
    /// What stands beside them: the kind of database, its address.
    pub beside: BTreeMap<String, Value>,
}

impl Login {
    pub(super) fn read(text: &SecretString) -> Result<Self> {
        let wrong = || Error::internal("The secret of a login to the database must have `username` and `password`.");
        let mut stored: BTreeMap<String, Value> = serde_json::from_str(text.expose_secret()).map_err(|_| wrong())?;
        let mut take = |name| match stored.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            _ => Err(wrong()),
        };
        let (username, password) = (take("username")?, take("password")?.into());
        Ok(Self { username, password, beside: stored })
    }
}

/// Where secrets come from. Clones of the app share it.
pub struct Vault {
    aws: Arc<Aws>,
    client: OnceCell<Client>,
    /// The product's secret.
    id: Option<String>,
    /// The secret of the functions' login to the database.
    database: Option<String>,
    overrides: BTreeMap<&'static str, SecretString>,
    deployed: bool,
    ttl: Duration,
    kept: Mutex<Option<(Instant, Arc<Secrets>)>>,
    clock: Clock,
}

impl Vault {
    pub fn new(config: &Config, aws: Arc<Aws>, clock: Clock) -> Self {
        Self {
            aws,
            client: OnceCell::new(),
            id: config.secrets_id.clone(),
            database: config.database_secret_id.clone(),
            overrides: config.overrides.clone(),
            deployed: config.env.is_deployed(),
            ttl: config.secrets_ttl,
            kept: Mutex::new(None),
            clock,
        }
    }

    /// The secrets as last read, or read now when that is too long ago.
    pub async fn get(&self) -> Result<Arc<Secrets>> {
        let mut kept = self.kept.lock().await;
        match kept.as_ref() {
            Some((until, secrets)) if self.clock.instant() < *until => Ok(secrets.clone()),
            _ => self.renew(&mut kept).await,
        }
    }

    /// Reads again: somebody refused what is kept.
    pub async fn refresh(&self) -> Result<Arc<Secrets>> {
        self.renew(&mut *self.kept.lock().await).await
    }

    /// What came after these: reads again, unless somebody else has done so.
    pub async fn after(&self, known: &Arc<Secrets>) -> Result<Arc<Secrets>> {
        let mut kept = self.kept.lock().await;
        match kept.as_ref() {
            Some((_, secrets)) if !Arc::ptr_eq(secrets, known) => Ok(secrets.clone()),
            _ => self.renew(&mut kept).await,
        }
    }

    async fn renew(&self, kept: &mut Option<(Instant, Arc<Secrets>)>) -> Result<Arc<Secrets>> {
        let now = self.clock.instant();
        match self.read().await {
            Ok(secrets) => {
                let secrets = Arc::new(secrets);
                *kept = Some((now + self.ttl, secrets.clone()));
                Ok(secrets)
            }
            // Secrets Manager being away must not stop what yesterday's secrets still open, nor be waited for by every call.
            Err(error) => match kept.as_mut() {
                Some((until, secrets)) if error.kind == Kind::Unavailable => {
                    tracing::warn!(error = ?error, "the secrets could not be read anew; the last ones still hold");
                    *until = now + AGAIN;
                    Ok(secrets.clone())
                }
                _ => Err(error),
            },
        }
    }

    async fn read(&self) -> Result<Secrets> {
        let stored = async {
            match &self.id {
                Some(id) => self.read_stored(id).await,
                None => Ok(BTreeMap::new()),
            }
        };
        let database = async {
            match &self.database {
                Some(id) => self.login(id).await.map(Some),
                None => Ok(None),
            }
        };
        // At once: a cold start waits for both. On the heap: whatever needs a secret has all of AWS's client within it, which is
        // deeper than the compiler follows.
        let (mut values, login) = Box::pin(async { futures::try_join!(stored, database) }).await?;
        let mut database_user = None;
        if let Some(Login { username, password, .. }) = login {
            database_user = Some(username);
            values.insert("DATABASE_PASSWORD", password);
        }
        values.extend(self.overrides.clone());
        if self.deployed {
            for (name, value) in &values {
                let refused = refuse_development_secret(name, value);
                refused.map_err(|why| Error::internal("A secret cannot be taken.").because(Cause::codes(why)))?;
            }
        }
        let token_keys = token_keys(&values)?;
        Ok(Secrets { values, token_keys, database_user })
    }

    async fn read_stored(&self, id: &str) -> Result<BTreeMap<&'static str, SecretString>> {
        let text = self.text(id, "Secrets Manager did not give the secret named by SECRETS_ID.").await?;
        // The parser's message would quote the secret.
        let mut stored: BTreeMap<String, String> = serde_json::from_str(text.expose_secret())
            .map_err(|_| Error::internal("The secret named by SECRETS_ID must be a JSON object of strings."))?;
        let known = SECRET_NAMES.into_iter();
        Ok(known.filter_map(|name| Some((name, SecretString::from(stored.remove(name)?)))).collect())
    }

    /// A login to the database as it is now; nothing is kept.
    pub async fn login(&self, id: &str) -> Result<Login> {
        let text = self.text(id, "Secrets Manager did not give a login to the database.").await?;
        Login::read(&text)
    }

    /// The change of a login's secret to another version.
    pub async fn rotation<'a>(&'a self, id: &'a str, token: &'a str) -> Rotation<'a> {
        Rotation { client: self.client().await, id, token }
    }

    async fn client(&self) -> &Client {
        self.client.get_or_init(|| async { Client::new(self.aws.sdk().await) }).await
    }

    async fn text(&self, id: &str, failed: &'static str) -> Result<SecretString> {
        let wanted = self.client().await.get_secret_value().secret_id(id).version_stage(CURRENT);
        let answer = wanted.send().await;
        let answer = answer.map_err(|error| Error::new(Kind::Unavailable, failed).because(aws(&error)))?;
        Ok(SecretString::from(answer.secret_string.unwrap_or_default()))
    }
}

/// `TOKEN_KEYS` is `id:base64,id:base64`, 32 bytes each. The key that is derived from `SECRET_KEY` comes last: without
/// `TOKEN_KEYS` it is the only one, and what it sealed opens when there are others.
fn token_keys(values: &BTreeMap<&'static str, SecretString>) -> Result<Vec<Key>> {
    let mut keys = match values.get("TOKEN_KEYS") {
        Some(ring) => ring.expose_secret().split(',').map(token_key).collect::<Result<Vec<_>>>()?,
        None => Vec::new(),
    };
    if let Some(secret) = values.get("SECRET_KEY") {
        keys.push(Key { id: "secret-key".into(), bytes: derive(secret.expose_secret().as_bytes())? });
    }
    if keys.is_empty() { Err(Error::internal("Neither TOKEN_KEYS nor SECRET_KEY is set.")) } else { Ok(keys) }
}

fn token_key(entry: &str) -> Result<Key> {
    let wrong = || Error::internal("TOKEN_KEYS must be a list of id:base64, with 32 bytes each.");
    let (id, encoded) = entry.trim().split_once(':').ok_or_else(wrong)?;
    let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| wrong())?.try_into().map_err(|_| wrong())?;
    Ok(Key { id: id.to_owned(), bytes })
}

fn derive(secret: &[u8]) -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"financial-advisor")
        .extract(secret)
        .expand(&[b"provider tokens at rest"], hkdf::HKDF_SHA256)
        .and_then(|key| key.fill(&mut bytes))
        .map_err(|_| Error::internal("A key could not be derived."))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(secrets: &[(&'static str, &str)]) -> Result<Vec<String>> {
        let values = secrets.iter().map(|(name, value)| (*name, SecretString::from(*value))).collect();
        Ok(token_keys(&values)?.into_iter().map(|key| key.id).collect())
    }

    #[test]
    fn the_key_before_there_were_others_goes_on_opening() {
        let key = BASE64_STANDARD.encode([7; 32]);

        assert_eq!(ring(&[("SECRET_KEY", "s")]).unwrap(), ["secret-key"]);
        assert_eq!(ring(&[("TOKEN_KEYS", &format!("b:{key}, a:{key}"))]).unwrap(), ["b", "a"]);
        let both = [("TOKEN_KEYS", format!("b:{key}")), ("SECRET_KEY", "s".into())];
        assert_eq!(ring(&both.each_ref().map(|(name, value)| (*name, value.as_str()))).unwrap(), ["b", "secret-key"]);
    }

    #[test]
    fn a_ring_of_a_wrong_form_is_refused_and_not_repeated() {
        for wrong in ["", "p4ssw0rd", "a:p4ssw0rd", "a:cDRzc3cwcmQ=", "a:!!!!", "a:,b:"] {
            let error = ring(&[("TOKEN_KEYS", wrong)]).unwrap_err();
            assert!(error.detail.starts_with("TOKEN_KEYS must be"), "{error}");
            assert!(!format!("{error:?} {error}").contains("p4ssw0rd"), "{error:?}");
        }
        assert_eq!(ring(&[]).unwrap_err().detail, "Neither TOKEN_KEYS nor SECRET_KEY is set.");
    }
}
