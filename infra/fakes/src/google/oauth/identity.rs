//! Who somebody is: discovery, keys, user info, token info.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Extract;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::method::bearer;
use super::super::state::{AccessToken, Account};
use super::super::world::World;
use super::{OauthError, scopes};
use crate::server::lock;

const ISSUER: &str = "https://accounts.google.com";
const CACHE: &str = "public, max-age=21600, must-revalidate, no-transform";

/// `GET /oauth2/v3/certs`
pub(super) async fn certs(Extract(world): Extract<Arc<World>>) -> Response {
    let body = json!({ "keys": [world.signer.jwk()] });
    ([(header::CACHE_CONTROL, CACHE)], Json(body)).into_response()
}

/// `GET /.well-known/openid-configuration`
pub(super) async fn discovery(Extract(world): Extract<Arc<World>>) -> Response {
    let url = &world.url;
    let body = json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{url}/o/oauth2/v2/auth"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/v1/userinfo"),
        "revocation_endpoint": format!("{url}/revoke"),
        "jwks_uri": format!("{url}/oauth2/v3/certs"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "family_name", "given_name", "hd", "iat", "iss", "name",
                             "picture", "sub"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    });
    ([(header::CACHE_CONTROL, "public, max-age=3600")], Json(body)).into_response()
}

/// What an id_token says about the person, as far as the scopes allow.
pub(super) fn claims(account: &Account, granted: &[String]) -> Value {
    let mut claims = json!({ "iss": ISSUER, "sub": account.sub });
    if scopes::has_email(granted) {
        claims["email"] = json!(account.email);
        claims["email_verified"] = json!(true);
        // Whose domain is not Google's own has it in a Workspace, here.
        if let Some((_, domain)) = account.email.split_once('@').filter(|(_, domain)| *domain != "gmail.com") {
            claims["hd"] = json!(domain);
        }
    }
    if scopes::has_profile(granted) {
        claims["name"] = json!(account.name);
        claims["picture"] = json!(picture(account));
        claims["given_name"] = json!(account.given_name);
        claims["family_name"] = json!(account.family_name);
    }
    claims
}

fn picture(account: &Account) -> String {
    format!("https://lh3.googleusercontent.com/a/{}=s96-c", account.sub)
}

/// The live token of the call and its account.
fn holder(world: &World, call: &Call) -> Option<(AccessToken, Account)> {
    let name = bearer(call).or_else(|| call.param("access_token"))?;
    let state = lock(&world.state);
    let token = state.access_tokens.get(name).filter(|token| token.expires > world.now())?;
    let account = state.account(&token.email)?;
    Some((token.clone(), account.clone()))
}

/// `GET /v1/userinfo`
pub(super) async fn userinfo(Extract(world): Extract<Arc<World>>, call: Call) -> Response {
    let Some((token, account)) = holder(&world, &call) else {
        return OauthError::new(401, "invalid_request", "Invalid Credentials").into_response();
    };
    let mut body = claims(&account, &token.scopes);
    if let Some(map) = body.as_object_mut() {
        map.remove("iss");
    }
    Json(body).into_response()
}

/// `GET /oauth2/v2/userinfo`: the older field names.
pub(super) async fn userinfo_v2(Extract(world): Extract<Arc<World>>, call: Call) -> Response {
    let Some((token, account)) = holder(&world, &call) else {
        let error = json!({ "code": 401, "message": "Invalid Credentials", "status": "UNAUTHENTICATED" });
        return (axum::http::StatusCode::UNAUTHORIZED, Json(json!({ "error": error }))).into_response();
    };
    let mut body = json!({ "id": account.sub });
    if scopes::has_email(&token.scopes) {
        body["email"] = json!(account.email);
        body["verified_email"] = json!(true);
    }
    if scopes::has_profile(&token.scopes) {
        body["name"] = json!(account.name);
        body["given_name"] = json!(account.given_name);
        body["family_name"] = json!(account.family_name);
        body["picture"] = json!(picture(&account));
    }
    Json(body).into_response()
}

fn invalid_token() -> Response {
    OauthError::new(400, "invalid_token", "Invalid Value").into_response()
}

/// `GET /oauth2/v2/tokeninfo`
pub(super) async fn tokeninfo_v2(Extract(world): Extract<Arc<World>>, call: Call) -> Response {
    let Some((token, account)) = holder(&world, &call) else { return invalid_token() };
    let mut body = json!({
        "issued_to": token.client_id,
        "audience": token.client_id,
        "user_id": account.sub,
        "scope": token.scopes.join(" "),
        "expires_in": token.expires.as_second() - world.now().as_second(),
        "access_type": "offline",
    });
    if scopes::has_email(&token.scopes) {
        body["email"] = json!(account.email);
        body["verified_email"] = json!(true);
    }
    Json(body).into_response()
}

/// `GET /oauth2/v3/tokeninfo`: numbers and booleans as strings.
pub(super) async fn tokeninfo(Extract(world): Extract<Arc<World>>, call: Call) -> Response {
    let Some((token, account)) = holder(&world, &call) else { return invalid_token() };
    let mut body = json!({
        "azp": token.client_id,
        "aud": token.client_id,
        "sub": account.sub,
        "scope": token.scopes.join(" "),
        "exp": token.expires.as_second().to_string(),
        "expires_in": (token.expires.as_second() - world.now().as_second()).to_string(),
        "access_type": "offline",
    });
    if scopes::has_email(&token.scopes) {
        body["email"] = json!(account.email);
        body["email_verified"] = json!("true");
    }
    Json(body).into_response()
}
