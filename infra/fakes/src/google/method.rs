//! API methods as a table: who may call them, what they cost, and who answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State as Extract;
use axum::http::{HeaderValue, Method as Verb, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::call::Call;
use super::fields;
use super::gmail::mailbox::Mailbox;
use super::refusal::{Answer, Api, Refusal};
use super::state::{AccessToken, State};
use super::world::World;
use crate::server::lock;

/// One method of one API, as Google's discovery documents list them.
pub(super) struct Method {
    pub api: Api,
    pub verb: Verb,
    pub path: &'static str,
    /// Any of these suffices.
    pub scopes: &'static [&'static str],
    /// Gmail's quota units.
    pub units: u32,
    /// The query parameters it knows, beside the ones all methods have.
    pub params: &'static [&'static str],
    pub run: fn(&mut Scope<'_>) -> Answer,
}

/// What one call may touch.
pub(super) struct Scope<'a> {
    pub world: &'a Arc<World>,
    pub state: &'a mut State,
    pub token: AccessToken,
    pub call: &'a Call,
    pub now: Timestamp,
}

impl Scope<'_> {
    pub fn mailbox(&mut self) -> Result<&mut Mailbox, Refusal> {
        self.state
            .mailboxes
            .get_mut(&self.token.email)
            .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "failedPrecondition", "Mail service not enabled"))
    }

    /// Runs something beside the call, such as a notification.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.world.runtime.spawn(work);
    }

    /// Whether the token has one of these scopes.
    pub fn may(&self, scopes: &[&str]) -> bool {
        self.token.scopes.iter().any(|scope| scopes.contains(&scope.as_str()))
    }
}

/// Parameters every method accepts.
const COMMON: &[&str] = &[
    "$.xgafv",
    "access_token",
    "alt",
    "callback",
    "fields",
    "key",
    "oauth_token",
    "prettyPrint",
    "quotaUser",
    "uploadType",
    "upload_protocol",
    "userIp",
];

/// The most units one account may spend in a minute.
const UNITS_PER_MINUTE: u32 = 6_000;

pub(super) fn router(world: &Arc<World>, tables: &[&'static [Method]]) -> Router {
    let mut router = Router::new();
    for method in tables.iter().copied().flatten() {
        let Ok(filter) = MethodFilter::try_from(method.verb.clone()) else { continue };
        let answer = move |Extract(world): Extract<Arc<World>>, call: Call| async move { enter(&world, method, &call) };
        router = router.route(method.path, on(filter, answer));
    }
    router.with_state(world.clone())
}

/// Checks the caller, runs the method, and shapes its answer.
fn enter(world: &Arc<World>, method: &'static Method, call: &Call) -> Response {
    let mut state = lock(&world.state);
    let answer = admit(world, &mut state, method, call).and_then(|token| {
        let now = world.now();
        (method.run)(&mut Scope { world, state: &mut state, token, call, now })
    });
    if method.verb != Verb::GET {
        world.settle(&mut state);
    }
    drop(state);
    match answer {
        Ok(Value::Null) => StatusCode::NO_CONTENT.into_response(),
        Ok(value) if method.verb == Verb::GET && is_known(call, &value) => StatusCode::NOT_MODIFIED.into_response(),
        Ok(value) => shape(call, value),
        Err(refusal) => refusal.into_response(method.api),
    }
}

/// Whether the caller has this version already, as `If-None-Match` says.
fn is_known(call: &Call, value: &Value) -> bool {
    let Some(known) = call.header(header::IF_NONE_MATCH) else { return false };
    let etag = value.get("etag").and_then(Value::as_str);
    etag.is_some_and(|etag| known.split(',').any(|one| matches!(one.trim(), "*") || one.trim() == etag))
}

fn shape(call: &Call, value: Value) -> Response {
    let etag = value.get("etag").and_then(Value::as_str).and_then(|etag| HeaderValue::try_from(etag).ok());
    let value = match call.param("fields") {
        Some(mask) => match fields::select(&value, mask) {
            Ok(value) => value,
            Err(refusal) => return refusal.into_response(Api::Gmail),
        },
        None => value,
    };
    let pretty = call.param("prettyPrint") != Some("false");
    let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
    let mut answer = text.unwrap_or_default().into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
    if let Some(etag) = etag {
        headers.insert(header::ETAG, etag);
    }
    answer
}

fn admit(world: &World, state: &mut State, method: &'static Method, call: &Call) -> Result<AccessToken, Refusal> {
    let token = bearer(call)
        .ok_or_else(|| Refusal::new(StatusCode::UNAUTHORIZED, "required", LOGIN).at("header", "Authorization"))?;
    let Some(token) = state.access_tokens.get(token).filter(|token| token.expires > world.now()).cloned() else {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "authError", BAD_TOKEN).at("header", "Authorization"));
    };
    if method.api == Api::Gmail {
        known_params(method, call)?;
    }
    if !token.scopes.iter().any(|scope| method.scopes.contains(&scope.as_str())) {
        let mut refusal = Refusal::new(StatusCode::FORBIDDEN, "insufficientPermissions", FEW_SCOPES);
        refusal.scopes = method.scopes;
        return Err(refusal);
    }
    if method.api == Api::Gmail {
        let user = call.path("userId");
        if user != "me" && !user.eq_ignore_ascii_case(&token.email) {
            let message = format!("Delegation denied for {}", token.email);
            return Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message));
        }
        charge(world, &token, method.units)?;
    }
    Ok(token)
}

const LOGIN: &str = "Request is missing required authentication credential. Expected OAuth 2 access token, login \
                     cookie or other valid authentication credential. See \
                     https://developers.google.com/identity/sign-in/web/devconsole-project.";
const BAD_TOKEN: &str = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie \
                         or other valid authentication credential. See \
                         https://developers.google.com/identity/sign-in/web/devconsole-project.";
const FEW_SCOPES: &str = "Request had insufficient authentication scopes.";

/// The token of the `Authorization` header.
pub(super) fn bearer(call: &Call) -> Option<&str> {
    let (scheme, token) = call.header(header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn known_params(method: &Method, call: &Call) -> Result<(), Refusal> {
    let unknown =
        call.query.iter().find(|(name, _)| !COMMON.contains(&name.as_str()) && !method.params.contains(&name.as_str()));
    match unknown {
        None => Ok(()),
        Some((name, _)) => Err(Refusal::invalid(format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. Field '{name}' could \
             not be found in request message."
        ))),
    }
}

/// Gmail's limit per account and minute, when it is switched on.
fn charge(world: &World, token: &AccessToken, units: u32) -> Result<(), Refusal> {
    if !world.enforce_quota.load(Ordering::Relaxed) {
        return Ok(());
    }
    let now = world.now();
    let mut spent = lock(&world.spent);
    let ledger: &mut BTreeMap<_, _> = &mut spent;
    let minute = ledger.entry(format!("{} {}", token.email, token.client_id)).or_default();
    while minute.front().is_some_and(|(at, _)| *at + SignedDuration::from_mins(1) <= now) {
        minute.pop_front();
    }
    if minute.iter().map(|(_, units)| units).sum::<u32>() + units > UNITS_PER_MINUTE {
        let free = minute.front().map_or(now, |(at, _)| *at + SignedDuration::from_mins(1));
        let message = format!("User-rate limit exceeded.  Retry after {free:.3}");
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "rateLimitExceeded", message);
        return Err(refusal.in_domain("usageLimits"));
    }
    minute.push_back((now, units));
    Ok(())
}
