//! Google on one machine: sign-in, Gmail, Calendar and Pub/Sub push as one stateful server.
//!
//! All of Google's hosts are one origin here, with the paths Google uses. Every wrong request is answered with
//! Google's own error. Beside the vendor's routes stand those of `control.rs`, for driving it from another process, and
//! those of `pages.rs`, where the links to mails and events lead.

mod actions;
mod calendar;
mod call;
mod compose;
mod control;
mod fields;
mod gmail;
mod html;
mod keys;
mod loopback;
mod method;
mod mime;
mod oauth;
mod pages;
mod push;
mod refusal;
mod state;
#[cfg(test)]
mod tests;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::post;
use tokio::task::JoinHandle;

pub use oauth::{Forgery, Signature};
pub use push::{PushConfig, PushFault};

use crate::server::{self, Clock, Control, Running};
use keys::Signer;
use state::State;
use world::{Parts, World};

/// Larger than the largest mail with its base64.
const MAX_BODY: usize = 52 << 20;

/// How to start.
pub struct Options {
    /// Port 0 for any.
    pub addr: SocketAddr,
    pub clock: Clock,
    /// The applications registered with this Google.
    pub clients: Vec<OAuthClient>,
    /// Where state is kept between runs; `None` keeps it in memory only.
    pub state_file: Option<PathBuf>,
}

/// An application registered with Google.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    pub client_id: String,
    pub client_secret: String,
    /// Compared byte for byte.
    pub redirect_uris: Vec<String>,
}

/// A running Google. It stops when dropped, and saves what was not saved yet.
pub struct Google {
    world: Arc<World>,
    running: Running,
    saver: JoinHandle<()>,
}

impl Google {
    /// Listens and serves; reads the state file if there is one.
    ///
    /// # Errors
    /// When the address is taken, or the state file cannot be read or is not ours.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let (listener, url) = server::bind(options.addr).await?;
        let mut state = match &options.state_file {
            Some(path) => State::read(path)?.unwrap_or_default(),
            None => State::default(),
        };
        let signer = if state.signing_key.is_empty() {
            tokio::task::spawn_blocking(Signer::of_process).await.map_err(std::io::Error::other)??
        } else {
            Signer::import(&state.signing_key)?
        };
        state.signing_key = signer.export();
        calendar::relink(&mut state, &url);
        let control = Control::new(options.clock, refusal::injected);
        let world = Arc::new(World::new(Parts {
            state,
            control: control.clone(),
            url,
            clients: options.clients,
            signer,
            state_file: options.state_file,
        })?);
        let running = server::serve(listener, router(&world), &control)?;
        let saved = world.clone();
        let saver = tokio::spawn(async move { saved.keep_saved().await });
        Ok(Self { world, running, saver })
    }

    /// `http://127.0.0.1:PORT`: the origin of every Google host.
    pub fn url(&self) -> &str {
        &self.running.url
    }

    pub fn addr(&self) -> SocketAddr {
        self.running.addr
    }

    pub fn control(&self) -> &Control {
        &self.world.control
    }
}

impl Drop for Google {
    fn drop(&mut self) {
        self.saver.abort();
        self.world.save();
    }
}

fn router(world: &Arc<World>) -> Router {
    let api = method::router(world, &[gmail::METHODS, calendar::METHODS]);
    let inner = api.clone().fallback(nowhere).layer(DefaultBodyLimit::max(MAX_BODY));
    let batch = Router::new()
        .route("/batch/gmail/v1", post(gmail::batch::run))
        .route("/batch/calendar/v3", post(gmail::batch::run))
        .route("/batch", post(gmail::batch::run))
        .with_state(inner);
    api.merge(batch)
        .merge(oauth::router(world))
        .merge(control::router(world))
        .merge(pages::router(world))
        .method_not_allowed_fallback(nowhere)
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// What Google's front end says to a path it does not know.
async fn nowhere() -> Response {
    let page = "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Error 404 (Not Found)!!1</title>\n\
                <p><b>404.</b> <ins>That’s an error.</ins>\n<p>The requested URL was not found on this server.\n";
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}
