//! Who is calling: the bearer token, its scopes, and the limits of its account.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::app::{MAX_REQUESTS, Shared, WINDOW};
use super::kind::{Access, Kind};
use super::portal::Source;
use super::refusal::Refusal;
use super::timestamp;
use crate::server::lock;

/// The account and scopes of a valid access token.
#[derive(Clone, Debug)]
pub struct Caller {
    pub portal: i64,
    pub scopes: Vec<String>,
    pub source: Source,
}

impl Caller {
    pub fn may(&self, kind: Kind, access: Access) -> Result<(), Refusal> {
        self.one_of(&[kind.scope(access)])
    }

    /// Refuses with 403 `MISSING_SCOPES` unless one of the scopes was granted.
    pub fn one_of(&self, scopes: &[&str]) -> Result<(), Refusal> {
        if scopes.iter().any(|scope| self.scopes.iter().any(|granted| granted == scope)) {
            Ok(())
        } else {
            Err(Refusal::missing_scopes(scopes))
        }
    }
}

/// Lets a request with a good token through, within the limits, and adds the rate-limit headers to the answer.
pub async fn guard(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let caller = match authenticate(&app, request.headers().get(header::AUTHORIZATION)) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let enforced = lock(&app.settings).enforce_limits;
    let portal = caller.portal;
    request.extensions_mut().insert(caller);

    // Searches have a limit of their own, and answer without the headers.
    if request.uri().path().ends_with("/search") {
        if app.count_search(portal).is_none() && enforced {
            return Refusal::rate_limited("SECONDLY").into_response();
        }
        return next.run(request).await;
    }
    let left = app.count_request(portal);
    let mut answer = if left.is_none() && enforced {
        Refusal::rate_limited("TEN_SECONDLY_ROLLING").into_response()
    } else {
        next.run(request).await
    };
    let headers = answer.headers_mut();
    let mut add = |name: &'static str, value: usize| {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    };
    add("x-hubspot-ratelimit-max", MAX_REQUESTS);
    add("x-hubspot-ratelimit-remaining", left.unwrap_or(0));
    add("x-hubspot-ratelimit-interval-milliseconds", usize::try_from(WINDOW.as_millis()).unwrap_or(0));
    answer
}

fn authenticate(app: &Shared, header: Option<&HeaderValue>) -> Result<Caller, Refusal> {
    let token = header
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(Refusal::unauthenticated)?;
    let access = lock(&app.state).access.get(token).cloned().ok_or_else(Refusal::unauthenticated)?;
    let late = app.now().duration_since(access.expires);
    if !late.is_negative() {
        let message = format!("The OAuth token used to make this call expired {} second(s) ago.", late.as_secs());
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "EXPIRED_AUTHENTICATION", message)
            .with("context", json!({ "expire time": [timestamp(access.expires)] })));
    }
    let source = Source::Integration { app_id: app.app_id() };
    Ok(Caller { portal: access.portal, scopes: access.scopes, source })
}
