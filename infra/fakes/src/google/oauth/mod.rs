//! Sign-in with Google: OAuth 2.0 for web servers and OpenID Connect, on one origin.
//!
//! Source: developers.google.com/identity/protocols/oauth2/web-server and /openid-connect/openid-connect.

mod authorize;
mod consent;
mod forge;
mod identity;
mod scopes;
mod token;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::world::World;
pub use forge::{Forgery, Signature};

pub(super) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/o/oauth2/v2/auth", get(authorize::show))
        .route("/o/oauth2/auth", get(authorize::show))
        .route("/signin/oauth/consent", get(authorize::approve))
        .route("/token", post(token::exchange))
        .route("/oauth2/v4/token", post(token::exchange))
        .route("/revoke", post(token::revoke))
        .route("/o/oauth2/revoke", post(token::revoke))
        .route("/oauth2/v3/certs", get(identity::certs))
        .route("/.well-known/openid-configuration", get(identity::discovery))
        .route("/v1/userinfo", get(identity::userinfo).post(identity::userinfo))
        .route("/oauth2/v3/userinfo", get(identity::userinfo).post(identity::userinfo))
        .route("/oauth2/v2/userinfo", get(identity::userinfo_v2))
        .route("/userinfo/v2/me", get(identity::userinfo_v2))
        .route("/oauth2/v2/tokeninfo", get(identity::tokeninfo_v2).post(identity::tokeninfo_v2))
        .route("/oauth2/v3/tokeninfo", get(identity::tokeninfo).post(identity::tokeninfo))
        .route("/tokeninfo", get(identity::tokeninfo).post(identity::tokeninfo))
        .with_state(world.clone())
}

/// The error body of the token and identity endpoints.
#[derive(Debug)]
struct OauthError {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl OauthError {
    fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, error, description: description.into() }
    }

    fn missing(parameter: &str) -> Self {
        Self::new(400, "invalid_request", format!("Missing required parameter: {parameter}"))
    }

    fn grant(description: &str) -> Self {
        Self::new(400, "invalid_grant", description)
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut answer = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED && self.error == "invalid_request" {
            let challenge = "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_request\"";
            answer.headers_mut().insert("www-authenticate", axum::http::HeaderValue::from_static(challenge));
        }
        answer
    }
}
