//! The running fake as its handlers see it: the state behind one lock, the clock, the settings.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::portal::{Actor, Portal, Source};
use super::refusal::Refusal;
use super::state::{self, State};
use super::webhooks::{self, Trouble};
use crate::server::{Clock, lock};

/// Requests an installing account may make in [`WINDOW`], and searches in a second.
pub const MAX_REQUESTS: usize = 110;
pub const WINDOW: SignedDuration = SignedDuration::from_secs(10);
const MAX_SEARCHES: usize = 5;

/// What is chosen while it runs.
#[derive(Default)]
pub struct Settings {
    pub search_lag: Duration,
    pub enforce_limits: bool,
    pub trouble: Trouble,
}

pub struct App {
    pub url: String,
    pub clock: Clock,
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uris: Vec<String>,
    pub state_file: Option<PathBuf>,
    pub http: reqwest::Client,
    pub state: Mutex<State>,
    pub settings: Mutex<Settings>,
    /// When each portal's last requests and searches were.
    pub requests: Mutex<BTreeMap<i64, VecDeque<Timestamp>>>,
    pub searches: Mutex<BTreeMap<i64, VecDeque<Timestamp>>>,
    /// Something is to be saved, or to be delivered.
    pub unsaved: AtomicBool,
    pub save: Notify,
    pub deliver: Notify,
}

pub type Shared = Arc<App>;

impl App {
    /// The clock's time in whole milliseconds, as HubSpot counts.
    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Looks something up in one portal.
    pub fn read<T>(&self, portal: i64, look: impl FnOnce(&Portal) -> Result<T, Refusal>) -> Result<T, Refusal> {
        look(lock(&self.state).portals.get(&portal).ok_or_else(Refusal::not_found)?)
    }

    /// Changes something in one portal, and sends the events of what happened on their way, even when the whole
    /// was refused half-way.
    pub fn write<T>(
        &self,
        portal: i64,
        source: Source,
        act: impl FnOnce(&mut Portal, Actor) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let actor = Actor { source, now: self.now() };
        let mut state = lock(&self.state);
        let account = state.portals.get_mut(&portal).ok_or_else(Refusal::not_found)?;
        let result = act(account, actor);
        let changes = std::mem::take(&mut account.changes);
        webhooks::publish(&mut state, portal, &changes, actor);
        drop(state);
        self.changed();
        result
    }

    /// The app's id, which changes made with its token carry.
    pub fn app_id(&self) -> i64 {
        lock(&self.state).webhook.as_ref().map_or(webhooks::DEFAULT_APP_ID, |target| target.app_id)
    }

    /// Has the state written soon and the outbox looked at.
    pub fn changed(&self) {
        self.unsaved.store(true, Ordering::Relaxed);
        self.save.notify_one();
        self.deliver.notify_one();
    }

    /// Writes the state, if it is kept and has changed.
    pub fn save_now(&self) {
        let Some(path) = self.state_file.as_deref().filter(|_| self.unsaved.swap(false, Ordering::Relaxed)) else {
            return;
        };
        let text = serde_json::to_vec(&*lock(&self.state));
        if let Err(error) = text.map_err(std::io::Error::other).and_then(|text| state::write(path, &text)) {
            tracing::error!(%error, path = %path.display(), "the HubSpot fake could not be saved");
        }
    }

    /// Counts one request of a portal and answers how many are left in this window.
    pub fn count_request(&self, portal: i64) -> Option<usize> {
        let now = self.now();
        count(lock(&self.requests).entry(portal).or_default(), now, WINDOW, MAX_REQUESTS)
    }

    /// Counts one search of a portal.
    pub fn count_search(&self, portal: i64) -> Option<usize> {
        let now = self.now();
        count(lock(&self.searches).entry(portal).or_default(), now, SignedDuration::from_secs(1), MAX_SEARCHES)
    }
}

fn count(times: &mut VecDeque<Timestamp>, now: Timestamp, window: SignedDuration, most: usize) -> Option<usize> {
    while times.front().is_some_and(|oldest| now.duration_since(*oldest) >= window) {
        times.pop_front();
    }
    if times.len() >= most {
        return None;
    }
    times.push_back(now);
    Some(most - times.len())
}
