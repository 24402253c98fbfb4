//! Many clients at once, and an account of what they sent. What the n-th request is follows from the seed and n.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use fakes::practice::dice::Dice;
use futures::future::join_all;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::world::World;
use crate::clock::now;
use crate::http_client;
use crate::tenants::people::{canaries, news};
use crate::tenants::visit::Visitor;
use crate::terminal::complain;

pub struct Storm<'a> {
    pub world: &'a World,
    pub http: &'a Client,
    pub visitors: &'a [Visitor],
    pub seed: u64,
    pub requests: usize,
}

/// What was sent, as those who sent it counted it.
#[derive(Default)]
pub struct Sent {
    /// Answers by method, route and status.
    pub answers: BTreeMap<(String, String, String), f64>,
    /// Searches that were asked for, by themselves and by questions.
    pub searches: f64,
    /// Mails Google told of.
    pub mails: f64,
    /// Answers that were not of the kind that was expected, or broke off.
    pub odd: f64,
}

struct Asked {
    method: Method,
    /// What is asked for, and the template it is counted by.
    path: String,
    route: &'static str,
    body: Option<Value>,
    expected: u16,
    searches: bool,
}

impl Storm<'_> {
    pub async fn run(&self, clients: usize) -> Sent {
        let next = AtomicUsize::new(0);
        let sent = Mutex::new(Sent::default());
        let client = async || {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= self.requests {
                    return;
                }
                self.request(n, &sent).await;
            }
        };
        join_all((0..clients).map(|_| client())).await;
        sent.into_inner().unwrap_or_default()
    }

    async fn request(&self, n: usize, sent: &Mutex<Sent>) {
        let mut dice = Dice::new(&format!("{}/{n}", self.seed));
        let visitor = &self.visitors[n % self.visitors.len()];
        let api = &self.world.apis[n % self.world.apis.len()];
        let count = |act: &dyn Fn(&mut Sent)| {
            if let Ok(mut sent) = sent.lock() {
                act(&mut sent);
            }
        };
        let drawn = dice.between(0, 100);
        if drawn < 4 {
            if let Some(google) = &self.world.stand_ins.google {
                google.deliver(&news(visitor.who, &mut dice, now()));
                count(&|sent| sent.mails += 1.0);
            }
            return;
        }
        let asked = wanted(drawn, visitor, n);
        let answer = if drawn < 12 {
            self.stranger(api, &asked).await
        } else {
            let answer = visitor.ask(self.http, api, asked.method.clone(), &asked.path, asked.body.clone()).await;
            answer.map(|answer| {
                // A stream has answered when it has come to its end.
                let is_whole = asked.route != "/api/chat" || answer.body.contains("\"finish\"");
                let _own = canaries(&answer.text);
                (answer.status, is_whole)
            })
        };
        match answer {
            Ok((status, is_whole)) => count(&|sent| {
                let key = (asked.method.to_string(), asked.route.to_owned(), status.to_string());
                *sent.answers.entry(key).or_default() += 1.0;
                sent.searches += f64::from(u8::from(asked.searches));
                if status != asked.expected || !is_whole {
                    sent.odd += 1.0;
                    complain(format_args!("request {n}: {} answers {status}, whole: {is_whole}", asked.path));
                }
            }),
            Err(problem) => {
                complain(format_args!("request {n}: {problem}"));
                count(&|sent| sent.odd += 1.0);
            }
        }
    }

    /// Somebody who has not signed in.
    async fn stranger(&self, api: &url::Url, asked: &Asked) -> crate::Result<(u16, bool)> {
        let url = api.join(&asked.path).map_err(|e| crate::Problem(e.to_string()))?;
        let response = http_client::send(self.http.request(asked.method.clone(), url)).await?;
        Ok((response.status().as_u16(), true))
    }
}

fn wanted(drawn: u32, visitor: &Visitor, n: usize) -> Asked {
    let get = |path: String, route, expected| Asked {
        method: Method::GET,
        path,
        route,
        body: None,
        expected,
        searches: false,
    };
    let post = |path: &'static str, body, expected, searches| Asked {
        method: Method::POST,
        path: path.to_owned(),
        route: path,
        body: Some(body),
        expected,
        searches,
    };
    match drawn {
        ..8 => get("/api/tasks".into(), "/api/tasks", 401),
        8..12 => get("/api/auth/me".into(), "/api/auth/me", 200),
        12..30 => get("/api/tasks?limit=5".into(), "/api/tasks", 200),
        30..45 => get(format!("/api/tasks/{}", visitor.task), "/api/tasks/{id}", 200),
        45..52 => get(format!("/api/tasks/0199d3c0-0000-7000-8000-{n:012}"), "/api/tasks/{id}", 404),
        52..62 => get("/api/conversations".into(), "/api/conversations", 200),
        62..68 => get("/api/rules".into(), "/api/rules", 200),
        68..73 => post("/api/rules", json!({ "rule_text": 7 }), 422, false),
        73..76 => post("/api/ingest/calendar", json!({}), 200, false),
        76..90 => post("/api/embeddings/search", json!({ "query": "review about retirement" }), 200, true),
        // Stands in the way of nobody: it is neither limited nor counted.
        90..92 => get("/health".into(), "/health", 200),
        _ => post("/api/chat", json!({ "message": "What is the quarterly review about?", "stream": true }), 200, true),
    }
}
