//! OpenAI's error answers: `{"error":{"message","type","param","code"}}`, all four keys always there.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub message: String,
    pub kind: String,
    pub param: Option<String>,
    pub code: Option<String>,
    /// For 429.
    pub retry_after_seconds: Option<u64>,
}

impl Refusal {
    /// 400 `invalid_request_error` without a code.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
            kind: "invalid_request_error".to_owned(),
            param: None,
            code: None,
            retry_after_seconds: None,
        }
    }

    pub fn missing(param: &str) -> Self {
        Self::invalid(format!("Missing required parameter: '{param}'."))
            .about(param)
            .coded("missing_required_parameter")
    }

    pub fn wrong_type(param: &str, expected: &str, got: &Value) -> Self {
        let got = match got {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(n) if n.is_f64() => "a decimal",
            Value::Number(_) => "an integer",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        Self::invalid(format!("Invalid type for '{param}': expected {expected}, but got {got} instead."))
            .about(param)
            .coded("invalid_type")
    }

    pub fn no_such_model(model: &str) -> Self {
        Self::invalid(format!("The model `{model}` does not exist or you do not have access to it."))
            .coded("model_not_found")
            .with_status(StatusCode::NOT_FOUND)
    }

    pub fn about(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub fn coded(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    pub fn reworded(mut self, message: String) -> Self {
        self.message = message;
        self
    }

    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The body, as it also appears in the middle of a stream.
    pub fn body(&self) -> Value {
        json!({ "error": { "message": self.message, "type": self.kind, "param": self.param, "code": self.code } })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut answer = (self.status, Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

/// What OpenAI says with a status when nothing more is known; for faults made on demand.
pub fn error_body(status: StatusCode) -> Value {
    let (kind, code, message) = match status.as_u16() {
        401 => ("invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided."),
        403 => ("invalid_request_error", Some("unsupported_country_region_territory"), "Country not supported."),
        404 => ("invalid_request_error", Some("model_not_found"), "The model does not exist."),
        429 => ("requests", Some("rate_limit_exceeded"), "Rate limit reached for requests. Please try again in 1s."),
        503 => ("server_error", None, "That model is currently overloaded with other requests."),
        500.. => ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
        _ => ("invalid_request_error", None, "The request was refused."),
    };
    json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
}
