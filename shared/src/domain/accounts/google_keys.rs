//! Google's signing keys, kept for as long as Google says they may be.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;

use super::id_token::key_id;
use crate::clients::google_oauth;
use crate::clients::http::Client;
use crate::error::{Error, Kind, Result};

/// However many unknown keys are named to us, Google is asked no more often than this.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// Whatever Google says, keys are looked at anew after this.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// Whoever calls a webhook is answered in seconds, and whoever signs in looks at an empty page.
const PATIENCE: Duration = Duration::from_secs(2);

/// Shared by all that checks what Google signed.
#[derive(Default)]
pub struct GoogleKeys {
    state: Mutex<State>,
    /// Held by whoever asks Google: one at a time.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    /// When Google last did not answer.
    silent: Option<Instant>,
}

struct Kept {
    keys: Arc<JwkSet>,
    until: Timestamp,
    asked_at: Timestamp,
}

/// What is known already.
enum Known {
    /// As good as it gets.
    Good(Arc<JwkSet>),
    /// The key is there, and Google should be asked whether it still is.
    Old(Arc<JwkSet>),
    Missing,
}

impl GoogleKeys {
    /// The keys a token is to be checked with. A key we have not seen may be a new one: Google is asked, but not for each of a
    /// flood of made-up tokens. While Google does not answer, the keys it gave last still hold.
    pub async fn for_token(&self, http: &Client, jwks_url: &str, token: &str, now: Timestamp) -> Result<Arc<JwkSet>> {
        let (id, begun) = (key_id(token), Instant::now());
        let _asking = match self.known(id.as_deref(), now) {
            Known::Good(keys) => return Ok(keys),
            Known::Old(keys) => match self.asking.try_lock() {
                Ok(asking) => asking,
                // Somebody asks already, and may wait for it; nobody else has to.
                Err(_) => return Ok(keys),
            },
            Known::Missing => self.asking.lock().await,
        };
        if let Known::Good(keys) = self.known(id.as_deref(), now) {
            return Ok(keys);
        }
        if self.state(|state| state.kept.is_none() && state.silent.is_some_and(|since| since > begun)) {
            return Err(silence());
        }
        let answer = tokio::time::timeout(PATIENCE, google_oauth::certificates(http, jwks_url)).await;
        match answer.unwrap_or_else(|_| Err(silence())) {
            Ok(fresh) if !fresh.keys.keys.is_empty() => {
                let max_age = SignedDuration::try_from(fresh.max_age).unwrap_or(LONGEST).min(LONGEST);
                let keys = Arc::new(fresh.keys);
                let kept = Kept { keys: keys.clone(), until: now + max_age, asked_at: now };
                self.state(|state| state.kept = Some(kept));
                Ok(keys)
            }
            failed => {
                let error = failed.err().unwrap_or_else(silence);
                let last = self.state(|state| {
                    state.silent = Some(Instant::now());
                    let kept = state.kept.as_mut()?;
                    kept.asked_at = now;
                    Some(kept.keys.clone())
                });
                if last.is_some() {
                    tracing::warn!(error = ?error, "Google's keys could not be read anew; the last ones still hold");
                }
                last.ok_or(error)
            }
        }
    }

    fn known(&self, id: Option<&str>, now: Timestamp) -> Known {
        self.state(|state| {
            let Some(kept) = &state.kept else { return Known::Missing };
            let is_there = id.is_none_or(|id| kept.keys.find(id).is_some());
            if (is_there && now < kept.until) || now.duration_since(kept.asked_at) < ASK_AGAIN {
                Known::Good(kept.keys.clone())
            } else if is_there {
                Known::Old(kept.keys.clone())
            } else {
                Known::Missing
            }
        })
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn silence() -> Error {
    Error::new(Kind::Upstream, "Google did not say which keys it signs with. Please try again in a moment.")
}

#[cfg(test)]
mod tests;
