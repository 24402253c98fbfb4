//! Waits until the first sync is complete, with its progress on one line.

use std::time::{Duration, Instant};

use serde::Deserialize;
use url::Url;

use super::browser::Browser;
use super::sign_in::address;
use crate::terminal::{erase_line, say, say_for_now};
use crate::{Problem, Result};

const POLL: Duration = Duration::from_secs(1);
/// Without any progress for this long, the question is asked of what is there.
const PATIENCE: Duration = Duration::from_secs(120);

/// What `GET /api/ingest/status` says, as far as waiting needs it.
#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    sources: Vec<Source>,
    /// Passages that are stored and not embedded yet.
    #[serde(default)]
    waiting: u64,
    #[serde(default)]
    embedded: u64,
}

#[derive(Deserialize)]
struct Source {
    source: String,
    #[serde(default)]
    fetched: u64,
    expected: Option<u64>,
    /// When all that there was had been read.
    synced_at: Option<String>,
    last_error: Option<String>,
}

impl Status {
    fn is_complete(&self) -> bool {
        !self.sources.is_empty() && self.waiting == 0 && self.sources.iter().all(|source| source.synced_at.is_some())
    }

    fn in_words(&self) -> String {
        let sources = self.sources.iter().map(|source| {
            let of = source.expected.map(|expected| format!(" of {expected}")).unwrap_or_default();
            format!("{} {}{of}", source.source, source.fetched)
        });
        let mut parts: Vec<String> = sources.collect();
        parts.push(format!("{} embedded, {} waiting", self.embedded, self.waiting));
        parts.join(" · ")
    }
}

/// Returns when everything has been read and embedded once, or when nothing moves any more.
pub async fn wait(browser: &mut Browser, api: &Url) -> Result<()> {
    let url = address(api, "/api/ingest/status")?;
    let started = Instant::now();
    let mut last_words = String::new();
    let mut moved = Instant::now();
    let mut waited = false;
    loop {
        let response = browser.request(&url, None).await?;
        if !response.status().is_success() {
            return Err(Problem(format!("{url} answered {}: sign in again after a moment.", response.status())));
        }
        let status: Status = response
            .json()
            .await
            .map_err(|e| Problem(format!("{url} answered something else: {}.", e.without_url())))?;
        if status.is_complete() {
            erase_line();
            if waited {
                say(format_args!("Synced in {:.1} s: {}.", started.elapsed().as_secs_f64(), status.in_words()));
            }
            return Ok(());
        }
        let words = status.in_words();
        if words != last_words {
            say_for_now(format_args!("Syncing: {words}"));
            last_words = words;
            moved = Instant::now();
        }
        if moved.elapsed() > PATIENCE {
            erase_line();
            let errors = status.sources.iter().filter_map(|source| source.last_error.as_deref());
            let errors = errors.collect::<Vec<_>>().join(" ");
            say(format_args!("The sync does not move ({last_words}). {errors} Asking of what is there."));
            return Ok(());
        }
        waited = true;
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(json: &str) -> Status {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn complete_means_everything_read_and_embedded() {
        let reading = r#"{"sources":[{"source":"gmail","fetched":10,"expected":20,"synced_at":null}],"waiting":0}"#;
        let embedding =
            r#"{"sources":[{"source":"gmail","fetched":20,"synced_at":"2026-01-01T00:00:00Z"}],"waiting":3}"#;
        let complete =
            r#"{"sources":[{"source":"gmail","fetched":20,"synced_at":"2026-01-01T00:00:00Z"}],"embedded":9}"#;

        assert!(!status("{}").is_complete());
        assert!(!status(reading).is_complete());
        assert!(!status(embedding).is_complete());
        assert!(status(complete).is_complete());
        assert_eq!(status(reading).in_words(), "gmail 10 of 20 · 0 embedded, 0 waiting");
    }
}
