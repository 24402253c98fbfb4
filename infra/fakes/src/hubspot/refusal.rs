//! HubSpot's error bodies: `{status, message, correlationId, category, …}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::kind::Kind;

/// What a handler answers: the vendor's answer, or the vendor's refusal.
pub type Answer = Result<Response, Refusal>;

/// A refused request: the status and the body HubSpot answers with.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    pub body: Value,
}

impl Refusal {
    pub fn new(status: StatusCode, category: &str, message: impl Into<String>) -> Self {
        let body = json!({
            "status": "error",
            "message": message.into(),
            "correlationId": Uuid::new_v4(),
            "category": category,
        });
        Self { status, body }
    }

    /// Adds one field to the body, such as `context` or `errors`.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.body[field] = value;
        self
    }

    /// 400: the request cannot be understood.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// 404: no such record, or it is archived.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "resource not found")
    }

    /// 409: another contact has this address.
    pub fn conflict(existing: u64) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", format!("Contact already exists. Existing ID: {existing}"))
    }

    /// 400: property values that may not be written. The message repeats them as JSON, as HubSpot's does.
    pub fn properties(faults: &[PropertyFault]) -> Self {
        let inline: Vec<_> = faults
            .iter()
            .map(|fault| {
                json!({
                    "isValid": false,
                    "message": fault.message,
                    "error": fault.code,
                    "name": fault.name,
                    "localizedErrorMessage": fault.message,
                })
            })
            .collect();
        let errors: Vec<_> = faults
            .iter()
            .map(|fault| json!({ "message": fault.message, "code": fault.code, "context": { "propertyName": [fault.name] } }))
            .collect();
        Self::invalid(format!("Property values were not valid: {}", Value::from(inline))).with("errors", errors.into())
    }

    /// 400: a record of a kind that cannot be without these properties.
    pub fn required(kind: Kind, missing: &[&str]) -> Self {
        let name = kind.singular().to_uppercase();
        Self::invalid(format!("Error creating {name}. Some required properties were not set."))
            .with("context", json!({ "properties": missing }))
    }

    /// 401: no token, or one that was never issued.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more \
             details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        )
    }

    /// 403: the grant does not hold any of the scopes.
    pub fn missing_scopes(one_of: &[&str]) -> Self {
        let message = "This app hasn't been granted all required scopes to make this call. Read more about required \
                       scopes here: https://developers.hubspot.com/scopes.";
        Self::new(StatusCode::FORBIDDEN, "MISSING_SCOPES", message)
            .with(
                "errors",
                json!([{
                    "message": "One or more of the following scopes are required.",
                    "context": { "requiredGranularScopes": one_of },
                }]),
            )
            .with("links", json!({ "scopes": "https://developers.hubspot.com/scopes" }))
    }

    /// 429 with the policy that was broken: `TEN_SECONDLY_ROLLING` or `SECONDLY`.
    pub fn rate_limited(policy: &str) -> Self {
        let message = format!("You have reached your {} limit.", policy.to_lowercase());
        let body = json!({
            "status": "error",
            "message": message,
            "errorType": "RATE_LIMIT",
            "correlationId": Uuid::new_v4(),
            "policyName": policy,
            "requestId": Uuid::new_v4().simple().to_string(),
        });
        Self { status: StatusCode::TOO_MANY_REQUESTS, body }
    }

    /// The entry of a multi-status answer's `errors` for this refusal.
    pub fn entry(&self, context: Value) -> Value {
        let mut entry = self.body.clone();
        entry["context"] = context;
        if let Some(fields) = entry.as_object_mut() {
            fields.remove("correlationId");
            fields.entry("errors").or_insert_with(|| json!([]));
            fields.entry("links").or_insert_with(|| json!({}));
        }
        entry
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// One property that may not be written.
pub struct PropertyFault {
    pub name: String,
    /// Such as `PROPERTY_DOESNT_EXIST`.
    pub code: &'static str,
    pub message: String,
}

/// The body of an error that was asked for through `/_control/faults`.
pub fn body_for(status: StatusCode) -> Value {
    match status {
        StatusCode::UNAUTHORIZED => Refusal::unauthenticated().body,
        StatusCode::FORBIDDEN => Refusal::missing_scopes(&[]).body,
        StatusCode::NOT_FOUND => Refusal::not_found().body,
        StatusCode::TOO_MANY_REQUESTS => Refusal::rate_limited("TEN_SECONDLY_ROLLING").body,
        status if status.as_u16() == 423 => {
            Refusal::new(status, "LOCKED", "The resource is locked. Try again in at least 2 seconds.").body
        }
        status if status.as_u16() == 477 => {
            Refusal::new(status, "MIGRATION_IN_PROGRESS", "The account is being moved to another data centre.").body
        }
        status if status.is_server_error() => Refusal::new(status, "INTERNAL_ERROR", "internal error").body,
        status => Refusal::new(status, "VALIDATION_ERROR", status.canonical_reason().unwrap_or("error")).body,
    }
}
