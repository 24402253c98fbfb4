//! The stream, read as the existing frontend reads it: bytes as they come, decoded as text that may break off anywhere, cut
//! at `\n`, and only lines that begin with `data: `; after `finish` or `error` it stops.

use std::collections::BTreeSet;

use fakes::openai::Reply;
use serde_json::{Value, json};

use super::support::*;

/// What DOMPurify is told to let through.
const TAGS: [&str; 13] = ["b", "i", "em", "strong", "a", "br", "p", "ul", "ol", "li", "code", "pre", "/"];
const ATTRIBUTES: [&str; 3] = ["href", "target", "rel"];

/// The frontend's side of one answer.
#[derive(Debug, Default, PartialEq)]
struct Client {
    /// The beginning of a character whose end has not come yet.
    half: Vec<u8>,
    /// The beginning of a line whose end has not come yet.
    line: String,
    bubble: String,
    contents: Vec<String>,
    finished: bool,
    error: Option<String>,
    reconnect: Option<String>,
    /// Lines it could not read.
    confused: usize,
}

impl Client {
    fn of<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut client = Self::default();
        for chunk in chunks {
            client.hear(chunk);
        }
        client.half.clear();
        client.line.clear();
        client
    }

    fn hear(&mut self, chunk: &[u8]) {
        self.half.extend_from_slice(chunk);
        let whole = match std::str::from_utf8(&self.half) {
            Ok(text) => text.len(),
            Err(error) => {
                assert_eq!(error.error_len(), None, "what is sent is text");
                error.valid_up_to()
            }
        };
        let text: Vec<u8> = self.half.drain(..whole).collect();
        self.line += std::str::from_utf8(&text).unwrap();
        while let Some((line, rest)) = self.line.split_once('\n') {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            self.line = rest;
            self.read(&line);
        }
    }

    fn read(&mut self, line: &str) {
        let Some(data) = line.strip_prefix("data: ").filter(|_| !self.finished && self.error.is_none()) else { return };
        let Ok(event) = serde_json::from_str::<Value>(data) else {
            self.confused += 1;
            return;
        };
        let text = event["data"].as_str().unwrap_or_default().to_owned();
        match event["type"].as_str() {
            Some("content") => {
                self.bubble += &text;
                self.contents.push(text);
            }
            Some("hubspot_reconnect_required") => self.reconnect = Some(text),
            Some("finish") => self.finished = true,
            Some("error") => self.error = Some(text),
            _ => {}
        }
    }
}

async fn practice(app: &TestApp) -> Person<'_> {
    let text = "Unser Sohn Zoë-Élan 🏠 pitches on Saturday – for “€5”. 数学も好きです。";
    app.google.deliver(&mail(ADA, ("Nora Ellison", "nora@ellison.example"), "Größe", text));
    app.ready_advisor(ADA).await
}

/// The body of one streamed answer, as it is sent.
async fn streamed(person: &Person<'_>) -> String {
    let body = json!({
        "message": "Who is Zoë?", "stream": true, "conversation_history": [{ "role": "assistant", "content": "" }],
        "source_type": null, "max_context_chunks": 5,
    });
    let answer = person.post("/api/chat", body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "text/event-stream; charset=utf-8");
    answer.body
}

/// Everything a model may write, and what it should not.
const MARKDOWN: &str = "## Zoë 🏠\n\n**Nora** wrote *on Saturday* about `Zoë-Élan` [1]:\n\n- 数学も好き\n- a < b & c > d\n  1. one\n  \
                        2. two\n\n```html\n<b>bold</b>\n```\n\n<script>alert(1)</script> <img src=x onerror=alert(1)> \
                        [link](https://evil.example/?q=secret) | a | b |\n\nLast line\\\nand “€5”.";

#[tokio::test]
async fn an_answer_is_the_same_however_the_network_cuts_it() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.openai.script(vec![Reply::text("Nora wrote of Zoë 🏠: “for “€5””, 数学. [1]")]);
    let body = streamed(&ada).await;
    let bytes = body.as_bytes();

    let whole = Client::of([bytes]);

    assert!(whole.finished && whole.error.is_none() && whole.confused == 0, "{whole:?}");
    assert!(whole.bubble.contains("Zoë 🏠") && whole.bubble.contains("数学"), "{}", whole.bubble);
    assert!(body.is_ascii() || (0..bytes.len()).any(|at| !body.is_char_boundary(at)), "characters can be cut");
    for at in 0..=bytes.len() {
        assert_eq!(Client::of([&bytes[..at], &bytes[at..]]), whole, "cut at {at}");
    }
    for size in [1, 2, 3, 7, 64, 1000] {
        assert_eq!(Client::of(bytes.chunks(size)), whole, "pieces of {size}");
    }
}

#[tokio::test]
async fn what_it_does_not_know_says_nothing_to_it() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.openai.script(vec![Reply::text("Nora wrote of Zoë. [1]")]);
    let body = streamed(&ada).await;
    let plain = Client::of([body.as_bytes()]);

    let noise = ": keep-alive\n\ndata: {\"type\":\"something_new\",\"data\":{\"a\":[1]}}\n\ndata:{\"type\":\"error\",\"data\":\"x\"}\n\n";
    let noisy = noise.to_owned() + &body.replace("\n\n", &format!("\n\n{noise}"));
    let after = body.clone() + "data: {\"type\":\"content\",\"data\":\"too late\"}\n\n";

    assert_eq!(Client::of([noisy.as_bytes()]), plain);
    assert_eq!(Client::of([after.as_bytes()]), plain, "it stops at the end");
    assert!(body.trim_end().rsplit("data: ").next().unwrap().contains("\"finish\""), "and so does the stream");
}

#[tokio::test]
async fn the_bubble_shows_what_was_sent_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.openai.script(vec![Reply::text(MARKDOWN)]);

    let client = Client::of([streamed(&ada).await.as_bytes()]);

    let mut used = BTreeSet::new();
    let mut open: Vec<String> = Vec::new();
    for content in &client.contents {
        for tag in tags(content) {
            used.insert(check(&tag, &mut open));
        }
    }
    assert_eq!(open, Vec::<String>::new(), "every element is closed");
    assert!(
        used.is_superset(&BTreeSet::from(
            ["a", "code", "em", "li", "ol", "p", "pre", "strong", "ul"].map(String::from)
        )),
        "{used:?}"
    );
    assert!(client.bubble.contains("a &lt; b &amp; c &gt; d"), "{}", client.bubble);
    assert!(!client.bubble.contains("evil.example"), "{}", client.bubble);
    assert!(!client.bubble.contains("**") && !client.bubble.contains("##"), "it shows no Markdown");
}

/// The tags of one piece; each of them whole.
fn tags(content: &str) -> Vec<String> {
    let parts = content.split('<').skip(1);
    let tags =
        parts.map(|part| part.split_once('>').unwrap_or_else(|| panic!("a tag is cut in {content:?}")).0.to_owned());
    tags.collect()
}

/// Answers the element's name.
fn check(tag: &str, open: &mut Vec<String>) -> String {
    if let Some(name) = tag.strip_prefix('/') {
        assert_eq!(open.pop().as_deref(), Some(name), "</{name}> closes nothing");
        return name.to_owned();
    }
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(TAGS.contains(&name), "<{tag}> is not let through");
    for attribute in attributes.split("\" ").filter(|attribute| !attribute.is_empty()) {
        let (attribute, value) = attribute.split_once("=\"").unwrap_or_else(|| panic!("<{tag}>"));
        assert!(ATTRIBUTES.contains(&attribute), "{attribute} of <{tag}> is not let through");
        let leads_out = value.trim_end_matches('"').starts_with("http://") || value.starts_with("https://");
        assert!(attribute != "href" || leads_out, "<{tag}> leads nowhere");
    }
    if name == "a" {
        assert!(
            attributes.contains("target=\"_blank\"") && attributes.contains("noopener"),
            "<{tag}> takes the page along"
        );
    }
    if name != "br" {
        open.push(name.to_owned());
    }
    name.to_owned()
}

#[tokio::test]
async fn without_an_answer_it_shows_an_error_once() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.openai.script(vec![Reply::text("Half a sentence is here").broken_after(2)]);

    let body = streamed(&ada).await;

    let client = Client::of(body.as_bytes().chunks(5));
    assert!(client.error.is_some() && !client.finished && client.confused == 0, "{client:?}");
    assert_eq!(body.matches("\"type\":\"error\"").count(), 1);
    let mut open = Vec::new();
    client.contents.iter().flat_map(|content| tags(content)).for_each(|tag| drop(check(&tag, &mut open)));
    assert_eq!(open, Vec::<String>::new(), "what was begun is closed");
}

#[tokio::test]
async fn a_tool_that_fails_does_not_end_the_answer() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let answer = Reply::text("I could not look that up.");
    app.openai.script(vec![Reply::call("get_contact_by_id", json!({ "contact_id": "no such contact" })), answer]);

    let client = Client::of(streamed(&ada).await.as_bytes().chunks(3));

    assert!(client.finished && client.error.is_none(), "{client:?}");
    assert!(client.bubble.contains("I could not look that up."));
}
