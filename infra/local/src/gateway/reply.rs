//! What a Lambda answers as the HTTP response a REST API makes of it.
//!
//! Shapes: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html> for
//! buffered answers and `response-transfer-mode-lambda.html` beside it for the metadata of streamed ones.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};

/// Why an answer cannot be sent; the client only ever sees `Internal server error`.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

/// A buffered answer: status, headers and body.
pub fn buffered(answer: &Value) -> Result<Response<Bytes>, Malformed> {
    let answer = answer.as_object().ok_or_else(|| Malformed("the answer is not an object".to_owned()))?;
    let body = match answer.get("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) if answer.get("isBase64Encoded") == Some(&Value::Bool(true)) => {
            BASE64_STANDARD.decode(text).map_err(|e| Malformed(format!("the body is not base64: {e}")))?.into()
        }
        Some(Value::String(text)) => Bytes::copy_from_slice(text.as_bytes()),
        Some(_) => return Err(Malformed("the body is not a string".to_owned())),
    };
    Ok(head(answer)?.map(|()| body))
}

/// The metadata of a streamed answer: status and headers.
pub fn metadata(prelude: &Value) -> Result<Response<()>, Malformed> {
    head(prelude.as_object().ok_or_else(|| Malformed("the metadata is not an object".to_owned()))?)
}

fn head(answer: &Map<String, Value>) -> Result<Response<()>, Malformed> {
    let status = match answer.get("statusCode") {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let status = status
        .and_then(|code| u16::try_from(code).ok())
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| Malformed("there is no valid statusCode".to_owned()))?;

    let mut response = Response::new(());
    *response.status_mut() = status;
    // Where both maps name a header, the values of multiValueHeaders are the ones that are sent.
    for field in ["headers", "multiValueHeaders"] {
        let Some(headers) = answer.get(field).and_then(Value::as_object) else { continue };
        for (name, values) in headers {
            set(&mut response, name, values)?;
        }
    }
    for cookie in answer.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, header_value(cookie)?);
    }
    if !response.headers().contains_key(header::CONTENT_TYPE) {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(response)
}

fn set(response: &mut Response<()>, name: &str, values: &Value) -> Result<(), Malformed> {
    let Some(name) = outgoing_name(name)? else { return Ok(()) };
    response.headers_mut().remove(&name);
    match values {
        Value::Array(values) => {
            for value in values {
                response.headers_mut().append(&name, header_value(value)?);
            }
        }
        value => {
            response.headers_mut().insert(&name, header_value(value)?);
        }
    }
    Ok(())
}

/// API Gateway keeps some names to itself: it drops those of the connection and renames others. See "Amazon API Gateway
/// important notes" in its guide.
fn outgoing_name(name: &str) -> Result<Option<HeaderName>, Malformed> {
    let name = name.to_ascii_lowercase();
    let outgoing = match name.as_str() {
        "connection" | "content-length" | "keep-alive" | "te" | "trailer" | "transfer-encoding" | "upgrade" => {
            return Ok(None);
        }
        "authorization" | "date" | "server" | "www-authenticate" => format!("x-amzn-remapped-{name}"),
        _ => name,
    };
    HeaderName::try_from(outgoing).map(Some).map_err(|_| Malformed("a header's name is not valid".to_owned()))
}

fn header_value(value: &Value) -> Result<HeaderValue, Malformed> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return Err(Malformed("a header's value is not a string".to_owned())),
    };
    HeaderValue::try_from(text)
        .map_err(|_| Malformed("a header's value has characters that are not allowed".to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn headers_cookies_and_bodies_arrive() {
        let response = buffered(&json!({
            "statusCode": 201,
            "headers": {"X-One": "1", "Set-Cookie": "lost=1"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "Content-Length": ["99"], "Date": ["today"]},
            "body": "aGk=",
            "isBase64Encoded": true,
        }))
        .unwrap();

        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["x-one"], "1");
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["x-amzn-remapped-date"], "today");
        assert_eq!(response.headers().get("content-length"), None);
        assert_eq!(response.body().as_ref(), b"hi");
    }

    #[test]
    fn what_a_rest_api_cannot_send_is_malformed() {
        for answer in [
            json!("text"),
            json!({"body": "no status"}),
            json!({"statusCode": 200, "body": {"not": "a string"}}),
            json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}),
            json!({"statusCode": 200, "headers": {"x": {"deep": 1}}}),
            json!({"statusCode": 200, "headers": {"x": "line\nbreak"}}),
        ] {
            assert!(buffered(&answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn a_stream_begins_with_its_metadata() {
        let response =
            metadata(&json!({"statusCode": 200, "headers": {"content-type": "text/event-stream"}, "cookies": ["a=1"]}))
                .unwrap();

        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["set-cookie"], "a=1");
    }
}
