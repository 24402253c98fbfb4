//! CloudFormation, as far as a custom resource sees it: an event, and an address that takes the answer.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Where an answer is waited for.
pub struct Stack {
    url: String,
    heard: Arc<Mutex<Vec<(String, HeaderMap, Value)>>>,
}

impl Stack {
    pub async fn waits() -> Self {
        Self::waits_after(0).await
    }

    /// Its storage is away for so many answers first.
    pub async fn waits_after(failures: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/answer?signature=s3cr3t", listener.local_addr().unwrap());
        let heard = Arc::<Mutex<Vec<_>>>::default();
        let (kept, away) = (heard.clone(), Arc::new(Mutex::new(failures)));
        let router = Router::new().fallback(move |request: Request| {
            let (kept, away) = (kept.clone(), away.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body = serde_json::from_slice(&to_bytes(body, 4096).await.unwrap()).unwrap();
                let mut away = away.lock().unwrap();
                if *away > 0 {
                    *away -= 1;
                    return StatusCode::SERVICE_UNAVAILABLE;
                }
                kept.lock().unwrap().push((parts.method.to_string(), parts.headers, body));
                StatusCode::OK
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, heard }
    }

    /// What it sends to the function.
    pub fn event(&self, kind: &str) -> Value {
        json!({
            "RequestType": kind,
            "ResponseURL": self.url,
            "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:fa-ops-migrate:live",
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/fa/1",
            "RequestId": "7d4f",
            "ResourceType": "Custom::Schema",
            "LogicalResourceId": "Schema",
            "ResourceProperties": { "Code": "arn:aws:lambda:us-east-1:123456789012:function:fa-ops-migrate:7" },
        })
    }

    /// The one answer it got: how it was sent, with which headers, and what it says.
    pub fn answer(&self) -> (String, HeaderMap, Value) {
        let mut heard = self.heard.lock().unwrap();
        assert_eq!(heard.len(), 1, "{heard:?}");
        heard.remove(0)
    }
}
