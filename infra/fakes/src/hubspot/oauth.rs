//! `/oauth/2026-09/token` with its neighbours, and `/oauth/v1` for as long as HubSpot keeps it.

use std::collections::HashMap;

use aws_lc_rs::digest;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::app::{App, Shared};
use super::guard::Caller;
use super::refusal::{Answer, Refusal};
use super::state::{Access, Grant, State as Remembered};
use crate::server::lock;

/// How long an access token lives.
const ACCESS_SECONDS: i64 = 1_800;
/// The day `/oauth/v1` stops: 2027-02-16, 00:00 UTC.
const V1_ENDS: i64 = 1_802_736_000;

/// A fresh opaque token. Access tokens are long: a store must not expect less.
fn access_token() -> String {
    let mut bytes = Vec::new();
    for _ in 0..12 {
        bytes.extend_from_slice(Uuid::new_v4().as_bytes());
    }
    format!("CN{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// A refresh token or an authorization code, both marked with the data centre.
pub fn short_token() -> String {
    format!("na1-{}", Uuid::new_v4())
}

/// The body of every refusal of the token endpoint.
fn refuse(error: &str, status: &str, message: &str) -> Refusal {
    let body = json!({
        "error": error,
        "error_description": message,
        "status": status,
        "message": message,
        "correlationId": Uuid::new_v4(),
    });
    Refusal { status: StatusCode::BAD_REQUEST, body }
}

fn bad_refresh_token() -> Refusal {
    refuse("invalid_grant", "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked")
}

type Form = HashMap<String, String>;

fn field<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

/// Reads the form and checks the client's credentials.
fn client_form(app: &App, headers: &HeaderMap, bytes: &Bytes) -> Result<Form, Refusal> {
    let form = read_form(headers, bytes)?;
    if field(&form, "client_id") != app.client_id {
        return Err(refuse("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id"));
    }
    if field(&form, "client_secret") != app.client_secret {
        return Err(refuse("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret"));
    }
    Ok(form)
}

fn read_form(headers: &HeaderMap, bytes: &Bytes) -> Result<Form, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "VALIDATION_ERROR",
            "The request must be application/x-www-form-urlencoded.",
        ));
    }
    Ok(url::form_urlencoded::parse(bytes).into_owned().collect())
}

/// Whether this request came to `/oauth/v1`, and whether that still stands.
fn check_version(app: &App, uri: &OriginalUri) -> Result<bool, Refusal> {
    let legacy = uri.path().starts_with("/oauth/v1/");
    if legacy && app.now().as_second() >= V1_ENDS {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "OBJECT_NOT_FOUND",
            "This API version is no longer available.",
        ));
    }
    Ok(legacy)
}

pub async fn token(State(app): State<Shared>, uri: OriginalUri, headers: HeaderMap, bytes: Bytes) -> Answer {
    let legacy = check_version(&app, &uri)?;
    let grant_type = read_form(&headers, &bytes)?.remove("grant_type").unwrap_or_default();
    if grant_type != "authorization_code" && grant_type != "refresh_token" {
        return Err(refuse("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type"));
    }
    let form = client_form(&app, &headers, &bytes)?;
    let now = app.now();
    let (refresh_token, grant) = if grant_type == "authorization_code" {
        exchange(&app, &form, now)?
    } else {
        let token = field(&form, "refresh_token");
        let grant = lock(&app.state).grants.get(token).filter(|grant| !grant.revoked).cloned();
        (token.to_owned(), grant.ok_or_else(bad_refresh_token)?)
    };
    let mut state = lock(&app.state);
    if !state.portals.contains_key(&grant.portal) {
        return Err(refuse("access_denied", "BAD_HUB", "the account has been deleted"));
    }
    let mut body = issue(&mut state, &grant, now);
    drop(state);
    app.changed();
    body["refresh_token"] = refresh_token.into();
    if !legacy {
        body["token_use"] = "access_token".into();
    }
    Ok(Json(body).into_response())
}

/// Redeems a code, once.
fn exchange(app: &App, form: &Form, now: Timestamp) -> Result<(String, Grant), Refusal> {
    let mut state = lock(&app.state);
    let bad_code = || refuse("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code");
    let code = state.codes.remove(field(form, "code")).ok_or_else(bad_code)?;
    if code.expires <= now {
        return Err(bad_code());
    }
    if code.redirect_uri != field(form, "redirect_uri") {
        let message = "missing or invalid redirect uri: it must match the one of the authorization request";
        return Err(refuse("invalid_grant", "BAD_REDIRECT_URI", message));
    }
    let verifier = field(form, "code_verifier");
    let is_proven = match &code.challenge {
        Some(challenge) => *challenge == URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes())),
        None => verifier.is_empty(),
    };
    if !is_proven {
        return Err(refuse("invalid_grant", "BAD_CODE_VERIFIER", "missing or invalid code verifier"));
    }
    let grant = Grant { portal: code.portal, user: code.user, scopes: code.scopes, revoked: false };
    let refresh_token = short_token();
    state.grants.insert(refresh_token.clone(), grant.clone());
    Ok((refresh_token, grant))
}

fn issue(state: &mut Remembered, grant: &Grant, now: Timestamp) -> Value {
    state.access.retain(|_, access| access.expires + SignedDuration::from_hours(24) > now);
    let token = access_token();
    let access = Access {
        portal: grant.portal,
        user: grant.user,
        scopes: grant.scopes.clone(),
        expires: now + SignedDuration::from_secs(ACCESS_SECONDS),
    };
    state.access.insert(token.clone(), access);
    json!({
        "access_token": token,
        "expires_in": ACCESS_SECONDS,
        "token_type": "bearer",
        "hub_id": grant.portal,
        "user_id": grant.user,
        "scopes": grant.scopes,
    })
}

/// What is known of a token, of either kind.
fn describe(app: &App, state: &Remembered, token: &str) -> Option<Value> {
    let now = app.now();
    let (portal, user, scopes, token_use, expires_in) = match (state.access.get(token), state.grants.get(token)) {
        (Some(one), _) if one.expires > now => {
            let left = one.expires.duration_since(now).as_secs();
            (one.portal, one.user, &one.scopes, "access_token", Some(left))
        }
        (_, Some(one)) if !one.revoked => (one.portal, one.user, &one.scopes, "refresh_token", None),
        _ => return None,
    };
    let account = state.portals.get(&portal)?;
    let email = account.users.iter().find(|one| one.id == user).map(|one| one.email.clone());
    let mut shown = json!({
        "active": true,
        "token_use": token_use,
        "token_type": "bearer",
        "hub_id": portal,
        "user_id": user,
        "app_id": state.webhook.as_ref().map_or(super::webhooks::DEFAULT_APP_ID, |target| target.app_id),
        "client_id": app.client_id,
        "user": email,
        "hub_domain": format!("portal-{portal}.example.com"),
        "scopes": scopes,
    });
    if let Some(left) = expires_in {
        shown["expires_in"] = left.into();
    }
    Some(shown)
}

pub async fn introspect(State(app): State<Shared>, headers: HeaderMap, bytes: Bytes) -> Answer {
    let form = client_form(&app, &headers, &bytes)?;
    let known = describe(&app, &lock(&app.state), field(&form, "token"));
    Ok(Json(known.unwrap_or_else(|| json!({ "active": false }))).into_response())
}

/// Ends a refresh token. The access tokens made from it live out their half hour.
pub async fn revoke(State(app): State<Shared>, headers: HeaderMap, bytes: Bytes) -> Answer {
    let form = client_form(&app, &headers, &bytes)?;
    if let Some(grant) = lock(&app.state).grants.get_mut(field(&form, "token")) {
        grant.revoked = true;
    }
    app.changed();
    Ok(StatusCode::OK.into_response())
}

/// `GET /oauth/v1/access-tokens/{token}`, `GET /oauth/v1/refresh-tokens/{token}`.
pub async fn legacy_token(State(app): State<Shared>, uri: OriginalUri, Path(token): Path<String>) -> Answer {
    check_version(&app, &uri)?;
    let mut known = describe(&app, &lock(&app.state), &token)
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "The token is expired or invalid"))?;
    known["token"] = token.into();
    if let Some(fields) = known.as_object_mut() {
        fields.remove("active");
        fields.remove("token_use");
    }
    Ok(Json(known).into_response())
}

/// `DELETE /oauth/v1/refresh-tokens/{token}`.
pub async fn legacy_revoke(State(app): State<Shared>, uri: OriginalUri, Path(token): Path<String>) -> Answer {
    check_version(&app, &uri)?;
    lock(&app.state).grants.get_mut(&token).ok_or_else(Refusal::not_found)?.revoked = true;
    app.changed();
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /appinstalls/2026-09/external-install`: the app leaves the calling portal.
pub async fn uninstall(State(app): State<Shared>, Extension(caller): Extension<Caller>) -> Answer {
    let mut state = lock(&app.state);
    for grant in state.grants.values_mut().filter(|grant| grant.portal == caller.portal) {
        grant.revoked = true;
    }
    state.access.retain(|_, access| access.portal != caller.portal);
    drop(state);
    app.changed();
    Ok(StatusCode::NO_CONTENT.into_response())
}
