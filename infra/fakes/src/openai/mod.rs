//! OpenAI: embeddings, Chat Completions and Responses, streaming or not, as the vendor documents them.
//!
//! * Embeddings carry meaning ([`Embedder::MiniLm`], a small real model) or at least words ([`Embedder::Lexical`]).
//! * The chat model is a stand-in and no model at all: fixed rules choose tools and quote what the prompt holds (`brain`).
//!   It answers under whatever model name is asked for. It is here so that everything around a model can be run and
//!   tested; how well a real model answers cannot be learned from it.
//! * Tests decide the next answers with [`OpenAi::script`]; another process does with `POST /_control/script`, whose body is
//!   an array of [`Reply`] (`DELETE` forgets them), and `POST /_control/hijack` `{"on": true}`.
//! * [`OpenAi::take_over`], or `PUT /_control/adversary` with an [`Adversary`] (`DELETE` ends it), puts a model in its place
//!   that somebody else has taken over: it does what it can for them.
//!
//! Structured answers hold what the request says, put into the schema's fields by their names. Not here, and refused rather
//! than ignored: images and audio, `n` over 1, log probabilities, stored responses, built-in tools. Tokens are counted approximately (`tokens`).

mod adversary;
mod answer;
mod brain;
mod chat;
mod embedder;
mod embeddings;
mod format;
mod front;
mod lexical;
mod limits;
mod models;
mod params;
mod refusal;
mod request;
mod responses;
mod script;
mod sse;
mod strict;
#[cfg(test)]
mod tests;
mod tokens;
mod tools;
mod turn;
mod vector;
mod words;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

pub use self::adversary::{Adversary, attacks};
pub use self::embedder::Embedder;
use self::embedder::Embeddings;
use self::limits::Limits;
pub use self::limits::PerMinute;
use self::script::Script;
pub use self::script::{Break, ErrorReply, Reply, ToolCall};
use crate::server::{self, Clock, Control, Running};
pub use minilm::MiniLm;

/// How to start one. `..Options::default()` gives any free port, words-only embeddings and no pauses.
pub struct Options {
    pub addr: SocketAddr,
    pub clock: Clock,
    pub embedder: Embedder,
    /// What `GET /v1/models` lists.
    pub models: Vec<String>,
    pub per_minute: PerMinute,
    /// Pause before each word of a streamed answer.
    pub pace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock: Clock::default(),
            embedder: Embedder::Lexical,
            models: models::DEFAULT.iter().map(|id| (*id).to_owned()).collect(),
            per_minute: PerMinute::default(),
            pace: Duration::ZERO,
        }
    }
}

/// A running server. It stops when dropped.
pub struct OpenAi {
    running: Running,
    shared: Arc<Shared>,
}

/// What the handlers know.
struct Shared {
    control: Control,
    embeddings: Embeddings,
    models: Vec<String>,
    limits: Limits,
    pace: Duration,
    script: Script,
    hijacked: AtomicBool,
    adversary: Mutex<Option<Adversary>>,
    /// What the adversary was asked so far.
    turns: AtomicUsize,
}

impl OpenAi {
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let (listener, _) = server::bind(options.addr).await?;
        let shared = Arc::new(Shared {
            control: Control::new(options.clock, refusal::error_body),
            embeddings: Embeddings::new(options.embedder),
            models: options.models,
            limits: Limits::new(options.per_minute),
            pace: options.pace,
            script: Script::default(),
            hijacked: AtomicBool::new(false),
            adversary: Mutex::default(),
            turns: AtomicUsize::new(0),
        });
        let running = server::serve(listener, front::routes(&shared), &shared.control)?;
        Ok(Self { running, shared })
    }

    /// `http://127.0.0.1:PORT`, without `/v1`.
    pub fn url(&self) -> &str {
        &self.running.url
    }

    pub fn control(&self) -> &Control {
        &self.shared.control
    }

    /// The next chat or Responses requests are answered with these, in order, before the stand-in answers again.
    pub fn script(&self, replies: Vec<Reply>) {
        self.shared.script.push(replies);
    }

    /// Whether the stand-in obeys instructions it finds in passages, as a fooled model would. For tests of what then
    /// still protects the advisor.
    pub fn hijack(&self, on: bool) {
        self.shared.hijacked.store(on, Ordering::Relaxed);
    }

    /// Puts a model in the stand-in's place that somebody has taken over, or ends that.
    pub fn take_over(&self, adversary: Option<Adversary>) {
        *server::lock(&self.shared.adversary) = adversary;
    }
}
