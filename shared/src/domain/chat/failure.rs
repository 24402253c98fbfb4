//! A turn without an answer: why, in words for the advisor.

use std::time::Duration;

use super::event::Event;
use crate::error::{Cause, Error, Kind};

/// A model that does not answer may do so again soon.
const AGAIN: Duration = Duration::from_secs(10);

/// What a client that waits for the whole is told: the error, and what had happened by then.
#[derive(Debug)]
pub struct Unanswered {
    pub error: Error,
    pub events: Vec<Event>,
}

impl Unanswered {
    pub(super) fn new(error: Error, events: Vec<Event>) -> Self {
        let error = match error.kind {
            Kind::Upstream => {
                let wait = error.retry_after.unwrap_or(AGAIN);
                Error::new(Kind::Unavailable, apology(&error))
                    .after(Some(wait))
                    .because(Cause::codes(format!("{error:?}")))
            }
            _ => error,
        };
        Self { error, events }
    }
}

/// What the advisor is told when there is no answer.
pub(super) fn apology(error: &Error) -> String {
    match error.kind {
        Kind::RateLimited if error.upstream.is_some() => {
            "OpenAI API rate limit exceeded. Please try again later.".into()
        }
        Kind::Upstream | Kind::Refused => "The language model did not answer. Please try again in a moment.".into(),
        Kind::Internal => "Something went wrong on our side. Please try again.".into(),
        _ => error.detail.to_string(),
    }
}

/// Nobody listens any more, which ends a turn.
pub(super) fn gone() -> Error {
    Error::new(Kind::BadRequest, "The client went away.")
}
