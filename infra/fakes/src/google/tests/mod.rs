//! The fake over HTTP, as a client of Google sees it.

mod calendar;
mod gmail;
mod oauth;
mod push;
mod sending;

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Google, OAuthClient, Options, keys};
use crate::practice::{Advisor, Mail, Mailbox, Practice};
use crate::server::Clock;

const REDIRECT: &str = "http://localhost:8000/api/auth/google/callback";
const ANNA: &str = "anna@alder.example";
const BEN: &str = "ben@birch.example";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-in-all";
const ALL: &str = "openid email profile https://mail.google.com/ https://www.googleapis.com/auth/calendar";

/// A running fake with two accounts, and a client of it.
struct Test {
    google: Google,
    clock: Clock,
    http: reqwest::Client,
}

/// A status with its JSON; `null` when the body is none.
type Reply = (u16, Value);

#[expect(clippy::disallowed_methods, reason = "these tests are the client")]
async fn send(request: reqwest::RequestBuilder) -> reqwest::Response {
    request.send().await.unwrap()
}

async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let answer = send(request).await;
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

fn practice() -> Practice {
    let person = |sub: &str, email: &str, name: &str| Advisor {
        sub: sub.to_owned(),
        email: email.to_owned(),
        name: name.to_owned(),
        given_name: name.split(' ').next().unwrap_or_default().to_owned(),
        family_name: name.split(' ').nth(1).unwrap_or_default().to_owned(),
        time_zone: "America/New_York".to_owned(),
        portal_id: 1,
        hubspot_user_id: 1,
        hubspot_owner_id: "1".to_owned(),
    };
    Practice {
        advisors: vec![person("101", ANNA, "Anna Alder"), person("102", BEN, "Ben Birch")],
        ..Practice::default()
    }
}

fn mail(from: &str, subject: &str, text: &str, date: Timestamp) -> Mail {
    let mailbox = |email: &str| Mailbox { name: String::new(), email: email.to_owned() };
    Mail {
        mailbox: ANNA.to_owned(),
        id: String::new(),
        thread_id: String::new(),
        from: mailbox(from),
        to: vec![mailbox(ANNA)],
        cc: Vec::new(),
        subject: subject.to_owned(),
        date,
        text: Some(text.to_owned()),
        html: None,
        label_ids: vec!["INBOX".to_owned(), "UNREAD".to_owned()],
        message_id: String::new(),
        in_reply_to: None,
        references: Vec::new(),
        headers: Vec::new(),
    }
}

impl Test {
    async fn start() -> Self {
        Self::with_file(None).await
    }

    async fn with_file(state_file: Option<PathBuf>) -> Self {
        let clock = Clock::default();
        let client = OAuthClient {
            client_id: "app".to_owned(),
            client_secret: "secret".to_owned(),
            redirect_uris: vec![REDIRECT.to_owned()],
        };
        let addr = "127.0.0.1:0".parse().unwrap();
        let options = Options { addr, clock: clock.clone(), clients: vec![client], state_file };
        let google = Google::start(options).await.unwrap();
        google.load(&practice());
        let no_redirects = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).redirect(no_redirects).build().unwrap();
        Self { google, clock, http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.google.url())
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The parameters of an ordinary request for consent, with these in place of the usual ones.
    fn auth_query(with: &[(&str, &str)]) -> Vec<(String, String)> {
        let challenge = keys::sha256_url(VERIFIER);
        let mut query = vec![
            ("client_id", "app"),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", ALL),
            ("access_type", "offline"),
            ("state", "s1"),
            ("nonce", "n1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        query.retain(|(name, _)| with.iter().all(|(other, _)| other != name));
        query.extend(with.iter().filter(|(_, value)| !value.is_empty()));
        query.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    async fn consent(&self, with: &[(&str, &str)]) -> reqwest::Response {
        send(self.http.get(self.url("/o/oauth2/v2/auth")).query(&Self::auth_query(with))).await
    }

    /// Approves, and answers the parameters of the callback.
    async fn approve(&self, with: &[(&str, &str)]) -> Value {
        let page = self.consent(with).await.text().await.unwrap();
        let link = page.split("id=\"approve\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let answer = send(self.http.get(link)).await;
        assert_eq!(answer.status().as_u16(), 302);
        callback(answer.headers()["location"].to_str().unwrap())
    }

    async fn token(&self, form: &[(&str, &str)]) -> Reply {
        let mut all = vec![("client_id", "app"), ("client_secret", "secret")];
        all.retain(|(name, _)| form.iter().all(|(other, _)| other != name));
        all.extend(form);
        reply(self.http.post(self.url("/token")).form(&all)).await
    }

    async fn redeem(&self, code: &str) -> Reply {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.token(&form).await
    }

    /// Signs in and answers the token response.
    async fn sign_in(&self, with: &[(&str, &str)]) -> Value {
        let callback = self.approve(with).await;
        let (status, body) = self.redeem(callback["code"].as_str().unwrap()).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// A client of the API with every scope.
    async fn api(&self) -> Api<'_> {
        let token = self.sign_in(&[]).await["access_token"].as_str().unwrap().to_owned();
        Api { test: self, token }
    }

    async fn api_of(&self, email: &str, scope: &str) -> Api<'_> {
        let token = self.sign_in(&[("login_hint", email), ("scope", scope)]).await;
        Api { test: self, token: token["access_token"].as_str().unwrap().to_owned() }
    }

    /// Delivers mails one minute apart, the last one now, and answers their ids.
    fn deliver_many(&self, count: i64) -> Vec<String> {
        let at = |n: i64| self.now() - SignedDuration::from_mins(count - n);
        (1..=count).map(|n| self.google.deliver(&mail("x@y.example", &format!("mail {n}"), "text", at(n)))).collect()
    }
}

/// A client with an access token.
struct Api<'a> {
    test: &'a Test,
    token: String,
}

impl Api<'_> {
    async fn get(&self, path: &str) -> Reply {
        reply(self.test.http.get(self.test.url(path)).bearer_auth(&self.token)).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        reply(self.test.http.post(self.test.url(path)).bearer_auth(&self.token).json(&body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Reply {
        reply(self.test.http.put(self.test.url(path)).bearer_auth(&self.token).json(&body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Reply {
        reply(self.test.http.patch(self.test.url(path)).bearer_auth(&self.token).json(&body)).await
    }

    async fn delete(&self, path: &str) -> Reply {
        reply(self.test.http.delete(self.test.url(path)).bearer_auth(&self.token)).await
    }
}

/// The query of a URL as an object.
fn callback(location: &str) -> Value {
    let url = url::Url::parse(location).unwrap();
    let pairs = url.query_pairs().map(|(name, value)| (name.into_owned(), json!(value)));
    Value::Object(pairs.collect())
}

fn reason(body: &Value) -> &str {
    body["error"]["errors"][0]["reason"].as_str().unwrap_or_default()
}

fn ids(items: &Value) -> Vec<&str> {
    items.as_array().map(|items| items.iter().filter_map(|item| item["id"].as_str()).collect()).unwrap_or_default()
}
