//! The Lambda Runtime API for one process of one function: events in, one at a time, and what becomes of each.
//!
//! Contract: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>, and for streamed answers
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex as Gate, mpsc, oneshot, watch};
use uuid::Uuid;

use crate::clock::now;
use crate::gateway::ACCOUNT;
use crate::{Problem, Result};

const VERSION: &str = "/2018-06-01/runtime";

/// What the function did with its event.
#[derive(Debug)]
pub enum Outcome {
    /// It answered: the document, or of a streamed answer the metadata and what followed.
    Answered { document: Value, streamed: Option<Streamed> },
    /// It reported an error, while starting or while working.
    Failed(String),
}

/// The body of a streamed answer.
#[derive(Debug, Default)]
pub struct Streamed {
    /// As they came, and when.
    pub pieces: Vec<(Instant, Bytes)>,
}

impl Streamed {
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(|(_, piece)| piece.len()).sum()
    }
}

/// A running emulator. It stops when dropped.
pub struct RuntimeApi {
    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub address: String,
    events: mpsc::UnboundedSender<Invocation>,
    process: Arc<Process>,
    server: tokio::task::JoinHandle<()>,
}

/// One event and who waits for what becomes of it.
struct Invocation {
    event: Value,
    report: oneshot::Sender<Outcome>,
}

struct Process {
    function: String,
    timeout: Duration,
    waiting: Gate<mpsc::UnboundedReceiver<Invocation>>,
    /// By request id, those that were handed out.
    running: Mutex<BTreeMap<String, oneshot::Sender<Outcome>>>,
    /// Why the function could not start.
    broken: Mutex<Option<String>>,
    /// When the function first asked for an event.
    asked: watch::Sender<Option<Instant>>,
}

impl RuntimeApi {
    /// Listens. `timeout` is what the function is told it has for each event.
    pub async fn start(function: &str, timeout: Duration) -> Result<Self> {
        let failed = |e: std::io::Error| Problem(format!("The emulated Lambda runtime did not start: {e}."));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?.to_string();
        let (events, waiting) = mpsc::unbounded_channel();
        let process = Arc::new(Process {
            function: function.to_owned(),
            timeout,
            waiting: Gate::new(waiting),
            running: Mutex::default(),
            broken: Mutex::default(),
            asked: watch::channel(None).0,
        });
        let served = process.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let process = served.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| {
                        let process = process.clone();
                        async move { Ok::<_, Infallible>(process.serve(request).await) }
                    });
                    let _function_ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Ok(Self { address, events, process, server })
    }

    /// Hands the event out as soon as the function asks for one, and waits for what it makes of it; `None` when nothing came in
    /// time.
    pub async fn invoke(&self, event: Value, patience: Duration) -> Option<Outcome> {
        if let Some(why) = lock(&self.process.broken).clone() {
            return Some(Outcome::Failed(why));
        }
        let (report, outcome) = oneshot::channel();
        self.events.send(Invocation { event, report }).ok()?;
        tokio::time::timeout(patience, outcome).await.ok()?.ok()
    }
}

impl RuntimeApi {
    /// When the function was ready: when it first asked for an event.
    pub async fn asked(&self) -> Option<Instant> {
        *self.process.asked.subscribe().wait_for(Option::is_some).await.ok()?
    }

    /// Whether nothing that was handed out is still to be answered.
    pub fn is_idle(&self) -> bool {
        lock(&self.process.running).is_empty()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Process {
    async fn serve(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().strip_prefix(VERSION).unwrap_or_default().to_owned();
        let of_one = path.strip_prefix("/invocation/").and_then(|rest| rest.split_once('/'));
        match (request.method(), path.as_str(), of_one) {
            (&Method::GET, "/invocation/next", _) => self.next().await,
            (&Method::POST, "/init/error", _) => {
                self.fail(text(request).await).await;
                accepted()
            }
            (&Method::POST, _, Some((id, "response"))) => {
                let id = id.to_owned();
                self.report(&id, answered(request).await.unwrap_or_else(Outcome::Failed))
            }
            (&Method::POST, _, Some((id, "error"))) => {
                let id = id.to_owned();
                self.report(&id, Outcome::Failed(text(request).await))
            }
            _ => nothing_here(),
        }
    }

    /// The next event. The call waits until there is one, for ever if need be.
    async fn next(&self) -> Response<Full<Bytes>> {
        self.asked.send_if_modified(|asked| asked.is_none().then(|| asked.replace(Instant::now())).is_some());
        let Some(Invocation { event, report }) = self.waiting.lock().await.recv().await else { return nothing_here() };
        let request_id = Uuid::new_v4().to_string();
        let deadline = now().as_millisecond() + i64::try_from(self.timeout.as_millis()).unwrap_or_default();
        let arn = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{}", self.function);
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("lambda-runtime-aws-request-id", request_id.clone()),
            ("lambda-runtime-deadline-ms", deadline.to_string()),
            ("lambda-runtime-invoked-function-arn", arn),
            ("lambda-runtime-trace-id", format!("Root=1-{:08x}-{}", now().as_second(), &request_id[..8])),
        ];
        lock(&self.running).insert(request_id, report);
        let mut response = Response::new(Full::new(Bytes::from(event.to_string())));
        for (name, value) in headers {
            if let Ok(value) = value.try_into() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn report(&self, id: &str, outcome: Outcome) -> Response<Full<Bytes>> {
        let Some(report) = lock(&self.running).remove(id) else { return nothing_here() };
        let _nobody_waits = report.send(outcome);
        accepted()
    }

    /// It cannot start: no event is handed out, now or later.
    async fn fail(&self, why: String) {
        *lock(&self.broken) = Some(why.clone());
        let mut waiting = self.waiting.lock().await;
        waiting.close();
        while let Some(Invocation { report, .. }) = waiting.recv().await {
            let _nobody_waits = report.send(Outcome::Failed(why.clone()));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads an answer to its end, streamed or not. The error says why it is none.
async fn answered(request: Request<Incoming>) -> std::result::Result<Outcome, String> {
    let streams =
        request.headers().get("lambda-runtime-function-response-mode").is_some_and(|mode| mode == "streaming");
    let broken = |e: hyper::Error| format!("the answer broke off: {e}");
    let mut body = request.into_body();
    let (mut head, mut streamed) = (Vec::new(), streams.then(Streamed::default));
    // Of a streamed answer the metadata comes first, then eight zeros, then the body.
    let mut in_body = false;
    while let Some(frame) = body.frame().await {
        match frame.map_err(broken)?.into_data() {
            Ok(piece) if in_body => streamed.iter_mut().for_each(|to| to.pieces.push((Instant::now(), piece.clone()))),
            Ok(piece) => {
                head.extend_from_slice(&piece);
                let Some(to) = &mut streamed else { continue };
                if let Some(end) = head.windows(8).position(|window| window == [0; 8]) {
                    in_body = true;
                    let rest = Bytes::copy_from_slice(&head[end + 8..]);
                    head.truncate(end);
                    if !rest.is_empty() {
                        to.pieces.push((Instant::now(), rest));
                    }
                }
            }
            Err(frame) => {
                let trailers = frame.into_trailers().ok();
                if let Some(error) = trailers.as_ref().and_then(|all| all.get("lambda-runtime-function-error-type")) {
                    return Err(format!("the stream ended with {}", String::from_utf8_lossy(error.as_bytes())));
                }
            }
        }
    }
    if streams && !in_body {
        return Err("the stream has no metadata".to_owned());
    }
    let document = serde_json::from_slice(&head).map_err(|e| format!("the answer is not JSON: {e}"))?;
    Ok(Outcome::Answered { document, streamed })
}

async fn text(request: Request<Incoming>) -> String {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    String::from_utf8_lossy(&body).into_owned()
}

fn nothing_here() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
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
    async fn events_are_handed_out_one_after_the_other_and_their_answers_taken() {
        let runtime = RuntimeApi::start("f", Duration::from_secs(1)).await.unwrap();
        let function = async {
            let (first, event) = next(&runtime).await;
            assert_eq!(event, json!({"n": 1}));
            let body = b"{\"statusCode\":200}\0\0\0\0\0\0\0\0data";
            assert_eq!(
                post(&runtime, &format!("/invocation/{first}/response"), true, body).await,
                StatusCode::ACCEPTED
            );

            let (second, event) = next(&runtime).await;
            assert_eq!(event, json!({"n": 2}));
            post(&runtime, &format!("/invocation/{second}/error"), false, b"no").await;
            let again = post(&runtime, &format!("/invocation/{first}/response"), false, b"{}").await;
            assert_eq!(again, StatusCode::NOT_FOUND, "that one has been answered");
        };
        let patience = Duration::from_secs(5);
        let caller = async {
            let first = runtime.invoke(json!({"n": 1}), patience).await;
            (first, runtime.invoke(json!({"n": 2}), patience).await)
        };

        let ((), (first, second)) = tokio::join!(function, caller);

        match first {
            Some(Outcome::Answered { document, streamed }) => {
                let streamed = streamed.map(|streamed| streamed.bytes());
                assert_eq!((document, streamed), (json!({"statusCode": 200}), Some(4)));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(second, Some(Outcome::Failed(why)) if why == "no"));
    }

    #[tokio::test]
    async fn a_function_that_cannot_start_is_heard() {
        let runtime = RuntimeApi::start("f", Duration::from_secs(1)).await.unwrap();
        let patience = Duration::from_secs(5);

        let (outcome, _) = tokio::join!(
            runtime.invoke(json!({}), patience),
            post(&runtime, "/init/error", false, b"no configuration")
        );

        assert!(matches!(outcome, Some(Outcome::Failed(why)) if why == "no configuration"));
        assert!(
            matches!(runtime.invoke(json!({}), patience).await, Some(Outcome::Failed(_))),
            "and is not asked again"
        );
    }
}
