//! One API request taken apart: path, query, headers, body.

use std::collections::HashMap;

use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{FromRequest, RawPathParams, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::refusal::Refusal;

pub(super) struct Call {
    pub path: HashMap<String, String>,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The request path, for `resourceUri`s.
    pub uri_path: String,
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Response;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, Response> {
        let params = request.extract_parts::<RawPathParams>().await.map_err(IntoResponse::into_response)?;
        let path = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let query = request.uri().query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let headers = request.headers().clone();
        let uri_path = request.uri().path().to_owned();
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self { path, query, headers, body, uri_path })
    }
}

impl Call {
    /// A segment of the path; empty when the route has none of that name.
    pub fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A query parameter that is present and not empty.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.param(name) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(other) => {
                Err(Refusal::invalid(format!("Invalid value at '{}' (TYPE_BOOL), \"{other}\"", snake(name))))
            }
        }
    }

    pub fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.param(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Refusal::invalid(format!("Invalid value at '{}' (TYPE_UINT32), \"{text}\"", snake(name)))),
        }
    }

    /// `maxResults`: the default when absent or 0, at most `most`.
    pub fn page_size(&self, default: usize, most: usize) -> Result<usize, Refusal> {
        let asked = self.number("maxResults")?.and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
        Ok(if asked == 0 { default } else { asked.min(most) })
    }

    /// An RFC 3339 time with an offset.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = self.param(name) else { return Ok(None) };
        match text.parse() {
            Ok(time) => Ok(Some(time)),
            Err(_) => Err(Refusal::new(StatusCode::BAD_REQUEST, "badRequest", "Bad Request")),
        }
    }

    /// The JSON object of the body; an empty body is an empty object.
    pub fn json(&self) -> Result<Map<String, Value>, Refusal> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(map)) => Ok(map),
            _ => Err(Refusal::new(StatusCode::BAD_REQUEST, "parseError", "Parse Error")),
        }
    }

    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut out, letter| {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
        out
    })
}

/// A list of strings in a JSON body; absent is empty.
pub(super) fn strings(body: &Map<String, Value>, name: &str) -> Result<Vec<String>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        Some(other) => Err(Refusal::invalid(format!("Invalid value at '{}' (TYPE_STRING), {other}", snake(name)))),
    }
}

/// A string in a JSON body.
pub(super) fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
