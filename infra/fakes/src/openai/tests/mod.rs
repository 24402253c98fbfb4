//! The server from outside, over HTTP.

mod chat;
mod door;
mod embeddings;
mod responses;

use std::time::Duration;

use serde_json::Value;

use super::{OpenAi, Options};

/// A server and somebody who talks to it.
pub struct Caller {
    pub openai: OpenAi,
    http: reqwest::Client,
}

pub struct Said {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
    /// Whether the whole body arrived.
    pub whole: bool,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn error(&self, key: &str) -> Value {
        self.json()["error"][key].clone()
    }

    /// The `data:` lines of a stream, without `[DONE]`.
    pub fn events(&self) -> Vec<Value> {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

impl Caller {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let openai = OpenAi::start(options).await.unwrap();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        Self { openai, http }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Said {
        say(self.http.post(format!("{}{path}", self.openai.url())).bearer_auth("sk-test").json(body)).await
    }

    pub async fn post_with_key(&self, path: &str, key: Option<&str>, body: &Value) -> Said {
        let mut request = self.http.post(format!("{}{path}", self.openai.url())).json(body);
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        say(request).await
    }

    pub async fn get(&self, path: &str) -> Said {
        say(self.http.get(format!("{}{path}", self.openai.url())).bearer_auth("sk-test")).await
    }
}

#[expect(clippy::disallowed_methods, reason = "the caller's one door out")]
async fn say(request: reqwest::RequestBuilder) -> Said {
    let mut response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    let whole = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    Said { status, headers, body: String::from_utf8(body).unwrap(), whole }
}
