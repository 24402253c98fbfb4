//! The gateway over real sockets, with small functions behind it.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream;
use http_body_util::StreamBody;
use lambda_http::{Body, RequestExt, service_fn};
use reqwest::StatusCode as Status;

use super::*;
use crate::http_client;

/// Pieces a streaming function has made so far.
static MADE: AtomicUsize = AtomicUsize::new(0);

async fn hello(request: lambda_http::Request) -> std::result::Result<Response<String>, Infallible> {
    let name = request.path_parameters().first("name").unwrap_or_default().to_owned();
    assert_ne!(name, "panic", "on demand");
    let deadline = request.lambda_context_ref().map_or(0, |context| context.deadline);
    let body = match request.body() {
        Body::Text(text) => text.clone(),
        _ => String::new(),
    };
    let response = Response::builder()
        .header("content-type", "text/plain")
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2")
        .body(format!("{name}:{body}:{}", deadline > 0));
    Ok(response.unwrap_or_default())
}

type Pieces = std::pin::Pin<Box<dyn futures::Stream<Item = std::result::Result<Frame<Bytes>, Infallible>> + Send>>;

async fn count(_request: lambda_http::Request) -> std::result::Result<Response<StreamBody<Pieces>>, Infallible> {
    let pieces = stream::unfold(0, |number| async move {
        if number == 5 {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(if number == 0 { 0 } else { 150 })).await;
        MADE.fetch_add(1, Ordering::SeqCst);
        Some((Ok(Frame::data(Bytes::from(format!("piece {number}\n")))), number + 1))
    });
    let pieces: Pieces = Box::pin(pieces);
    Ok(Response::new(StreamBody::new(pieces)))
}

async fn start() -> (String, Stop) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let endpoint = |method, path, streams, invoke| Endpoint {
        name: "test",
        method,
        path,
        streams,
        timeout: Duration::from_secs(30),
        invoke,
    };
    let endpoints = vec![
        endpoint("POST", "/hello/{name}", false, function::buffered(service_fn(hello))),
        endpoint("GET", "/count", true, function::streamed(service_fn(count))),
    ];
    let stop = Stop::never();
    tokio::spawn(serve(vec![listener], endpoints, stop.clone()));
    (base, stop)
}

#[tokio::test]
async fn a_buffered_function_is_called_as_when_deployed() {
    let (base, _stop) = start().await;
    let client = http_client::client().unwrap();

    let response = http_client::send(client.post(format!("{base}/hello/Ann%20B")).body("x")).await.unwrap();
    assert_eq!(response.status(), Status::OK);
    assert!(response.headers().contains_key("x-amzn-requestid"));
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().cloned().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(response.text().await.unwrap(), "Ann B:x:true");

    let unknown = http_client::send(client.get(format!("{base}/hello/Ann"))).await.unwrap();
    assert_eq!(unknown.status(), Status::FORBIDDEN);
    assert_eq!(unknown.text().await.unwrap(), r#"{"message":"Missing Authentication Token"}"#);

    let panicked = http_client::send(client.post(format!("{base}/hello/panic"))).await.unwrap();
    assert_eq!(panicked.status(), Status::BAD_GATEWAY);
    assert_eq!(panicked.text().await.unwrap(), r#"{"message":"Internal server error"}"#);

    let large = vec![b'x'; LARGEST_REQUEST + 1];
    let refused = http_client::send(client.post(format!("{base}/hello/Ann")).body(large)).await;
    assert!(refused.is_err() || refused.is_ok_and(|response| response.status() == Status::PAYLOAD_TOO_LARGE));
}

#[tokio::test]
async fn its_own_answers_are_protected_like_all_others() {
    let (base, _stop) = start().await;
    let client = http_client::client().unwrap();
    // More than the gateway reads is not told apart from a broken connection by every client: the event's limit is.
    let large = vec![b'x'; LARGEST_PAYLOAD];

    for (request, status) in [
        (client.get(format!("{base}/nowhere")), Status::FORBIDDEN),
        (client.head(format!("{base}/hello/Ann")), Status::FORBIDDEN),
        (client.delete(format!("{base}/count")), Status::FORBIDDEN),
        (client.post(format!("{base}/hello/Ann")).body(large), Status::PAYLOAD_TOO_LARGE),
        (client.post(format!("{base}/hello/panic")), Status::BAD_GATEWAY),
    ] {
        let response = http_client::send(request).await.unwrap();
        assert_eq!(response.status(), status);
        let sent = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        for (name, value) in [
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("vary", "Origin"),
        ] {
            assert_eq!(sent(name), Some(value), "{status}: {name}");
        }
        assert!(sent("content-security-policy").unwrap().starts_with("default-src 'none'; frame-ancestors 'none'"));
        assert_eq!(
            (sent("set-cookie"), sent("x-xss-protection"), sent("access-control-allow-origin")),
            (None, None, None)
        );
    }
}

#[tokio::test]
async fn a_stream_arrives_piece_by_piece_and_goes_on_without_its_reader() {
    let (base, stop) = start().await;
    let client = http_client::client().unwrap();

    let mut response = http_client::send(client.get(format!("{base}/count"))).await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    assert_eq!(first, "piece 0\n");
    assert!(MADE.load(Ordering::SeqCst) < 5, "the first piece came only when all were made");

    drop(response);
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(MADE.load(Ordering::SeqCst), 5);

    stop.ask();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(http_client::send(client.get(format!("{base}/count"))).await.is_err());
}
