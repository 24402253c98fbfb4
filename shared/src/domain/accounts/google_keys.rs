//! Google's signing keys, kept for as long as Google says they may be.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;
use tokio::sync::Mutex;

use super::id_token::key_id;
use crate::clients::google_oauth;
use crate::error::Result;

/// However many unknown keys are named to us, Google is asked no more often than this.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// Whatever Google says, keys are looked at anew after this.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Shared by all that checks what Google signed.
#[derive(Default)]
pub struct GoogleKeys(Mutex<Option<Kept>>);

struct Kept {
    keys: Arc<JwkSet>,
    until: Timestamp,
    asked_at: Timestamp,
}

impl GoogleKeys {
    /// The keys a token is to be checked with. A key we have not seen may be a new one: Google is asked, but not for each of a
    /// flood of made-up tokens. While Google does not answer, the keys it gave last still hold.
    pub async fn for_token(
        &self,
        http: &reqwest::Client,
        jwks_url: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<JwkSet>> {
        let mut kept = self.0.lock().await;
        if let Some(kept) = kept.as_ref() {
            let known = key_id(token).is_none_or(|id| kept.keys.find(&id).is_some());
            if (known && now < kept.until) || now.duration_since(kept.asked_at) < ASK_AGAIN {
                return Ok(kept.keys.clone());
            }
        }
        match google_oauth::certificates(http, jwks_url).await {
            Ok(fresh) => {
                let max_age = SignedDuration::try_from(fresh.max_age).unwrap_or(LONGEST).min(LONGEST);
                let keys = Arc::new(fresh.keys);
                *kept = Some(Kept { keys: keys.clone(), until: now + max_age, asked_at: now });
                Ok(keys)
            }
            Err(error) => match kept.as_mut() {
                Some(kept) => {
                    tracing::warn!(error = ?error, "Google's keys could not be read anew; the last ones still hold");
                    kept.asked_at = now;
                    Ok(kept.keys.clone())
                }
                None => Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests;
