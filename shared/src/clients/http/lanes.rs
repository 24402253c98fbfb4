//! What a process knows of those it calls: how they answered lately, and who asked not to be called for a while.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Request;
use reqwest::header::AUTHORIZATION;

use crate::clients::circuit::Circuit;

/// Pauses remembered at most; the oldest is forgotten first.
const MOST: usize = 1_000;

/// Shared by all clones of a client.
#[derive(Default)]
pub struct Lanes {
    circuits: Mutex<BTreeMap<String, Arc<Circuit>>>,
    pauses: Mutex<BTreeMap<(String, u64), Instant>>,
}

impl Lanes {
    pub fn circuit(&self, lane: &str) -> Arc<Circuit> {
        let mut circuits = locked(&self.circuits);
        if let Some(known) = circuits.get(lane) {
            return known.clone();
        }
        circuits.entry(lane.to_owned()).or_default().clone()
    }

    /// How long this account is not to be called, if it is not.
    pub fn paused(&self, lane: &str, account: u64, now: Instant) -> Option<Duration> {
        let until = *locked(&self.pauses).get(&(lane.to_owned(), account))?;
        until.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    pub fn pause(&self, lane: &str, account: u64, wait: Duration, now: Instant) {
        let mut pauses = locked(&self.pauses);
        if pauses.len() >= MOST {
            pauses.retain(|_, until| *until > now);
        }
        if pauses.len() >= MOST {
            pauses.pop_first();
        }
        let until = pauses.entry((lane.to_owned(), account)).or_insert(now);
        *until = (*until).max(now + wait);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What fails together: one provider's API at one address. The models fail each for itself.
pub fn lane(op: &str, request: &Request) -> String {
    let api = if op.starts_with("openai.") { op } else { op.split('.').next().unwrap_or(op) };
    format!("{api} {}", request.url().origin().ascii_serialization())
}

/// Whose limits a request counts against: whoever's token it carries.
pub fn account(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.headers().get(AUTHORIZATION).map(reqwest::header::HeaderValue::as_bytes).hash(&mut hasher);
    hasher.finish()
}
