//! The least that can be done with a model's stream: read it and send it on as it is, word by word.

use std::time::{Duration, Instant};

use futures::StreamExt;
use http_body_util::BodyExt;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use super::model::Model;
use crate::http_client;
use crate::{Problem, Result};

fn question() -> serde_json::Value {
    json!({ "messages": [{ "role": "user", "content": "Well?" }], "tools": [{}] })
}

/// From the moment the first word leaves the model to when it is here.
pub async fn first_word(url: &str, model: &Model) -> Result<Duration> {
    model.heard();
    let request = http_client::client()?.post(format!("{url}/chat/completions")).json(&question());
    let mut stream = http_client::send(request).await?.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| broken())?;
        if String::from_utf8_lossy(&piece).contains("word0") {
            let came = Instant::now();
            let heard = model.heard();
            let said = heard.chats.first().and_then(|chat| chat.said.first().copied()).ok_or_else(broken)?;
            return Ok(came.saturating_duration_since(said));
        }
    }
    Err(broken())
}

/// Time on a processor for passing a whole answer on to a server that swallows it.
pub async fn cpu(url: &str) -> Result<Duration> {
    let sink = TcpListener::bind("127.0.0.1:0").await.map_err(|_| broken())?;
    let address = sink.local_addr().map_err(|_| broken())?;
    let swallow = tokio::spawn(async move {
        let Ok((stream, _)) = sink.accept().await else { return };
        let service = service_fn(|request: http::Request<hyper::body::Incoming>| async move {
            let mut body = request.into_body();
            while let Some(Ok(_)) = body.frame().await {}
            Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
        });
        let _ended = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    });
    let url = format!("{url}/chat/completions");
    // On a thread of its own, as the function is.
    let pumped = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| broken())?;
        runtime.block_on(async {
            let client = http_client::client()?;
            let answer = http_client::send(client.post(url).json(&question())).await?;
            let before = on_this_thread();
            let body = reqwest::Body::wrap_stream(answer.bytes_stream());
            http_client::send(client.post(format!("http://{address}/")).body(body)).await?;
            Ok::<_, Problem>(on_this_thread().saturating_sub(before))
        })
    });
    let took = pumped.await.map_err(|_| broken())??;
    swallow.abort();
    Ok(took)
}

fn on_this_thread() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0))
}

fn broken() -> Problem {
    Problem("The model server's stream broke off.".to_owned())
}
