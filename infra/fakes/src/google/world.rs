//! What the handlers share: the state behind one lock, and what follows from changing it.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::OAuthClient;
use super::calendar::channels;
use super::gmail::mailbox::Mailbox;
use super::keys::Signer;
use super::oauth::Forgery;
use super::push::Push;
use super::state::{self, State};
use crate::server::{Control, lock};

pub(super) struct World {
    pub state: Mutex<State>,
    pub control: Control,
    /// Our own origin.
    pub url: String,
    pub clients: Vec<OAuthClient>,
    pub signer: Signer,
    pub push: Push,
    pub http: reqwest::Client,
    pub runtime: Handle,
    pub enforce_quota: AtomicBool,
    /// Units spent in the last minute, by account and client.
    pub spent: Mutex<BTreeMap<String, VecDeque<(Timestamp, u32)>>>,
    /// What the next id_tokens are like, if not honest.
    pub forgeries: Mutex<VecDeque<Forgery>>,
    pub state_file: Option<PathBuf>,
    unsaved: AtomicBool,
    changed: Notify,
}

/// What a [`World`] is made of.
pub(super) struct Parts {
    pub state: State,
    pub control: Control,
    pub url: String,
    pub clients: Vec<OAuthClient>,
    pub signer: Signer,
    pub state_file: Option<PathBuf>,
}

impl World {
    pub fn new(parts: Parts) -> std::io::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(std::io::Error::other)?;
        Ok(Self {
            state: Mutex::new(parts.state),
            control: parts.control,
            url: parts.url,
            clients: parts.clients,
            signer: parts.signer,
            push: Push::default(),
            http,
            runtime: Handle::current(),
            enforce_quota: AtomicBool::new(false),
            spent: Mutex::default(),
            forgeries: Mutex::default(),
            state_file: parts.state_file,
            unsaved: AtomicBool::new(false),
            changed: Notify::new(),
        })
    }

    pub fn now(&self) -> Timestamp {
        self.control.clock.now()
    }

    pub fn client(&self, id: &str) -> Option<&OAuthClient> {
        self.clients.iter().find(|client| client.client_id == id)
    }

    /// Changes the state, then tells whoever watches it, and the disk.
    pub fn change<T>(self: &std::sync::Arc<Self>, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        let result = act(&mut state);
        self.settle(&mut state);
        result
    }

    /// [`World::change`] of one mailbox; `None` when there is no such account.
    pub fn change_mailbox<T>(
        self: &std::sync::Arc<Self>,
        email: &str,
        act: impl FnOnce(&mut Mailbox, Timestamp) -> T,
    ) -> Option<T> {
        let now = self.now();
        self.change(|state| state.mailboxes.get_mut(email).map(|mailbox| act(mailbox, now)))
    }

    /// Publishes what happened since the last time and marks the state as unsaved.
    pub fn settle(self: &std::sync::Arc<Self>, state: &mut State) {
        let now = self.now();
        let mut news = Vec::new();
        for mailbox in state.mailboxes.values_mut() {
            if mailbox.news(now) {
                news.push((mailbox.email.clone(), mailbox.history_id));
            }
        }
        for (email, history_id) in news {
            state.published += 1;
            super::push::publish(self, state.published, &email, history_id);
        }
        for calendar in state.calendars.values_mut() {
            if calendar.announced != calendar.sequence {
                calendar.announced = calendar.sequence;
                channels::notify(self, calendar, now);
            }
        }
        self.unsaved.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Writes the state to its file a moment after each change, for as long as the process lives.
    pub async fn keep_saved(&self) {
        if self.state_file.is_none() {
            return;
        }
        loop {
            self.changed.notified().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.save();
        }
    }

    /// Writes unsaved changes to the state file.
    pub fn save(&self) {
        let Some(path) = &self.state_file else { return };
        if !self.unsaved.swap(false, Ordering::AcqRel) {
            return;
        }
        let bytes = serde_json::to_vec(&*lock(&self.state));
        let written = bytes.map_err(std::io::Error::other).and_then(|bytes| state::write(path, &bytes));
        if let Err(error) = written {
            tracing::error!(%error, path = %path.display(), "the Google fake could not save its state");
        }
    }
}
