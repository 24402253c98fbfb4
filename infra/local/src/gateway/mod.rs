//! Plays the REST API: HTTP in, proxy events to the functions, their answers out, with the gateway's own limits.
//!
//! Kept as deployed: the event and answer shapes, 10 MB of request and 6 MB of event or buffered answer, 29 seconds for a
//! buffered answer, 403 for what is not a route, 502 for an answer that makes no sense, and that a function goes on
//! working when its caller has gone. Not kept: throttling, caching, TLS, compression.

mod event;
pub mod function;
mod reply;
mod routes;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use shared::edge::headers::{CACHE, POLICY, PROTECTION};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

pub use event::{ACCOUNT, Received, proxy_event};
use function::{Answer, Invoke, context};

use crate::clock::now;
use crate::stop::Stop;
use crate::{Problem, Result};

/// API Gateway's own limits: "Amazon API Gateway quotas" and "Lambda quotas" in the AWS guides.
const LARGEST_REQUEST: usize = 10 << 20;
const LARGEST_PAYLOAD: usize = 6 << 20;
const LONGEST_BUFFERED: Duration = Duration::from_secs(29);

type Reply = Response<BoxBody<Bytes, String>>;

/// One route and the function behind it.
pub struct Endpoint {
    /// The deployed function's name, such as `tasks-cancel`.
    pub name: &'static str,
    pub method: &'static str,
    /// The resource, such as `/api/tasks/{id}`.
    pub path: &'static str,
    /// Whether its answer is sent while it is made; a buffered one has 29 seconds.
    pub streams: bool,
    /// How long the function is told it has.
    pub timeout: Duration,
    pub invoke: Invoke,
}

/// Listens on this port of both loopback addresses; machines without IPv6 have one.
pub async fn listen(port: u16) -> Result<Vec<TcpListener>> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|_| Problem(fakes::world::port_owner_message(port)))?;
    let second = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
    Ok(std::iter::once(first).chain(second).collect())
}

/// Serves until asked to stop, then lets answers that have begun end, for a few seconds.
pub async fn serve(listeners: Vec<TcpListener>, endpoints: Vec<Endpoint>, stop: Stop) {
    let endpoints: Arc<[Endpoint]> = endpoints.into();
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, endpoints.clone(), stop.clone()));
    }
    accepting.join_all().await;
}

async fn accept(listener: TcpListener, endpoints: Arc<[Endpoint]>, stop: Stop) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.asked() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection(stream, peer, endpoints.clone(), stop.clone()));
                while connections.try_join_next().is_some() {}
            }
            // Out of file handles, most likely: let some connections end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    let _cut_off = tokio::time::timeout(Duration::from_secs(3), connections.join_all()).await;
}

async fn connection(stream: TcpStream, peer: SocketAddr, endpoints: Arc<[Endpoint]>, stop: Stop) {
    let port = stream.local_addr().map_or(0, |address| address.port());
    let service = service_fn(|request| {
        let endpoints = endpoints.clone();
        async move { Ok::<_, Infallible>(answer(request, &endpoints, peer.ip(), port).await) }
    });
    let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.asked() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the gateway ended early");
    }
}

async fn answer(request: Request<Incoming>, endpoints: &[Endpoint], source_ip: IpAddr, port: u16) -> Reply {
    let request_id = Uuid::new_v4().to_string();
    let mut reply = respond(request, endpoints, source_ip, port, &request_id).await;
    if let Ok(id) = HeaderValue::try_from(request_id) {
        reply.headers_mut().insert("x-amzn-requestid", id.clone());
        reply.headers_mut().insert("x-amz-apigw-id", id);
    }
    reply
}

async fn respond(
    request: Request<Incoming>,
    endpoints: &[Endpoint],
    source_ip: IpAddr,
    port: u16,
    request_id: &str,
) -> Reply {
    let (parts, body) = request.into_parts();
    let resources = endpoints.iter().map(|endpoint| (endpoint.method, endpoint.path));
    let Some(found) = routes::find(resources, parts.method.as_str(), parts.uri.path()) else {
        return refuse(StatusCode::FORBIDDEN, "Missing Authentication Token");
    };
    let endpoint = &endpoints[found.index];
    let Ok(body) = Limited::new(body, LARGEST_REQUEST).collect().await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
    };
    let body = body.to_bytes();

    let at = now();
    let received = Received { parts: &parts, body: &body, source_ip, port, request_id, at };
    let event = proxy_event(&received, endpoint.path, &found.parameters);
    if event.to_string().len() > LARGEST_PAYLOAD {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
    }

    // A task of its own: the function neither ends with its caller nor takes the gateway down when it panics.
    let call = tokio::spawn((endpoint.invoke)(event, context(endpoint.name, request_id, at, endpoint.timeout)));
    let patience = if endpoint.streams { endpoint.timeout } else { LONGEST_BUFFERED };
    let Ok(called) = tokio::time::timeout(patience, call).await else {
        return refuse(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out");
    };
    let outcome = called.map_err(|e| e.to_string()).and_then(|outcome| outcome);
    outcome.and_then(into_reply).unwrap_or_else(|error| {
        tracing::error!(function = endpoint.name, %request_id, error, "a function failed");
        refuse(StatusCode::BAD_GATEWAY, "Internal server error")
    })
}

fn into_reply(answer: Answer) -> std::result::Result<Reply, String> {
    match answer {
        Answer::Buffered(document) => {
            if document.to_string().len() > LARGEST_PAYLOAD {
                return Err("the answer is larger than 6 MB".to_owned());
            }
            let response = reply::buffered(&document).map_err(|malformed| malformed.0)?;
            Ok(response.map(whole))
        }
        Answer::Streamed { metadata, mut body } => {
            let response = reply::metadata(&metadata).map_err(|malformed| malformed.0)?;
            let (sender, receiver) = mpsc::channel(16);
            // Also read when nobody listens any more: the function runs to its end, as it does when deployed.
            tokio::spawn(async move {
                while let Some(piece) = body.next().await {
                    let _listener_gone = sender.send(piece.map(Frame::data)).await;
                }
            });
            Ok(response.map(|()| BodyExt::boxed(StreamBody::new(ReceiverStream::new(receiver)))))
        }
    }
}

/// Protected as the template has the gateway's own answers.
fn refuse(status: StatusCode, message: &str) -> Reply {
    let body = serde_json::json!({ "message": message }).to_string();
    let mut reply = Response::new(whole(body.into()));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in PROTECTION {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    reply
}

fn whole(body: Bytes) -> BoxBody<Bytes, String> {
    Full::new(body).map_err(|never| match never {}).boxed()
}
