//! What a refusal of a token endpoint means (RFC 6749 §5.2), for both providers.

use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Kind};

/// Codes that say the grant itself is over. HubSpot also sends its own spellings, in bodies without `error`.
const ENDED: [&str; 4] = ["invalid_grant", "access_denied", "BAD_REFRESH_TOKEN", "BAD_HUB"];
/// HubSpot's spellings for a code that is spent or was never given.
const BAD_CODE: [&str; 2] = ["BAD_AUTH_CODE", "BAD_CODE_VERIFIER"];

/// A refused refresh: the advisor has to connect again, or our configuration is wrong; never one for the other.
pub fn refresh_error(error: Error, provider: &str) -> Error {
    match reason(&error) {
        Some((status, reason)) if ENDED.contains(&reason.as_str()) => {
            Error::reconnect(provider).answered(status, reason)
        }
        Some((status, reason)) => misconfigured(provider, status, reason),
        None => error,
    }
}

/// A refused exchange: the code is spent (`Refused`, as it came), or our configuration is wrong.
pub fn exchange_error(error: Error, provider: &str) -> Error {
    match reason(&error) {
        Some((_, reason)) if ENDED.contains(&reason.as_str()) || BAD_CODE.contains(&reason.as_str()) => error,
        Some((status, reason)) => misconfigured(provider, status, reason),
        None => error,
    }
}

/// Status and code of an answer that will not change by itself.
fn reason(error: &Error) -> Option<(u16, String)> {
    let said = error.upstream.as_ref()?;
    (error.kind == Kind::Refused || said.status == 401).then(|| (said.status, said.reason.clone()))
}

fn misconfigured(provider: &str, status: u16, reason: String) -> Error {
    Error::internal(format!("{provider} does not accept this application's registration.")).answered(status, reason)
}

/// When a token that lives for so many seconds ends.
pub fn expires_at(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds.max(0))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, reason: &str) -> Error {
        let kind = if status == 401 || status >= 500 { Kind::Upstream } else { Kind::Refused };
        Error::new(kind, "").answered(status, reason)
    }

    #[test]
    fn only_an_ended_grant_asks_the_advisor_to_connect_again() {
        for (status, reason, kind) in [
            (400, "invalid_grant", Kind::Reconnect),
            (400, "access_denied", Kind::Reconnect),
            (400, "BAD_REFRESH_TOKEN", Kind::Reconnect),
            (401, "invalid_client", Kind::Internal),
            (400, "unauthorized_client", Kind::Internal),
            (400, "", Kind::Internal),
            (404, "", Kind::Internal),
            (503, "", Kind::Upstream),
        ] {
            assert_eq!(refresh_error(refused(status, reason), "Google").kind, kind, "{status} {reason}");
        }
        assert_eq!(refresh_error(Error::new(Kind::RateLimited, ""), "Google").kind, Kind::RateLimited);
    }

    #[test]
    fn a_spent_code_is_no_fault_of_the_configuration() {
        for (status, reason, kind) in [
            (400, "invalid_grant", Kind::Refused),
            (400, "BAD_AUTH_CODE", Kind::Refused),
            (400, "redirect_uri_mismatch", Kind::Internal),
            (401, "invalid_client", Kind::Internal),
            (500, "", Kind::Upstream),
        ] {
            assert_eq!(exchange_error(refused(status, reason), "HubSpot").kind, kind, "{status} {reason}");
        }
    }
}
