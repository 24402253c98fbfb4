//! The fake over HTTP, as an app and a browser see it.

mod associations;
mod load;
mod oauth;
mod objects;
mod search;
mod webhooks;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{HubSpot, Options};
use crate::practice::{Advisor, CrmObject, Practice};
use crate::server::Clock;

pub const PORTAL: i64 = 8_675_309;
pub const CALLBACK: &str = "http://localhost:8000/api/auth/hubspot/callback";
pub const SCOPES: &str = "crm.objects.contacts.read crm.objects.contacts.write crm.objects.companies.read \
                          crm.objects.companies.write crm.objects.deals.read crm.objects.deals.write \
                          crm.objects.owners.read";

pub async fn start() -> (HubSpot, Clock) {
    let clock = Clock::default();
    (start_with(clock.clone(), None).await, clock)
}

pub async fn start_with(clock: Clock, state_file: Option<PathBuf>) -> HubSpot {
    let hubspot = HubSpot::start(Options {
        addr: SocketAddr::from(([127, 0, 0, 1], 0)),
        clock,
        client_id: "app".to_owned(),
        client_secret: "secret".to_owned(),
        redirect_uris: vec![CALLBACK.to_owned()],
        state_file,
    })
    .await
    .unwrap();
    hubspot.load(&practice());
    hubspot
}

/// One advisor, two contacts, a company, a deal and a note.
fn practice() -> Practice {
    Practice {
        advisors: vec![Advisor {
            sub: "1".to_owned(),
            email: "ada@example.com".to_owned(),
            name: "Ada Byron".to_owned(),
            given_name: "Ada".to_owned(),
            family_name: "Byron".to_owned(),
            time_zone: "America/Denver".to_owned(),
            portal_id: PORTAL,
            hubspot_user_id: 7001,
            hubspot_owner_id: "9001".to_owned(),
        }],
        contacts: vec![
            object("101", &[("email", "bill@example.com"), ("firstname", "Bill"), ("lastname", "Ross")], &[]),
            object("102", &[("email", "sara@example.org"), ("firstname", "Sara"), ("risk_profile", "calm")], &[]),
        ],
        companies: vec![object("201", &[("name", "Acme"), ("domain", "acme.example")], &[("contacts", "101")])],
        deals: vec![object("301", &[("dealname", "Rollover"), ("dealstage", "closedwon")], &[("contacts", "101")])],
        notes: vec![object(
            "401",
            &[("hs_timestamp", "2026-01-02T03:04:05Z"), ("hs_note_body", "<p>Plays &amp; coaches baseball</p>")],
            &[("contacts", "101")],
        )],
        ..Practice::default()
    }
}

pub fn object(id: &str, values: &[(&str, &str)], links: &[(&str, &str)]) -> CrmObject {
    let at = "2026-01-05T10:00:00Z".parse().unwrap();
    let owned = |pair: &(&str, &str)| (pair.0.to_owned(), pair.1.to_owned());
    CrmObject {
        portal_id: PORTAL,
        id: id.to_owned(),
        properties: values.iter().map(owned).collect::<BTreeMap<_, _>>(),
        created_at: at,
        updated_at: at,
        associations: links.iter().map(owned).collect(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one door of these tests")]
pub async fn send(request: reqwest::RequestBuilder) -> Response {
    request.send().await.unwrap()
}

pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

/// An app that was let into the portal.
pub struct Client {
    pub url: String,
    pub token: String,
    pub refresh_token: String,
    pub http: reqwest::Client,
}

impl Client {
    pub async fn connect(hubspot: &HubSpot) -> Self {
        Self::connect_with(hubspot, SCOPES).await
    }

    pub async fn connect_with(hubspot: &HubSpot, scopes: &str) -> Self {
        let code = oauth::approve(hubspot, scopes, &[]).await;
        let (status, tokens) = oauth::redeem(hubspot, &code, &[]).await;
        assert_eq!(status, 200, "{tokens}");
        Self {
            url: hubspot.url().to_owned(),
            token: tokens["access_token"].as_str().unwrap().to_owned(),
            refresh_token: tokens["refresh_token"].as_str().unwrap().to_owned(),
            http: http(),
        }
    }

    pub async fn answer(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        send(request).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let answer = self.answer(method, path, body).await;
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, None).await
    }

    /// Creates a contact and answers its id.
    pub async fn contact(&self, email: &str) -> String {
        let body = json!({ "properties": { "email": email } });
        let (status, created) = self.post("/crm/objects/2026-09/contacts", &body).await;
        assert_eq!(status, 201, "{created}");
        created["id"].as_str().unwrap().to_owned()
    }
}
