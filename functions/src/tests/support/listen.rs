//! The product on a real socket, so that the stand-ins' own messages reach it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Response, StatusCode};
use fakes::google::PushConfig;
use lambda_http::request::LambdaRequest;
use shared::App;
use shared::config::{GMAIL_WEBHOOK, HUBSPOT_WEBHOOK};
use shared::edge::service;
use tokio::net::TcpListener;

use super::{TestApp, find_route, proxy_event};

const PUSH_ACCOUNT: &str = "push@practice.iam.gserviceaccount.com";
/// Of the application HubSpot's stand-in calls.
pub const APP_ID: i64 = 1_160_452;

/// Requests that came over the socket, and how many of them are not answered yet.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<Request<String>>>>, Arc<AtomicUsize>);

impl Heard {
    /// Those to one path: headers and body.
    pub fn of(&self, path: &str) -> Vec<(HeaderMap, String)> {
        let heard = self.0.lock().unwrap();
        let heard = heard.iter().filter(|request| request.uri().path() == path);
        heard.map(|request| (request.headers().clone(), request.body().clone())).collect()
    }
}

impl TestApp {
    /// With push messages on: Google's and HubSpot's stand-ins call the webhooks as the providers do.
    pub async fn listening() -> Self {
        Self::listening_with(&[]).await
    }

    /// The same, with further variables.
    pub async fn listening_with(variables: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let ours = [
            ("WEBHOOK_BASE_URL", base.as_str()),
            ("GOOGLE_PUBSUB_TOPIC", "projects/practice/topics/gmail"),
            ("GOOGLE_PUBSUB_SERVICE_ACCOUNT", PUSH_ACCOUNT),
        ];
        let mut app = Self::start_with(&[&ours, variables].concat()).await;
        app.heard = Heard::default();
        tokio::spawn(serve(app.app.clone(), listener, app.heard.clone()));

        let push = PushConfig {
            endpoint: format!("{base}{GMAIL_WEBHOOK}"),
            audience: None,
            service_account: PUSH_ACCOUNT.into(),
            subscription: "projects/practice/subscriptions/gmail".into(),
            minimum_backoff_ms: 20,
            max_attempts: 10,
        };
        app.google.set_push(Some(push)).unwrap();
        app.hubspot.set_webhook_target(&format!("{base}{HUBSPOT_WEBHOOK}"), APP_ID).unwrap();
        app
    }

    /// Waits until the first column of the first row is this, and everybody who called has an answer, so that all bells are
    /// rung: what comes over a socket comes in its own time.
    pub async fn until(&self, query: &str, expected: &str) {
        let mut last = Vec::new();
        for _ in 0..400 {
            last = self.sql(query).await;
            let answered = self.heard.1.load(Ordering::SeqCst) == 0;
            if answered && last.first().and_then(|row| row.first()).is_some_and(|value| value == expected) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("{query}\nis {last:?} and not {expected}");
    }
}

async fn serve(app: App, listener: TcpListener, heard: Heard) {
    let router = Router::new().fallback(move |request| answer(app.clone(), heard.clone(), request));
    axum::serve(listener, router).await.unwrap();
}

async fn answer(app: App, heard: Heard, request: Request) -> Response<Body> {
    heard.1.fetch_add(1, Ordering::SeqCst);
    let response = respond(&app, &heard, request).await;
    heard.1.fetch_sub(1, Ordering::SeqCst);
    response
}

async fn respond(app: &App, heard: &Heard, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(to_bytes(body, 16 << 20).await.unwrap().to_vec()).unwrap();
    let path = parts.uri.path_and_query().unwrap().to_string();
    let headers: Vec<(String, String)> =
        parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let method = parts.method.clone();
    heard.0.lock().unwrap().push(Request::from_parts(parts, body.clone()));

    let Some((route, parameters)) = find_route(&method, path.split('?').next().unwrap()) else {
        return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap();
    };
    let event = proxy_event(&method, &path, &route, &parameters, &headers, Some(&body));
    let event: LambdaRequest = serde_json::from_str(&event.to_string()).unwrap();
    service(app, route)(event.into()).await.unwrap().map(Body::new)
}
