//! Google's own error answers, in the shapes of its newer (Gmail) and older (Calendar) front ends.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Which front end answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Api {
    /// Has `status` in its error bodies and refuses parameters it does not know.
    Gmail,
    /// Has neither.
    Calendar,
}

/// One refused API call.
#[derive(Debug)]
pub(super) struct Refusal {
    pub code: StatusCode,
    pub domain: &'static str,
    pub reason: &'static str,
    pub message: String,
    /// `locationType` and `location`.
    pub location: Option<(&'static str, &'static str)>,
    /// The scopes that would have sufficed, for `insufficientPermissions`.
    pub scopes: &'static [&'static str],
}

pub(super) type Answer = Result<Value, Refusal>;

impl Refusal {
    pub fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, domain: "global", reason, message: message.into(), location: None, scopes: &[] }
    }

    pub fn in_domain(mut self, domain: &'static str) -> Self {
        self.domain = domain;
        self
    }

    pub fn at(mut self, kind: &'static str, location: &'static str) -> Self {
        self.location = Some((kind, location));
        self
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalidArgument", message)
    }

    /// Gmail's 404.
    pub fn no_entity() -> Self {
        Self::new(StatusCode::NOT_FOUND, "notFound", "Requested entity was not found.")
    }

    /// Calendar's 404.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "notFound", "Not Found")
    }

    pub fn into_response(self, api: Api) -> Response {
        let challenge = self.challenge();
        let mut answer = (self.code, Json(self.body(api))).into_response();
        if let Some(value) = challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        answer
    }

    fn challenge(&self) -> Option<String> {
        let realm = r#"Bearer realm="https://accounts.google.com/""#;
        match self.reason {
            "authError" => Some(format!(r#"{realm}, error="invalid_token""#)),
            "required" if self.code == StatusCode::UNAUTHORIZED => Some(realm.to_owned()),
            "insufficientPermissions" => {
                Some(format!(r#"{realm}, error="insufficient_scope", scope="{}""#, self.scopes.join(" ")))
            }
            _ => None,
        }
    }

    fn body(&self, api: Api) -> Value {
        // The outer message of these two differs from the inner one.
        let inner = match self.reason {
            "authError" => "Invalid Credentials",
            "insufficientPermissions" => "Insufficient Permission",
            _ => &self.message,
        };
        let mut item = json!({ "message": inner, "domain": self.domain, "reason": self.reason });
        if let Some((kind, location)) = self.location {
            item["locationType"] = json!(kind);
            item["location"] = json!(location);
        }
        let mut error = json!({ "code": self.code.as_u16(), "message": self.message, "errors": [item] });
        if api == Api::Gmail || matches!(self.code.as_u16(), 401) || self.reason == "insufficientPermissions" {
            error["status"] = json!(rpc_status(self.code));
        }
        if self.reason == "insufficientPermissions" {
            let service = if api == Api::Gmail { "gmail.googleapis.com" } else { "calendar-json.googleapis.com" };
            error["details"] = json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": { "service": service },
            }]);
        }
        json!({ "error": error })
    }
}

/// The canonical RPC status of an HTTP status.
pub(super) fn rpc_status(code: StatusCode) -> &'static str {
    match code.as_u16() {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ALREADY_EXISTS",
        412 => "FAILED_PRECONDITION",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    }
}

/// The body of an error injected from outside, for any status.
pub(super) fn injected(code: StatusCode) -> Value {
    let (domain, reason, message) = match code.as_u16() {
        400 => ("global", "badRequest", "Bad Request"),
        401 => ("global", "authError", "Invalid Credentials"),
        403 => ("usageLimits", "rateLimitExceeded", "Rate Limit Exceeded"),
        404 => ("global", "notFound", "Requested entity was not found."),
        410 => ("calendar", "fullSyncRequired", "Sync token is no longer valid, a full sync is required."),
        429 => ("usageLimits", "rateLimitExceeded", "Too many concurrent requests for user"),
        503 => ("global", "backendError", "The service is currently unavailable."),
        _ => ("global", "backendError", "Internal error encountered."),
    };
    let item = json!({ "message": message, "domain": domain, "reason": reason });
    json!({ "error": { "code": code.as_u16(), "message": message, "errors": [item], "status": rpc_status(code) } })
}
