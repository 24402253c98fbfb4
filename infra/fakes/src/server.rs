//! What every fake provider has in common: it listens on loopback, remembers the requests it received, obeys a clock
//! that can be moved, and breaks on demand.
//!
//! Another process drives it over HTTP, under `/_control`:
//!
//! | request | does |
//! |---|---|
//! | `GET /_control/requests` | the log, oldest first |
//! | `DELETE /_control/requests` | forgets it |
//! | `POST /_control/faults` | arms one [`Fault`] |
//! | `DELETE /_control/faults` | disarms all |
//! | `POST /_control/weather` | begins a [`Weather`]; `DELETE` ends it |
//! | `POST /_control/clock` `{"advance_seconds": 3600}` | moves the clock |

mod weather;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use weather::Sky;
pub use weather::{Odds, Weather};

/// Larger than any provider accepts.
const MAX_BODY: usize = 64 << 20;

/// Locks a mutex; a fake keeps answering after one of its handlers panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that runs with the machine's, moved by an offset. Clones share the offset.
#[derive(Clone, Default, Debug)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "a fake is where time comes from")]
    pub fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_millis(self.0.load(Ordering::Relaxed))
    }

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

/// One request as it arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Received {
    pub at: Timestamp,
    pub method: String,
    /// Path and query.
    pub uri: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// What the fake answered; 0 while the answer is under way or when the connection was dropped.
    pub status: u16,
}

/// Something that goes wrong for the next `times` requests that match.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fault {
    /// Any method when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path; the empty string matches every request.
    #[serde(default)]
    pub path: String,
    #[serde(default = "once")]
    pub times: u32,
    #[serde(flatten)]
    pub kind: FaultKind,
}

fn once() -> u32 {
    1
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// Answers this status with the vendor's own error body, and does nothing.
    Status {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Replaces the vendor's body.
        #[serde(default)]
        body: Option<Value>,
    },
    /// Does what was asked and then closes the connection without an answer.
    AppliedThenDropped,
    /// Does what was asked, and answers only after this time.
    Slow { delay_ms: u64 },
    /// Does what was asked only after this time, whether anybody still waits or not.
    Late { delay_ms: u64 },
    /// Does what was asked and closes the connection in the middle of the body.
    HalfBody,
}

impl FaultKind {
    /// As it is counted.
    fn name(&self) -> &'static str {
        match self {
            Self::Status { status: 401, .. } => "refused_token",
            Self::Status { status: 429, .. } => "asked_for_patience",
            Self::Status { .. } => "failed_before",
            Self::AppliedThenDropped => "applied_then_dropped",
            Self::Slow { .. } => "slow",
            Self::Late { .. } => "late",
            Self::HalfBody => "half_body",
        }
    }
}

/// The vendor's error body for a status.
pub type ErrorBody = fn(StatusCode) -> Value;

/// The log, the faults and the clock of one fake. Clones share them.
#[derive(Clone)]
pub struct Control {
    pub clock: Clock,
    log: Arc<Mutex<Vec<Received>>>,
    faults: Arc<Mutex<Vec<Fault>>>,
    sky: Arc<Mutex<Sky>>,
    error_body: ErrorBody,
}

impl Control {
    pub fn new(clock: Clock, error_body: ErrorBody) -> Self {
        Self { clock, log: Arc::default(), faults: Arc::default(), sky: Arc::default(), error_body }
    }

    /// The requests received so far, oldest first, without those to `/_control`.
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.log).clone()
    }

    pub fn forget_requests(&self) {
        lock(&self.log).clear();
    }

    pub fn arm(&self, fault: Fault) {
        lock(&self.faults).push(fault);
    }

    pub fn disarm(&self) {
        lock(&self.faults).clear();
    }

    /// Begins weather, or ends it.
    pub fn turn(&self, weather: Option<Weather>) {
        lock(&self.sky).turn(weather);
    }

    /// How often the weather has struck, by the kind of fault.
    pub fn struck(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.sky).struck()
    }

    fn take_fault(&self, method: &str, path: &str) -> Option<FaultKind> {
        let mut faults = lock(&self.faults);
        let hit = faults.iter().position(|fault| {
            fault.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(method)) && path.contains(&fault.path)
        });
        let Some(hit) = hit else { return lock(&self.sky).strike(method, path) };
        let kind = faults[hit].kind.clone();
        faults[hit].times = faults[hit].times.saturating_sub(1);
        if faults[hit].times == 0 {
            faults.remove(hit);
        }
        Some(kind)
    }

    fn routes(&self) -> Router {
        Router::new()
            .route("/_control/requests", get(list_requests).delete(forget_requests))
            .route("/_control/faults", post(arm_fault).delete(disarm_faults))
            .route("/_control/weather", post(begin_weather).delete(end_weather))
            .route("/_control/clock", post(move_clock))
            .with_state(self.clone())
    }
}

async fn list_requests(State(control): State<Control>) -> Json<Vec<Received>> {
    Json(control.requests())
}

async fn forget_requests(State(control): State<Control>) -> StatusCode {
    control.forget_requests();
    StatusCode::NO_CONTENT
}

async fn arm_fault(State(control): State<Control>, Json(fault): Json<Fault>) -> StatusCode {
    control.arm(fault);
    StatusCode::NO_CONTENT
}

async fn disarm_faults(State(control): State<Control>) -> StatusCode {
    control.disarm();
    StatusCode::NO_CONTENT
}

async fn begin_weather(State(control): State<Control>, Json(weather): Json<Weather>) -> StatusCode {
    control.turn(Some(weather));
    StatusCode::NO_CONTENT
}

async fn end_weather(State(control): State<Control>) -> StatusCode {
    control.turn(None);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct MoveClock {
    advance_seconds: u64,
}

async fn move_clock(State(control): State<Control>, Json(body): Json<MoveClock>) -> Json<Value> {
    control.clock.advance(Duration::from_secs(body.advance_seconds));
    Json(json!({ "now": control.clock.now() }))
}

/// A fake that listens. It stops when dropped.
pub struct Running {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub url: String,
    pub addr: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Binds `addr` (port 0 for any). Separate from [`serve`] so that a fake can know its own URL before it is built.
pub async fn bind(addr: SocketAddr) -> std::io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(addr).await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Serves the vendor's routes with the control routes beside them.
pub fn serve(listener: TcpListener, vendor: Router, control: &Control) -> std::io::Result<Running> {
    let addr = listener.local_addr()?;
    let app = vendor.layer(middleware::from_fn_with_state(control.clone(), record)).merge(control.routes());
    let server = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(%error, "a fake provider stopped");
        }
    });
    Ok(Running { url: format!("http://{addr}"), addr, server })
}

/// Writes the request down, breaks it if a fault is armed, and answers.
async fn record(State(control): State<Control>, request: Request, next: Next) -> Response {
    // A fake's own control routes are no requests to the vendor.
    if request.uri().path().starts_with("/_control") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let method = parts.method.to_string();
    let path = parts.uri.path().to_owned();
    let index = {
        let mut log = lock(&control.log);
        log.push(Received {
            at: control.clock.now(),
            method: method.clone(),
            uri: parts.uri.path_and_query().map_or_else(|| path.clone(), ToString::to_string),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
            status: 0,
        });
        log.len() - 1
    };

    let fault = control.take_fault(&method, &path);
    if let Some(FaultKind::Status { status, headers, body }) = fault {
        let answer = refuse(&control, status, &headers, body);
        answered(&control, index, answer.status());
        return answer;
    }

    let request = Request::from_parts(parts, Body::from(body));
    let answer = match fault {
        Some(FaultKind::Late { delay_ms }) => late(request, next, Duration::from_millis(delay_ms)).await,
        _ => next.run(request).await,
    };
    match fault {
        None | Some(FaultKind::Status { .. } | FaultKind::Late { .. }) => {}
        Some(FaultKind::Slow { delay_ms }) => tokio::time::sleep(Duration::from_millis(delay_ms)).await,
        Some(FaultKind::HalfBody) => return half(answer).await,
        // Ends the connection's task, and with it the connection, without a word on standard error.
        Some(FaultKind::AppliedThenDropped) => {
            std::panic::resume_unwind(Box::new("the connection is dropped on demand"))
        }
    }
    answered(&control, index, answer.status());
    answer
}

/// On a task of its own: who hangs up does not stop it.
async fn late(request: Request, next: Next, delay: Duration) -> Response {
    let work = tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        next.run(request).await
    });
    work.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn answered(control: &Control, index: usize, status: StatusCode) {
    if let Some(entry) = lock(&control.log).get_mut(index) {
        entry.status = status.as_u16();
    }
}

fn refuse(control: &Control, status: u16, headers: &BTreeMap<String, String>, body: Option<Value>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = body.unwrap_or_else(|| (control.error_body)(status));
    let mut answer = (status, Json(body)).into_response();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

async fn half(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let whole = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let first: Bytes = whole.slice(..whole.len() / 2);
    parts.headers.remove(header::CONTENT_LENGTH);
    let broken = futures::stream::iter([Ok(first), Err(std::io::Error::other("closed on demand"))]);
    // The pause lets the first half leave before the connection breaks.
    let paced = broken.then(|piece| async move {
        if piece.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        piece
    });
    Response::from_parts(parts, Body::from_stream(paced))
}
