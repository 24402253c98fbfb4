//! How long to wait before a provider is asked again.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{header, reason};
use crate::error::{Error, Kind};

/// Whoever asks for more patience than this is waited for by the task, not by the call.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest pause before the first repeat, unless a longer one is asked for.
const FIRST: Duration = Duration::from_secs(1);
/// No answer holds a task up for longer; whoever is still closed then says so again.
const MOST: Duration = Duration::from_secs(24 * 60 * 60);
/// A daily limit ends at a midnight we do not know.
const DAILY: Duration = Duration::from_secs(60 * 60);
/// HubSpot's burst window, when it does not name it.
const HUBSPOT_WINDOW: Duration = Duration::from_secs(10);

/// The pause before repeat number `done + 1`, or `None` when the error is not worth one here.
pub fn before_repeat(error: &Error, done: u32) -> Option<Duration> {
    let worth_it = match error.kind {
        // A token that is refused once is refused again.
        Kind::Upstream => error.upstream_status() != Some(401),
        Kind::RateLimited => true,
        _ => false,
    };
    let asked = error.retry_after.unwrap_or_default();
    // Those who were asked to wait together do not come back together.
    (worth_it && asked <= PATIENCE).then(|| asked + jittered(done))
}

/// Full jitter: anything up to a second, then up to two.
fn jittered(done: u32) -> Duration {
    let mut random = [0; 2];
    // Without random numbers there is merely no pause.
    let _ = aws_lc_rs::rand::fill(&mut random);
    (FIRST * 2u32.pow(done.min(1))).mul_f64(f64::from(u16::from_be_bytes(random)) / f64::from(u16::MAX))
}

/// What the answer asks for, in whichever way the vendor says it.
///
/// Moments are measured from the answer's own `Date`: the provider's clock, not ours.
pub fn asked_for(status: StatusCode, headers: &HeaderMap, body: &Value, reason: &str) -> Option<Duration> {
    let answered_at = header(headers, "date").and_then(http_date);
    let wait = milliseconds(headers, "retry-after-ms")
        .or_else(|| retry_after(header(headers, "retry-after")?, answered_at))
        .or_else(|| google(reason::message(body), answered_at))
        .or_else(|| hubspot(headers, reason))
        // Every answer of OpenAI's tells when its limits are whole again; only a refusal means it.
        .or_else(|| openai(headers).filter(|_| status == StatusCode::TOO_MANY_REQUESTS))
        .or_else(|| (status.as_u16() == 423).then_some(Duration::from_secs(2)));
    wait.map(|wait| wait.min(MOST))
}

/// RFC 9110 §10.2.3: seconds, or a date.
fn retry_after(text: &str, answered_at: Option<Timestamp>) -> Option<Duration> {
    match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => until(http_date(text)?, answered_at?),
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

fn until(moment: Timestamp, answered_at: Timestamp) -> Option<Duration> {
    let wait = moment.duration_since(answered_at);
    Some(Duration::try_from(wait).unwrap_or_default())
}

/// Gmail's sentence: `User-rate limit exceeded.  Retry after 2026-11-24T08:00:00.000Z`.
fn google(message: &str, answered_at: Option<Timestamp>) -> Option<Duration> {
    let (_, moment) = message.split_once("Retry after ")?;
    let moment = moment.split_whitespace().next()?.trim_end_matches(['.', ',', ')']);
    until(moment.parse().ok()?, answered_at?)
}

/// HubSpot says which limit it was, and seldom for how long.
fn hubspot(headers: &HeaderMap, reason: &str) -> Option<Duration> {
    match reason {
        "DAILY" | "dailyLimitExceeded" => Some(DAILY),
        // Searches: so many in each second.
        "SECONDLY" => Some(Duration::from_secs(1)),
        "TEN_SECONDLY_ROLLING" | "RATE_LIMIT" | "RATE_LIMITS" => {
            Some(milliseconds(headers, "x-hubspot-ratelimit-interval-milliseconds").unwrap_or(HUBSPOT_WINDOW))
        }
        _ => None,
    }
}

/// The limit that is used up tells when it is whole again; if none says it is, the one that takes longer.
fn openai(headers: &HeaderMap) -> Option<Duration> {
    let limits = ["requests", "tokens"].map(|what| {
        let spent = header(headers, &format!("x-ratelimit-remaining-{what}")) == Some("0");
        (spent, header(headers, &format!("x-ratelimit-reset-{what}")).and_then(go_duration))
    });
    let spent = limits.iter().filter(|(spent, _)| *spent).filter_map(|(_, reset)| *reset).max();
    spent.or_else(|| limits.iter().filter_map(|(_, reset)| *reset).max())
}

/// Go's way of writing durations, `6m0s` or `1.5s`. Others send plain or negative numbers, which say nothing.
fn go_duration(text: &str) -> Option<Duration> {
    Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()
}

fn milliseconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    let milliseconds: f64 = header(headers, name)?.parse().ok()?;
    Duration::try_from_secs_f64(milliseconds / 1000.0).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    fn wait(status: u16, headers: &[(&'static str, &'static str)], body: &Value) -> Option<u128> {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let status = StatusCode::from_u16(status).unwrap();
        asked_for(status, &headers.collect(), body, &reason::of(body)).map(|wait| wait.as_millis())
    }

    #[test]
    fn every_vendors_way_of_saying_later_is_understood() {
        let date = ("date", "Tue, 24 Nov 2026 08:00:00 GMT");
        let google = json!({ "error": { "message": "Limit exceeded.  Retry after 2026-11-24T08:00:30.500Z" } });
        let policy = |name: &str| json!({ "status": "error", "policyName": name });
        let nothing = Value::Null;

        assert_eq!(wait(429, &[("retry-after", "7")], &nothing), Some(7_000));
        assert_eq!(wait(429, &[("retry-after", "Tue, 24 Nov 2026 08:01:00 GMT"), date], &nothing), Some(60_000));
        assert_eq!(wait(429, &[("retry-after", "Tue, 24 Nov 2026 07:59:00 GMT"), date], &nothing), Some(0));
        assert_eq!(wait(429, &[("retry-after-ms", "1250"), ("retry-after", "2")], &nothing), Some(1_250));
        assert_eq!(wait(403, &[date], &google), Some(30_500));
        assert_eq!(wait(429, &[], &policy("SECONDLY")), Some(1_000));
        assert_eq!(wait(429, &[], &policy("TEN_SECONDLY_ROLLING")), Some(10_000));
        let interval = [("x-hubspot-ratelimit-interval-milliseconds", "5000")];
        assert_eq!(wait(429, &interval, &policy("TEN_SECONDLY_ROLLING")), Some(5_000));
        assert_eq!(wait(429, &[], &policy("DAILY")), Some(3_600_000));
        assert_eq!(wait(423, &[], &nothing), Some(2_000));
        assert_eq!(wait(477, &[("retry-after", "9999999")], &nothing), Some(86_400_000));
    }

    #[test]
    fn the_limit_that_is_used_up_decides() {
        let resets = [("x-ratelimit-reset-requests", "1s"), ("x-ratelimit-reset-tokens", "6m0s")];
        let spent = |name| [&resets[..], &[(name, "0")]].concat();

        assert_eq!(wait(429, &resets, &Value::Null), Some(360_000));
        assert_eq!(wait(500, &resets, &Value::Null), None, "no limit is the reason");
        assert_eq!(wait(429, &spent("x-ratelimit-remaining-requests"), &Value::Null), Some(1_000));
        assert_eq!(wait(429, &spent("x-ratelimit-remaining-tokens"), &Value::Null), Some(360_000));
    }

    #[test]
    fn nonsense_asks_for_nothing() {
        for value in ["", "soon", "-1", "NaN", "inf", "Tue, 24 Nov 2026 08:01:00 GMT"] {
            assert_eq!(wait(429, &[("retry-after", value)], &Value::Null), None, "{value}");
        }
        for value in ["0", "-1", "", "6 apples"] {
            assert_eq!(wait(429, &[("x-ratelimit-reset-requests", value)], &Value::Null), None, "{value}");
        }
        assert_eq!(wait(403, &[], &json!({ "error": { "message": "Retry after tomorrow" } })), None);
    }

    #[test]
    fn long_waits_are_left_to_the_task() {
        let limited = |seconds| Error::new(Kind::RateLimited, "").after(Some(Duration::from_secs(seconds)));

        let pause = before_repeat(&limited(2), 0).unwrap().as_millis();
        assert!((2_000..=3_000).contains(&pause), "{pause}");
        assert!(before_repeat(&limited(3), 0).is_none());
        assert!(before_repeat(&Error::new(Kind::Upstream, "").answered(401, ""), 0).is_none());
        assert!(before_repeat(&Error::new(Kind::Refused, "").answered(400, ""), 0).is_none());
    }

    /// As many as there are at once after an outage; see `jitter` in `cargo dev outages`.
    #[test]
    fn repeats_are_spread_evenly() {
        for (done, longest) in [(0, 1_000), (1, 2_000)] {
            let mut bins = vec![0; longest / 100 + 1];
            for _ in 0..200 {
                let pause = before_repeat(&Error::new(Kind::Upstream, ""), done).unwrap().as_millis();
                bins[usize::try_from(pause).unwrap() / 100] += 1;
            }
            assert!(bins.iter().all(|bin| *bin <= 40), "more than a fifth in a tenth of a second: {bins:?}");
        }
    }
}
