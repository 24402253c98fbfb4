//! `cargo dev ask`: puts one question to the running stack and prints the answer as it comes, with its sources.

pub mod browser;
pub mod sign_in;
mod sse;
mod sync;
mod text;

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use fakes::world::Home;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use browser::{Browser, Jar};
use sse::Events;
use text::{Link, Plain};

use crate::terminal::{say, say_part};
use crate::{Problem, Result};

/// What to ask, and where.
pub struct Ask {
    pub question: String,
    pub account: Option<String>,
    pub conversation: Option<String>,
    pub api: Url,
}

/// Signs in if need be, waits for the first sync, asks.
pub async fn run(ask: &Ask) -> Result<()> {
    let home = Home::find()?;
    let file = home.local.join("ask-session.json");
    let mut browser = Browser::new(load(&file, &ask.api))?;

    let asked = async {
        sign_in::sign_in(&mut browser, &ask.api, ask.account.as_deref()).await?;
        sync::wait(&mut browser, &ask.api).await?;
        put(&mut browser, ask).await
    };
    let outcome = asked.await;
    // Also after a failure: the session may have been rotated on the way.
    save(&file, &ask.api, browser.jar)?;
    outcome
}

async fn put(browser: &mut Browser, ask: &Ask) -> Result<()> {
    let mut body = json!({ "message": ask.question, "stream": true });
    if let Some(conversation) = &ask.conversation {
        body["conversation_id"] = json!(conversation);
    }
    let mut response = browser.request(&sign_in::address(&ask.api, "/api/chat")?, Some(&body)).await?;
    let status = response.status();
    if !status.is_success() {
        let said = response.text().await.unwrap_or_default();
        let detail =
            serde_json::from_str::<Value>(&said).ok().and_then(|body| body["detail"].as_str().map(str::to_owned));
        return Err(Problem(format!("The question was refused with {status}: {}", detail.unwrap_or(said))));
    }

    let mut events = Events::default();
    let mut plain = Plain::default();
    let mut cited = Vec::new();
    say("");
    loop {
        let piece =
            response.chunk().await.map_err(|e| Problem(format!("The answer broke off: {}.", e.without_url())))?;
        let Some(piece) = piece else { return Err(Problem("The answer broke off before its end.".to_owned())) };
        for event in events.push(&piece) {
            match event.kind.as_str() {
                "content" => say_part(plain.push(event.data.as_str().unwrap_or_default())),
                "citations" => cited = serde_json::from_value(event.data).unwrap_or_default(),
                "error" => {
                    let said = event.data.as_str().unwrap_or("no reason was given").to_owned();
                    return Err(Problem(format!("The answer failed: {said}")));
                }
                "finish" => {
                    say("");
                    print_sources(&cited, plain.links());
                    return Ok(());
                }
                _ => {}
            }
        }
    }
}

/// One source the answer cites.
#[derive(Deserialize)]
struct Cited {
    n: u64,
    title: String,
    url: String,
}

/// `[n] title — link`. An answer that does not list its sources still links to them, under their numbers.
fn print_sources(cited: &[Cited], links: &[Link]) {
    let listed = cited.iter().map(|Cited { n, title, url }| format!("[{n}] {title} — {url}"));
    let mut lines: Vec<String> = listed.collect();
    if lines.is_empty() {
        let linked =
            links.iter().filter(|link| link.text.starts_with('[')).map(|link| format!("{} {}", link.text, link.href));
        lines.extend(linked);
        lines.sort();
        lines.dedup();
    }
    if !lines.is_empty() {
        say("");
    }
    for line in lines {
        say(line);
    }
}

/// The cookies of the last time, with the address they belong to.
#[derive(Serialize, Deserialize)]
struct Saved {
    api: String,
    jar: Jar,
}

fn load(file: &Path, api: &Url) -> Jar {
    let saved = fs::read_to_string(file).ok().and_then(|text| serde_json::from_str::<Saved>(&text).ok());
    saved.filter(|saved| saved.api == api.as_str()).map(|saved| saved.jar).unwrap_or_default()
}

fn save(file: &PathBuf, api: &Url, jar: Jar) -> Result<()> {
    let text = serde_json::to_string(&Saved { api: api.to_string(), jar }).map_err(|e| Problem(e.to_string()))?;
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| Problem(format!("Could not write {}: {e}.", file.display())))
}
