//! A model server that answers at once, says when it was asked, and at what moment each word left it.

use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use fakes::server::lock;
use futures::TryStreamExt;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::{Problem, Result};

const DIMENSIONS: usize = 1536;

/// What it says to the next question.
#[derive(Debug, Clone)]
pub struct Script {
    /// A tool it calls first, with its arguments.
    pub tool: Option<(&'static str, &'static str)>,
    pub words: usize,
    /// Between two words.
    pub every: Duration,
}

/// A request for vectors: from its head to the answer.
#[derive(Debug, Clone, Copy)]
pub struct Embedding {
    pub asked: Instant,
    pub answered: Instant,
}

/// A request for words.
#[derive(Debug, Clone, Default)]
pub struct Chat {
    /// It had come whole.
    pub asked: Option<Instant>,
    /// Each word left.
    pub said: Vec<Instant>,
    /// The last byte left.
    pub ended: Option<Instant>,
}

#[derive(Debug, Clone, Default)]
pub struct Heard {
    pub embeddings: Vec<Embedding>,
    pub chats: Vec<Chat>,
}

/// A running one. It stops when dropped.
pub struct Model {
    /// For `OPENAI_BASE_URL`.
    pub url: String,
    state: Arc<State>,
    server: tokio::task::JoinHandle<()>,
}

struct State {
    script: Mutex<Script>,
    heard: Mutex<Heard>,
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

impl Model {
    pub async fn start() -> Result<Self> {
        let failed = |e: std::io::Error| Problem(format!("The model server did not start: {e}."));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let url = format!("http://{}/v1", listener.local_addr().map_err(failed)?);
        let script = Script { tool: None, words: 3, every: Duration::ZERO };
        let state = Arc::new(State { script: Mutex::new(script), heard: Mutex::default() });
        let served = state.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = served.clone();
                let _slower_without = stream.set_nodelay(true);
                tokio::spawn(async move {
                    let service = service_fn(|request| {
                        let state = state.clone();
                        async move { Ok::<_, Infallible>(state.serve(request).await) }
                    });
                    let _client_left = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Ok(Self { url, state, server })
    }

    pub fn plays(&self, script: Script) {
        *lock(&self.state.script) = script;
    }

    /// What it heard since it was last asked.
    pub fn heard(&self) -> Heard {
        std::mem::take(&mut *lock(&self.state.heard))
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl State {
    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let asked = Instant::now();
        let embeds = request.uri().path().ends_with("/embeddings");
        let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if embeds {
            let answer = embedded(&body);
            lock(&self.heard).embeddings.push(Embedding { asked, answered: Instant::now() });
            return answer;
        }
        let script = lock(&self.script).clone();
        let place = {
            let mut heard = lock(&self.heard);
            heard.chats.push(Chat { asked: Some(Instant::now()), ..Chat::default() });
            heard.chats.len() - 1
        };
        let (frames, stream) = mpsc::channel(64);
        tokio::spawn(async move { self.speak(&script, &body, place, &frames).await });
        let stream = ReceiverStream::new(stream).map_ok(Frame::data);
        let mut answer = Response::new(BoxBody::new(StreamBody::new(stream)));
        answer.headers_mut().insert("content-type", http::HeaderValue::from_static("text/event-stream"));
        answer
    }

    /// The answer to one request: a call of the tool, or words once that was called.
    async fn speak(&self, script: &Script, body: &Value, place: usize, to: &mpsc::Sender<Said>) {
        let called = body["messages"].as_array().is_some_and(|all| all.iter().any(|one| one["role"] == "tool"));
        let is_form = body["tools"].as_array().is_none_or(Vec::is_empty) && body["response_format"].is_object();
        let say = async |choice: Value| {
            let chunk = json!({ "id": "c", "object": "chat.completion.chunk", "model": "bench", "choices": [choice] });
            to.send(Ok(Bytes::from(format!("data: {chunk}\n\n")))).await.is_ok()
        };
        say(json!({ "index": 0, "delta": { "role": "assistant", "content": "" } })).await;
        let reason = match script.tool.filter(|_| !called && !is_form) {
            Some((name, arguments)) => {
                let function = json!({ "name": name, "arguments": arguments });
                let call = json!({ "index": 0, "id": "call_1", "type": "function", "function": function });
                say(json!({ "index": 0, "delta": { "tool_calls": [call] } })).await;
                "tool_calls"
            }
            None => {
                for word in 0..script.words {
                    if !script.every.is_zero() {
                        tokio::time::sleep(script.every).await;
                    }
                    self.note(place, |chat| chat.said.push(Instant::now()));
                    if !say(json!({ "index": 0, "delta": { "content": format!(" word{word}") } })).await {
                        return;
                    }
                }
                "stop"
            }
        };
        say(json!({ "index": 0, "delta": {}, "finish_reason": reason })).await;
        let usage = json!({ "prompt_tokens": 2_000, "completion_tokens": script.words });
        let last = json!({ "id": "c", "model": "bench", "choices": [], "usage": usage });
        self.note(place, |chat| chat.ended = Some(Instant::now()));
        let _client_left = to.send(Ok(Bytes::from(format!("data: {last}\n\ndata: [DONE]\n\n")))).await;
    }

    fn note(&self, place: usize, what: impl FnOnce(&mut Chat)) {
        if let Some(chat) = lock(&self.heard).chats.get_mut(place) {
            what(chat);
        }
    }
}

type Said = std::result::Result<Bytes, Infallible>;

fn embedded(body: &Value) -> Answer {
    let texts = body["input"].as_array().cloned().unwrap_or_default();
    let data = texts.iter().enumerate().map(|(index, text)| {
        let bytes: Vec<u8> =
            vector(text.as_str().unwrap_or_default()).iter().flat_map(|number| number.to_le_bytes()).collect();
        json!({ "object": "embedding", "index": index, "embedding": BASE64_STANDARD.encode(bytes) })
    });
    let answer =
        json!({ "object": "list", "data": data.collect::<Vec<_>>(), "usage": { "total_tokens": texts.len() } });
    Response::new(BoxBody::new(Full::new(Bytes::from(answer.to_string()))))
}

/// A direction of its own for each text.
#[expect(clippy::cast_precision_loss, reason = "any direction will do")]
pub fn vector(text: &str) -> Vec<f32> {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let mut state = hasher.finish() | 1;
    let mut numbers: Vec<f32> = Vec::with_capacity(DIMENSIONS);
    for _ in 0..DIMENSIONS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        numbers.push((state >> 40) as f32 / 8_388_608.0 - 1.0);
    }
    let length = numbers.iter().map(|x| x * x).sum::<f32>().sqrt();
    numbers.iter_mut().for_each(|x| *x /= length);
    numbers
}
