//! An HTTP request as the event a Lambda behind a REST API receives.
//!
//! Shape: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>, input
//! format of a Lambda function for proxy integration.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::form_urlencoded;

/// The account, API and stage every local event names. moto's account, so that ARNs agree.
pub const ACCOUNT: &str = "123456789012";
const API: &str = "local";
pub const STAGE: &str = "local";

/// One request, read whole.
pub struct Received<'a> {
    pub parts: &'a Parts,
    pub body: &'a [u8],
    pub source_ip: IpAddr,
    pub port: u16,
    pub request_id: &'a str,
    pub at: Timestamp,
}

/// Builds the event. `resource` is the route's template, such as `/api/tasks/{id}`.
pub fn proxy_event(received: &Received<'_>, resource: &str, path_parameters: &BTreeMap<String, String>) -> Value {
    let Received { parts, body, source_ip, port, request_id, at } = received;
    let path = parts.uri.path();
    let headers = headers(&parts.headers, *source_ip, *port);
    let query = query(parts.uri.query().unwrap_or_default());
    let (body, is_base64_encoded) = encode(&parts.headers, body);
    let user_agent = parts.headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
    let host = parts.headers.get(http::header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");

    json!({
        "resource": resource,
        "path": path,
        "httpMethod": parts.method.as_str(),
        "headers": last_of_each(&headers),
        "multiValueHeaders": headers,
        "queryStringParameters": or_null(last_of_each(&query)),
        "multiValueQueryStringParameters": or_null(query),
        "pathParameters": or_null(path_parameters.clone()),
        "stageVariables": null,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API,
            "resourceId": "local",
            "resourcePath": resource,
            "path": format!("/{STAGE}{path}"),
            "stage": STAGE,
            "domainName": host.split(':').next().unwrap_or(host),
            "domainPrefix": API,
            "protocol": "HTTP/1.1",
            "httpMethod": parts.method.as_str(),
            "requestId": request_id,
            "extendedRequestId": request_id,
            "requestTime": at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "requestTimeEpoch": at.as_millisecond(),
            "identity": {
                "sourceIp": source_ip.to_string(),
                "userAgent": user_agent,
                "accessKey": null,
                "accountId": null,
                "caller": null,
                "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null,
                "cognitoIdentityId": null,
                "cognitoIdentityPoolId": null,
                "principalOrgId": null,
                "user": null,
                "userArn": null,
            },
        },
        "body": body,
        "isBase64Encoded": is_base64_encoded,
    })
}

/// Every value of every header, named as clients of HTTP/1.1 write them, with those the gateway adds and without those
/// that belong to the connection.
fn headers(received: &HeaderMap, source_ip: IpAddr, port: u16) -> BTreeMap<String, Vec<String>> {
    const OF_THE_CONNECTION: [&str; 6] =
        ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];
    const ADDED: [&str; 2] = ["x-forwarded-port", "x-forwarded-proto"];

    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in received {
        // A value that is not visible ASCII never gets past API Gateway.
        if let Ok(value) = value.to_str()
            && !OF_THE_CONNECTION.contains(&name.as_str())
            && !ADDED.contains(&name.as_str())
        {
            headers.entry(title_case(name.as_str())).or_default().push(value.to_owned());
        }
    }
    // What the client claims stays in front; the address the gateway saw comes last.
    let forwarded = headers.remove("X-Forwarded-For").into_iter().flatten().chain([source_ip.to_string()]);
    let forwarded = forwarded.collect::<Vec<_>>().join(", ");
    headers.insert("X-Forwarded-For".to_owned(), vec![forwarded]);
    headers.insert("X-Forwarded-Port".to_owned(), vec![port.to_string()]);
    headers.insert("X-Forwarded-Proto".to_owned(), vec!["http".to_owned()]);
    headers
}

fn title_case(name: &str) -> String {
    let mut at_start = true;
    let letters = name.chars().map(|letter| {
        let letter = if at_start { letter.to_ascii_uppercase() } else { letter };
        at_start = letter == '-';
        letter
    });
    letters.collect()
}

/// Every value of every parameter, decoded.
fn query(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        parameters.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    parameters
}

fn last_of_each(many: &BTreeMap<String, Vec<String>>) -> BTreeMap<&str, &str> {
    many.iter().filter_map(|(name, values)| Some((name.as_str(), values.last()?.as_str()))).collect()
}

fn or_null<K, V>(map: BTreeMap<K, V>) -> Option<BTreeMap<K, V>> {
    (!map.is_empty()).then_some(map)
}

/// Text goes as it is, everything else in base64: API Gateway decides by the content type, not by looking inside.
fn encode(headers: &HeaderMap, body: &[u8]) -> (Option<String>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    let content_type =
        headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = kind.is_empty()
        || kind.starts_with("text/")
        || kind.ends_with("json")
        || kind.ends_with("xml")
        || kind == "application/x-www-form-urlencoded"
        || kind == "application/javascript";
    if is_text {
        (Some(String::from_utf8_lossy(body).into_owned()), false)
    } else {
        (Some(BASE64_STANDARD.encode(body)), true)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use lambda_http::request::LambdaRequest;
    use lambda_http::{RequestExt, RequestPayloadExt};

    use super::*;

    fn event(request: http::Request<&[u8]>, resource: &str, parameters: &[(&str, &str)]) -> Value {
        let (parts, body) = request.into_parts();
        let received = Received {
            parts: &parts,
            body,
            source_ip: Ipv4Addr::LOCALHOST.into(),
            port: 8000,
            request_id: "1-2-3",
            at: "2026-03-02T10:20:30.5Z".parse().unwrap(),
        };
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        proxy_event(&received, resource, &parameters)
    }

    #[test]
    fn the_lambda_sees_the_request_that_was_made() {
        let request = http::Request::post("/api/tasks/a%20b?kind=mail&kind=note&q=two%20words+more")
            .header("host", "localhost:8000")
            .header("cookie", "session=abc")
            .header("accept", "text/html")
            .header("accept", "*/*")
            .header("content-type", "application/json")
            .header("connection", "keep-alive")
            .body(br#"{"title":"Caf\u00e9"}"#.as_slice())
            .unwrap();

        let event = event(request, "/api/tasks/{id}", &[("id", "a b")]);

        assert_eq!(event["headers"]["Accept"], "*/*");
        assert_eq!(event["multiValueHeaders"]["Accept"], json!(["text/html", "*/*"]));
        assert_eq!(event["headers"]["X-Forwarded-For"], "127.0.0.1");
        assert_eq!(event["headers"].get("Connection"), None);
        assert_eq!(event["queryStringParameters"], json!({"kind": "note", "q": "two words more"}));
        assert_eq!(event["requestContext"]["requestTime"], "02/Mar/2026:10:20:30 +0000");
        assert_eq!(event["requestContext"]["requestTimeEpoch"], 1_772_446_830_500_i64);

        let lambda: LambdaRequest = serde_json::from_str(&event.to_string()).unwrap();
        assert!(matches!(lambda, LambdaRequest::ApiGatewayV1(_)));
        let seen = lambda_http::Request::from(lambda);
        assert_eq!(seen.method(), "POST");
        assert_eq!(seen.raw_http_path(), "/api/tasks/a%20b");
        assert_eq!(seen.path_parameters().first("id"), Some("a b"));
        assert_eq!(seen.query_string_parameters().all("kind"), Some(vec!["mail", "note"]));
        assert_eq!(seen.headers()["cookie"], "session=abc");
        let body: Value = seen.json().unwrap().unwrap();
        assert_eq!(body["title"], "Café");
    }

    #[test]
    fn nothing_is_null_and_bytes_are_base64() {
        let bare = event(http::Request::get("/").body(b"".as_slice()).unwrap(), "/", &[]);
        for field in ["body", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters"] {
            assert_eq!(bare[field], Value::Null, "{field}");
        }

        let upload = http::Request::put("/file").header("content-type", "image/png");
        let upload = event(upload.body([0x89, 0x50].as_slice()).unwrap(), "/file", &[]);
        assert_eq!((&upload["body"], &upload["isBase64Encoded"]), (&json!("iVA="), &json!(true)));
    }

    #[test]
    fn a_forged_forwarding_header_does_not_hide_the_caller() {
        let request = http::Request::get("/").header("x-forwarded-for", "8.8.8.8").body(b"".as_slice()).unwrap();

        assert_eq!(event(request, "/", &[])["headers"]["X-Forwarded-For"], "8.8.8.8, 127.0.0.1");
    }
}
