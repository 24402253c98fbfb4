//! What came out of the product, by every way out, to be searched for what must not be in it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use aws_lambda_events::sqs::SqsEvent;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use fakes::server::{Control, Received};
use serde_json::Value;
use tracing::subscriber::DefaultGuard;

use super::TestApp;
use crate::routes::CONSUMERS;

/// What is logged by this thread, and by tasks that run on it.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Listens until the guard is dropped.
    pub fn listen() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        // While there is one subscriber only, what another test's thread meets first is never logged anywhere: there are two.
        static ANOTHER: std::sync::OnceLock<tracing::Dispatch> = std::sync::OnceLock::new();
        ANOTHER.get_or_init(|| tracing::Dispatch::new(tracing_subscriber::registry()));
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// Our own part: the libraries that carry the requests are silent when deployed.
    pub fn ours(&self) -> Vec<String> {
        let log = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        let ours = log.lines().filter(|line| line.contains(" shared::") || line.contains(" functions::"));
        ours.map(str::to_owned).collect()
    }
}

/// Texts, each with where it came out.
#[derive(Default)]
pub struct Evidence(pub Vec<(String, String)>);

impl Evidence {
    pub fn keep(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.push((place.into(), text.into()));
    }

    /// Where one of these words stands, in whatever case.
    pub fn holding<'a>(&'a self, words: &'a [String]) -> impl Iterator<Item = String> + 'a {
        self.0.iter().flat_map(move |(place, text)| {
            let text = text.to_lowercase();
            let hits = words.iter().filter(move |word| text.contains(&word.to_lowercase()));
            hits.map(move |word| format!("{word} in {place}"))
        })
    }

    /// Places that hold this word.
    pub fn places(&self, word: &str) -> Vec<&str> {
        let with = self.0.iter().filter(|(_, text)| text.to_lowercase().contains(word));
        with.map(|(place, _)| place.as_str()).collect()
    }

    /// Requests that went to a provider; mails in them are read.
    pub fn keep_requests(&mut self, provider: &str, control: &Control) {
        for Received { method, uri, headers, body, .. } in control.requests() {
            let mail = serde_json::from_str(&body).map(|body| raw(&body)).unwrap_or_default();
            self.keep(format!("{method} {uri} at {provider}"), format!("{uri} {headers:?} {body} {mail}"));
        }
    }
}

/// A mail as Gmail is given it: base64 somewhere in a JSON body.
fn raw(body: &Value) -> String {
    let text = [&body["raw"], &body["message"]["raw"]].into_iter().find_map(Value::as_str).unwrap_or_default();
    String::from_utf8_lossy(&BASE64_URL_SAFE.decode(text).unwrap_or_default()).into_owned()
}

impl TestApp {
    /// Does the work there is, as [`TestApp::work`] does, and keeps the messages.
    pub async fn work_seen(&self, evidence: &mut Evidence) {
        loop {
            let messages = self.receive().await;
            if messages.is_empty() {
                return;
            }
            for (receipt, message) in messages {
                evidence.keep("the queue", message.body.clone().unwrap_or_default());
                let mut event = SqsEvent::default();
                event.records = vec![message];
                let answer = CONSUMERS[0].1.handle(&self.app, event).await;
                if answer.batch_item_failures.is_empty() {
                    self.queue_call("DeleteMessage", &[("ReceiptHandle", &receipt)]).await;
                }
            }
        }
    }

    /// What the providers were asked so far, which is forgotten then.
    pub fn requests_seen(&self, evidence: &mut Evidence) {
        let all =
            [("Google", self.google.control()), ("HubSpot", self.hubspot.control()), ("OpenAI", self.openai.control())];
        for (provider, control) in all {
            evidence.keep_requests(provider, control);
            control.forget_requests();
        }
    }
}
