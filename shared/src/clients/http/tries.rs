//! The tries of one call: how many, when, and whether the next is worth it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Request, RequestBuilder};

use super::client::{Call, Client};
use super::{lanes, lost, silent, title, wait};
use crate::clients::circuit::{Circuit, Leave};
use crate::error::{Error, Kind, Result};
use crate::telemetry::Trail;

/// Repeats of one request, if it may be repeated at all.
const REPEATS: u32 = 2;
/// A call that took this long already is not repeated: somebody is waiting.
const LATE: Duration = Duration::from_secs(8);

pub struct Tries {
    client: Client,
    http: reqwest::Client,
    op: &'static str,
    lane: String,
    account: u64,
    circuit: Arc<Circuit>,
    /// What the next try sends; none when the last one is under way.
    request: Option<Request>,
    repeats: u32,
    done: u32,
    begun: Instant,
    ends: Instant,
    /// How the last one went.
    failed: Option<Error>,
}

impl Tries {
    pub fn of(call: Call, op: &'static str) -> Result<Self> {
        let begun = Instant::now();
        let ends = begun + call.patience(begun);
        let (http, request) = call.request?.build_split();
        let request = request.map_err(|error| lost(op, error, Kind::Internal))?;
        let (lane, account) = (lanes::lane(op, &request), lanes::account(&request));
        let circuit = call.client.lanes.circuit(&lane);
        circuit.called();
        let repeats = if call.repeatable { REPEATS } else { 0 };
        let client = call.client;
        Ok(Self {
            client,
            http,
            op,
            lane,
            account,
            circuit,
            request: Some(request),
            repeats,
            done: 0,
            begun,
            ends,
            failed: None,
        })
    }

    pub fn trail(&self) -> &Trail {
        &self.client.trail
    }

    /// The next request, with leave to send it.
    pub fn next(&mut self) -> Result<(RequestBuilder, Leave)> {
        let left = self.ends.saturating_duration_since(Instant::now());
        let allowed = if left.is_zero() {
            Err(silent(self.op).unasked().because("there is no time left to ask"))
        } else {
            self.leave()
        };
        // Whoever was asked already has given a better reason.
        let leave = allowed.map_err(|error| self.failed.take().unwrap_or(error))?;
        let mut request = self.request.take().ok_or_else(|| Error::internal("A request cannot be sent again."))?;
        self.request = if self.done < self.repeats { request.try_clone() } else { None };
        *request.timeout_mut() = Some(left);
        Ok((RequestBuilder::from_parts(self.http.clone(), request), leave))
    }

    fn leave(&self) -> Result<Leave> {
        let now = self.client.clock.instant();
        if let Some(wait) = self.client.lanes.paused(&self.lane, self.account, now) {
            let slowly = format!("{} asks us to slow down. Please try again in a moment.", title(self.op));
            return Err(Error::new(Kind::RateLimited, slowly).answered(429, "paused").after(Some(wait)));
        }
        let closed = |wait| silent(self.op).unasked().because("it has failed several times in a row").after(Some(wait));
        self.circuit.enter(now).map_err(closed)
    }

    /// Remembers how a try went, for all that come after it.
    pub fn note(&self, leave: Leave, error: Option<&Error>, took: Duration) {
        let now = self.client.clock.instant();
        match error {
            Some(error) if is_down(error) => leave.failed(took, now),
            Some(error) => {
                if let (Kind::RateLimited, Some(wait)) = (error.kind, error.retry_after) {
                    self.client.lanes.pause(&self.lane, self.account, wait, now);
                }
                leave.succeeded();
            }
            None => leave.succeeded(),
        }
    }

    /// Waits before another try, or gives the error back when there is none.
    pub async fn pause_after(&mut self, error: Error) -> Result<()> {
        let pause = wait::before_repeat(&error, self.done).filter(|pause| {
            let in_time = self.begun.elapsed() <= LATE && Instant::now() + *pause < self.ends;
            self.request.is_some() && in_time && self.circuit.may_repeat()
        });
        let Some(pause) = pause else { return Err(error) };
        tokio::time::sleep(pause).await;
        self.done += 1;
        self.failed = Some(error);
        Ok(())
    }
}

/// Whether it says something about the provider and not about what was asked.
fn is_down(error: &Error) -> bool {
    error.kind == Kind::Upstream && error.upstream_status().is_none_or(|status| status >= 500 || status == 408)
}
