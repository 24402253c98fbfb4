//! The minute's budget of requests and tokens, and the headers that tell of it.

use std::sync::Mutex;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;

use super::refusal::Refusal;
use crate::server::lock;

/// What one key may do in a minute.
#[derive(Clone, Copy, Debug)]
pub struct PerMinute {
    pub requests: usize,
    pub tokens: usize,
}

impl Default for PerMinute {
    /// A paid account's middle tier.
    fn default() -> Self {
        Self { requests: 10_000, tokens: 10_000_000 }
    }
}

pub struct Limits {
    most: PerMinute,
    spent: Mutex<Spent>,
}

#[derive(Default)]
struct Spent {
    minute: i64,
    requests: usize,
    tokens: usize,
}

impl Spent {
    fn at(&mut self, now: Timestamp) -> &mut Self {
        let minute = now.as_second().div_euclid(60);
        if minute != self.minute {
            *self = Self { minute, ..Self::default() };
        }
        self
    }
}

impl Limits {
    pub fn new(most: PerMinute) -> Self {
        Self { most, spent: Mutex::default() }
    }

    /// Books a request, which counts even when it is refused.
    pub fn charge(&self, now: Timestamp, tokens: usize) -> Result<(), Refusal> {
        let mut spent = lock(&self.spent);
        let spent = spent.at(now);
        spent.requests += 1;
        let (what, most) = if spent.requests > self.most.requests {
            ("requests", self.most.requests)
        } else if spent.tokens + tokens > self.most.tokens {
            ("tokens", self.most.tokens)
        } else {
            spent.tokens += tokens;
            return Ok(());
        };
        let wait = seconds_left(now);
        let message = format!("Rate limit reached on {what} per min: Limit {most}. Please try again in {wait}s.");
        let mut refusal =
            Refusal::invalid(message).coded("rate_limit_exceeded").with_status(StatusCode::TOO_MANY_REQUESTS);
        what.clone_into(&mut refusal.kind);
        refusal.retry_after_seconds = Some(wait);
        Err(refusal)
    }

    pub fn tell(&self, now: Timestamp, headers: &mut HeaderMap) {
        let mut spent = lock(&self.spent);
        let spent = spent.at(now);
        let reset = format!("{}s", seconds_left(now));
        let pairs = [
            ("x-ratelimit-limit-requests", self.most.requests.to_string()),
            ("x-ratelimit-limit-tokens", self.most.tokens.to_string()),
            ("x-ratelimit-remaining-requests", self.most.requests.saturating_sub(spent.requests).to_string()),
            ("x-ratelimit-remaining-tokens", self.most.tokens.saturating_sub(spent.tokens).to_string()),
            ("x-ratelimit-reset-requests", reset.clone()),
            ("x-ratelimit-reset-tokens", reset),
        ];
        for (name, value) in pairs {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

fn seconds_left(now: Timestamp) -> u64 {
    60 - u64::try_from(now.as_second().rem_euclid(60)).unwrap_or_default()
}
