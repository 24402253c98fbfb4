//! Ctrl-C, SIGTERM and a closed terminal: the first asks everything to stop in order, the second ends at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::terminal::complain;
use crate::{Problem, Result};

/// Whether we were asked to stop. Clones hear the same.
#[derive(Clone)]
pub struct Stop {
    asked: watch::Receiver<bool>,
    ask: watch::Sender<bool>,
}

impl Stop {
    /// Listens from now on.
    pub fn listen() -> Result<Self> {
        let (sender, receiver) = watch::channel(false);
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            let mut signals =
                signal(kind).map_err(|e| Problem(format!("This system does not let us listen for signals: {e}.")))?;
            let sender = sender.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    if sender.send_replace(true) {
                        complain("Ended at once; what was started stops by itself.");
                        std::process::exit(130);
                    }
                }
            });
        }
        Ok(Self { asked: receiver, ask: sender })
    }

    /// Listens to no signal.
    pub fn never() -> Self {
        let (ask, asked) = watch::channel(false);
        Self { asked, ask }
    }

    /// Asks everything to stop, as the first Ctrl-C does.
    pub fn ask(&self) {
        self.ask.send_replace(true);
    }

    /// Waits until we are asked to stop.
    pub async fn asked(&self) {
        let mut receiver = self.asked.clone();
        // A sender lives in `self`.
        let _closed = receiver.wait_for(|asked| *asked).await;
    }
}
