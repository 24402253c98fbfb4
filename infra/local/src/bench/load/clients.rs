//! Who asks: so many at once, each again as soon as there is an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use crate::bench::Samples;
use crate::{Problem, Result, http_client};

/// One kind of request.
pub struct Ask {
    pub name: &'static str,
    pub method: Method,
    pub path: &'static str,
    pub body: Option<Value>,
    /// Of twenty.
    pub share: usize,
}

/// A practice at work: pages that are looked at, searches, and now and then a question.
pub fn mix() -> Vec<Ask> {
    let get = |name, path, share| Ask { name, method: Method::GET, path, body: None, share };
    let post = |name, path, share, body| Ask { name, method: Method::POST, path, body: Some(body), share };
    vec![
        get("auth-me", "/api/auth/me", 6),
        get("tasks-list", "/api/tasks", 5),
        get("conversations-list", "/api/conversations", 4),
        post("knowledge-search", "/api/embeddings/search", 3, json!({ "query": "kid plays baseball", "top_k": 5 })),
        post("chat-send", "/api/chat", 2, json!({ "message": "Who mentioned their kid plays baseball?" })),
    ]
}

pub struct Crowd {
    pub api: Url,
    /// The `Cookie` headers of those who have signed in.
    pub cookies: Vec<String>,
    /// Twenty, in the order they are asked.
    pub order: Vec<Arc<Ask>>,
}

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    pub took: Samples,
    pub errors: Vec<String>,
    pub seconds: f64,
}

impl Crowd {
    pub fn new(api: Url, cookies: Vec<String>, asks: Vec<Ask>) -> Self {
        // Dealt out, so that no kind comes in a row.
        let mut order: Vec<(usize, Arc<Ask>)> = Vec::new();
        for ask in asks.into_iter().map(Arc::new) {
            order.extend((0..ask.share).map(|n| ((2 * n + 1) * 1000 / (2 * ask.share), ask.clone())));
        }
        order.sort_by_key(|(place, _)| *place);
        Self { api, cookies, order: order.into_iter().map(|(_, ask)| ask).collect() }
    }

    /// So many at once, for so long.
    pub async fn ask(self: &Arc<Self>, many: usize, time: Duration) -> Result<Outcome> {
        let http = http_client::client()?;
        let (began, number) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
        let mut clients = JoinSet::new();
        for _ in 0..many {
            let (crowd, http, number) = (self.clone(), http.clone(), number.clone());
            clients.spawn(async move {
                let (mut took, mut errors) = (Vec::new(), Vec::new());
                while began.elapsed() < time {
                    let number = number.fetch_add(1, Ordering::Relaxed);
                    let asked = Instant::now();
                    match crowd.once(&http, number).await {
                        Ok(()) => took.push(asked.elapsed().as_secs_f64() * 1000.0),
                        Err(problem) => errors.push(problem.0),
                    }
                }
                (took, errors)
            });
        }
        let mut outcome = Outcome::default();
        while let Some(ended) = clients.join_next().await {
            let (took, errors) = ended.map_err(|e| Problem(format!("A client broke off: {e}.")))?;
            took.into_iter().for_each(|ms| outcome.took.push(ms));
            outcome.errors.extend(errors);
        }
        outcome.seconds = began.elapsed().as_secs_f64();
        Ok(outcome)
    }

    async fn once(&self, http: &Client, number: usize) -> Result<()> {
        let ask = &self.order[number % self.order.len()];
        let url = self.api.join(ask.path).map_err(|e| Problem(e.to_string()))?;
        let mut request = http
            .request(ask.method.clone(), url)
            .header("origin", "http://localhost:5173")
            .header("x-requested-with", "XMLHttpRequest");
        if let Some(cookies) = self.cookies.get(number / self.order.len() % self.cookies.len().max(1)) {
            request = request.header("cookie", cookies);
        }
        if let Some(body) = &ask.body {
            request = request.json(body);
        }
        let response = http_client::send(request).await?;
        let status = response.status();
        let body = response.text().await.map_err(|e| Problem(format!("{} broke off: {e}", ask.name)))?;
        if status.is_success() && !body.contains(r#""type":"error""#) {
            return Ok(());
        }
        Err(Problem(format!("{}: {status} {}", ask.name, body.chars().take(200).collect::<String>())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_twenty_requests_each_kind_is_its_share_and_none_comes_in_a_block() {
        let crowd = Crowd::new(Url::parse("http://localhost").unwrap(), Vec::new(), mix());

        assert_eq!(crowd.order.len(), 20);
        assert_eq!(crowd.order.iter().filter(|ask| ask.name == "chat-send").count(), 2);
        assert!(crowd.order.windows(3).all(|three| three.iter().any(|ask| ask.name != three[0].name)));
    }
}
