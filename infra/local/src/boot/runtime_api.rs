//! The Lambda Runtime API for one function and one event.
//!
//! Contract: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>, and for streamed answers
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::clock::now;
use crate::gateway::ACCOUNT;
use crate::{Problem, Result};

const VERSION: &str = "/2018-06-01/runtime";

/// What the function did with its event.
#[derive(Debug)]
pub enum Outcome {
    /// It answered: the document, or of a streamed answer the metadata and how many bytes followed.
    Answered { document: Value, streamed: Option<usize> },
    /// It reported an error, while starting or while working.
    Failed(String),
}

/// A running emulator. It stops when dropped.
pub struct RuntimeApi {
    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub address: String,
    outcome: oneshot::Receiver<Outcome>,
    server: tokio::task::JoinHandle<()>,
}

struct Invocation {
    function: String,
    event: Value,
    timeout: Duration,
    request_id: String,
    given: Mutex<bool>,
    report: Mutex<Option<oneshot::Sender<Outcome>>>,
}

impl RuntimeApi {
    /// Listens, with one event to hand out.
    pub async fn start(function: &str, event: Value, timeout: Duration) -> Result<Self> {
        let failed = |e: std::io::Error| Problem(format!("The emulated Lambda runtime did not start: {e}."));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?.to_string();
        let (report, outcome) = oneshot::channel();
        let invocation = Arc::new(Invocation {
            function: function.to_owned(),
            event,
            timeout,
            request_id: Uuid::new_v4().to_string(),
            given: Mutex::new(false),
            report: Mutex::new(Some(report)),
        });
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let invocation = invocation.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| {
                        let invocation = invocation.clone();
                        async move { Ok::<_, Infallible>(invocation.serve(request).await) }
                    });
                    let _function_ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Ok(Self { address, outcome, server })
    }

    /// Waits for the answer; `None` when none came in time.
    pub async fn outcome(&mut self, patience: Duration) -> Option<Outcome> {
        tokio::time::timeout(patience, &mut self.outcome).await.ok()?.ok()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Invocation {
    async fn serve(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().strip_prefix(VERSION).unwrap_or_default().to_owned();
        let of_ours = format!("/invocation/{}", self.request_id);
        match (request.method(), path.as_str()) {
            (&Method::GET, "/invocation/next") => self.next().await,
            (&Method::POST, "/init/error") => {
                self.report(Outcome::Failed(text(request).await));
                accepted()
            }
            (&Method::POST, path) if path == format!("{of_ours}/response") => {
                let outcome = answered(request).await.unwrap_or_else(Outcome::Failed);
                self.report(outcome);
                accepted()
            }
            (&Method::POST, path) if path == format!("{of_ours}/error") => {
                self.report(Outcome::Failed(text(request).await));
                accepted()
            }
            _ => {
                let mut response = Response::new(Full::default());
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        }
    }

    /// The event, once. The second call waits for ever, as it does when nothing happens.
    async fn next(&self) -> Response<Full<Bytes>> {
        let given = std::mem::replace(&mut *self.given.lock().unwrap_or_else(PoisonError::into_inner), true);
        if given {
            std::future::pending::<()>().await;
        }
        let deadline = now().as_millisecond() + i64::try_from(self.timeout.as_millis()).unwrap_or_default();
        let arn = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{}", self.function);
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("lambda-runtime-aws-request-id", self.request_id.clone()),
            ("lambda-runtime-deadline-ms", deadline.to_string()),
            ("lambda-runtime-invoked-function-arn", arn),
            ("lambda-runtime-trace-id", format!("Root=1-{:08x}-{}", now().as_second(), &self.request_id[..8])),
        ];
        let mut response = Response::new(Full::new(Bytes::from(self.event.to_string())));
        for (name, value) in headers {
            if let Ok(value) = value.try_into() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn report(&self, outcome: Outcome) {
        if let Some(report) = self.report.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _nobody_waits = report.send(outcome);
        }
    }
}

/// Reads an answer to its end, streamed or not. The error says why it is none.
async fn answered(request: Request<Incoming>) -> std::result::Result<Outcome, String> {
    let streams =
        request.headers().get("lambda-runtime-function-response-mode").is_some_and(|mode| mode == "streaming");
    let body = request.into_body().collect().await.map_err(|e| format!("the answer broke off: {e}"))?;
    let error = body.trailers().and_then(|trailers| trailers.get("lambda-runtime-function-error-type").cloned());
    if let Some(error) = error {
        return Err(format!("the stream ended with {}", String::from_utf8_lossy(error.as_bytes())));
    }
    let bytes = body.to_bytes();
    let (document, streamed) = if streams {
        let end = bytes.windows(8).position(|window| window == [0; 8]).ok_or("the stream has no metadata")?;
        (bytes.slice(..end), Some(bytes.len() - end - 8))
    } else {
        (bytes, None)
    };
    let document = serde_json::from_slice(&document).map_err(|e| format!("the answer is not JSON: {e}"))?;
    Ok(Outcome::Answered { document, streamed })
}

async fn text(request: Request<Incoming>) -> String {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    String::from_utf8_lossy(&body).into_owned()
}

fn accepted() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(br#"{"status":"OK"}"#)));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http_client;

    async fn next(runtime: &RuntimeApi) -> (String, Value) {
        let url = format!("http://{}{VERSION}/invocation/next", runtime.address);
        let response = http_client::send(http_client::client().unwrap().get(url)).await.unwrap();
        let id = response.headers()["lambda-runtime-aws-request-id"].to_str().unwrap().to_owned();
        assert!(response.headers()["lambda-runtime-deadline-ms"].to_str().unwrap().parse::<i64>().is_ok());
        (id, response.json().await.unwrap())
    }

    async fn post(runtime: &RuntimeApi, path: &str, streams: bool, body: &'static [u8]) -> StatusCode {
        let mut request = http_client::client().unwrap().post(format!("http://{}{VERSION}{path}", runtime.address));
        if streams {
            request = request.header("lambda-runtime-function-response-mode", "streaming");
        }
        http_client::send(request.body(body)).await.unwrap().status()
    }

    #[tokio::test]
    async fn an_event_is_handed_out_and_its_answer_taken() {
        let mut runtime = RuntimeApi::start("f", json!({"n": 1}), Duration::from_secs(1)).await.unwrap();
        let (id, event) = next(&runtime).await;
        assert_eq!(event, json!({"n": 1}));

        let body = b"{\"statusCode\":200}\0\0\0\0\0\0\0\0data";
        assert_eq!(post(&runtime, &format!("/invocation/{id}/response"), true, body).await, StatusCode::ACCEPTED);

        match runtime.outcome(Duration::from_secs(1)).await {
            Some(Outcome::Answered { document, streamed }) => {
                assert_eq!((document, streamed), (json!({"statusCode": 200}), Some(4)));
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_function_that_cannot_start_is_heard() {
        let mut runtime = RuntimeApi::start("f", json!({}), Duration::from_secs(1)).await.unwrap();

        post(&runtime, "/init/error", false, b"no configuration").await;

        assert!(
            matches!(runtime.outcome(Duration::from_secs(1)).await, Some(Outcome::Failed(why)) if why == "no configuration")
        );
    }
}
