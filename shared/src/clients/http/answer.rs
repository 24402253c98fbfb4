//! What a status and an error body mean for us.

use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::{reason, title, wait};
use crate::error::{Error, Kind};

/// Error bodies are small; of one that is not, the beginning is enough.
const MOST: usize = 64 << 10;

/// What Google says with 403 when it means 429.
const GOOGLE_LIMITS: [&str; 6] = [
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "dailyLimitExceeded",
    "quotaExceeded",
    "concurrentLimitExceeded",
    "RESOURCE_EXHAUSTED",
];

/// The error for an answer that is no success.
pub async fn refusal(mut response: Response, op: &'static str) -> Error {
    let mut bytes = Vec::new();
    // A body that breaks off still leaves the status.
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST {
            break;
        }
    }
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let status = response.status();
    let reason = reason::of(&body);
    let kind = kind(status, &reason);
    let wait = matches!(kind, Kind::RateLimited | Kind::Upstream)
        .then(|| wait::asked_for(status, response.headers(), &body, &reason))
        .flatten();
    let existing = (status == StatusCode::CONFLICT).then(|| reason::existing(&body)).flatten();
    Error::new(kind, detail(kind, status, &reason, op))
        .answered(status.as_u16(), reason)
        .by(op)
        .existing(existing)
        .after(wait)
}

/// One table for all providers; see each client for what differs.
pub fn kind(status: StatusCode, reason: &str) -> Kind {
    match status.as_u16() {
        // Bought and used up: no waiting brings it back.
        402 | 429 if reason.starts_with("insufficient_") || reason.starts_with("billing_") => Kind::Refused,
        429 => Kind::RateLimited,
        403 if GOOGLE_LIMITS.contains(&reason) => Kind::RateLimited,
        // HubSpot: 423 is a lock, 477 a portal that is being moved.
        401 | 408 | 423 | 425 | 477 | 500.. => Kind::Upstream,
        _ => Kind::Refused,
    }
}

fn detail(kind: Kind, status: StatusCode, reason: &str, op: &str) -> String {
    let who = title(op);
    match kind {
        Kind::RateLimited => format!("{who} asks us to slow down. Please try again in a moment."),
        Kind::Upstream if status == StatusCode::UNAUTHORIZED => format!("{who} did not accept our access."),
        Kind::Upstream => format!("{who} did not answer as it should. Please try again in a moment."),
        _ if reason.is_empty() => format!("{who} refused what was asked (HTTP {}).", status.as_u16()),
        _ => format!("{who} refused what was asked ({reason})."),
    }
}
