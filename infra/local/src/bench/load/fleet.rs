//! Processes of the functions, as Lambda has them: each serves one event at a time, and one that none is free for is started.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fakes::server::lock;
use fakes::world::Home;
use futures::{FutureExt, StreamExt, stream};
use serde_json::Value;
use tokio::sync::Notify;

use crate::bench::function::Function;
use crate::bench::proc;
use crate::gateway::function::{Answer, Invoke};

/// Processes at once, of all functions together: with all that stands beside them they fit into 24 GB several times over. Two for
/// each of the requests at once, since a function that has a free one lends it to no other.
pub const MOST: usize = 440;

pub struct Fleet {
    pub home: Home,
    pub binaries: PathBuf,
    pub variables: BTreeMap<String, String>,
    idle: Mutex<BTreeMap<&'static str, Vec<Function>>>,
    /// Some process has become free.
    freed: Notify,
    pids: Mutex<Vec<u32>>,
    /// Processes that were ever started.
    pub starts: AtomicUsize,
}

impl Fleet {
    pub fn new(home: Home, binaries: PathBuf, variables: BTreeMap<String, String>) -> Arc<Self> {
        let (idle, freed, pids) = (Mutex::default(), Notify::new(), Mutex::default());
        Arc::new(Self { home, binaries, variables, idle, freed, pids, starts: AtomicUsize::new(0) })
    }

    /// What the gateway calls in place of a Lambda.
    pub fn invoke(self: &Arc<Self>, name: &'static str) -> Invoke {
        let fleet = self.clone();
        Arc::new(move |event, _| {
            let fleet = fleet.clone();
            async move { fleet.answer(name, event).await }.boxed()
        })
    }

    async fn answer(&self, name: &'static str, event: Value) -> Result<Answer, String> {
        let function = self.take(name).await?;
        // One that failed is not given back, and ends here.
        let answered = function.invoke(event).await.map_err(|problem| problem.0)?;
        lock(&self.idle).entry(name).or_default().push(function);
        self.freed.notify_one();
        Ok(match answered.streamed {
            None => Answer::Buffered(answered.document),
            Some(streamed) => {
                let pieces = streamed.pieces.into_iter().map(|(_, piece)| Ok(piece));
                Answer::Streamed { metadata: answered.document, body: stream::iter(pieces).boxed() }
            }
        })
    }

    /// The one that was used last, or a new one; when there may be no more, somebody else's.
    async fn take(&self, name: &'static str) -> Result<Function, String> {
        loop {
            let freed = self.freed.notified();
            if let Some(function) = lock(&self.idle).get_mut(name).and_then(Vec::pop) {
                return Ok(function);
            }
            if self.has_room() {
                break;
            }
            freed.await;
        }
        self.starts.fetch_add(1, Ordering::Relaxed);
        let binary = self.binaries.join(name);
        let function =
            Function::spawn(&self.home, name, &binary, &self.variables).await.map_err(|problem| problem.0)?;
        lock(&self.pids).push(function.pid);
        Ok(function)
    }

    /// Whether there may be one more; ends an idle one, if that makes room.
    fn has_room(&self) -> bool {
        if self.pids().len() < MOST {
            return true;
        }
        let mut idle = lock(&self.idle);
        idle.values_mut().max_by_key(|those| those.len()).and_then(Vec::pop).is_some()
    }

    /// Those that run.
    pub fn pids(&self) -> Vec<u32> {
        let mut pids = lock(&self.pids);
        pids.retain(|pid| proc::memory(*pid).now > 0);
        pids.clone()
    }
}
