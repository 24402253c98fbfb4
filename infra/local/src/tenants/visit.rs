//! An advisor with a browser, who asks for many things at once.

use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use url::Url;

use super::people::Who;
use crate::ask::browser::{Browser, Jar};
use crate::ask::sign_in::{address, me, through_consent};
use crate::{Problem, Result, http_client};

/// Before a session changes its token, which a browser with fifty hands could not follow.
const RENEWED_AFTER: Duration = Duration::from_secs(600);
const LONGEST: Duration = Duration::from_secs(120);

pub struct Visitor {
    pub who: Who,
    session: Mutex<Session>,
    /// What the advisor has, for requests that name it.
    pub task: String,
    pub conversation: String,
    pub rule: String,
    pub approval: String,
}

struct Session {
    cookies: String,
    since: Instant,
}

pub struct Answer {
    pub status: u16,
    /// Headers and body.
    pub text: String,
    pub body: String,
    pub took: Duration,
}

impl Visitor {
    /// Signs in and connects HubSpot.
    pub async fn arrive(api: &Url, who: Who) -> Result<Self> {
        let mut browser = Browser::new(Jar::default())?;
        sign_in(&mut browser, api, who).await?;
        through_consent(&mut browser, api, "/api/auth/hubspot/start", "HubSpot", Some(&who.email())).await?;
        let session = Session { cookies: browser.jar.header(api).unwrap_or_default(), since: Instant::now() };
        let nothing = String::new;
        let session = Mutex::new(session);
        Ok(Self { who, session, task: nothing(), conversation: nothing(), rule: nothing(), approval: nothing() })
    }

    /// Waits until nothing of this advisor's is to be done any more, then makes what later requests name.
    pub async fn settle(&mut self, http: &Client, api: &Url) -> Result<()> {
        let started = Instant::now();
        loop {
            let busy = self.json(http, api, Method::GET, "/api/tasks?limit=100", None).await?;
            let items = busy["items"].as_array().cloned().unwrap_or_default();
            let open = items.iter().filter(|task| task["state"] != "done").count();
            if items.len() >= 3 && open == 0 {
                break;
            }
            if started.elapsed() > LONGEST {
                return Err(Problem(format!("Reading does not end for {}: {busy}", self.who.email())));
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        let canary = self.who.canary();
        let rule = json!({ "rule_text": format!("when gmail.message.received if subject_contains={canary} then log"), "description": canary });
        let rule = self.json(http, api, Method::POST, "/api/rules", Some(rule)).await?;
        self.rule = rule["id"].to_string();
        let conversation =
            self.json(http, api, Method::POST, "/api/conversations", Some(json!({ "title": canary }))).await?;
        self.conversation = conversation["id"].as_str().unwrap_or_default().to_owned();
        let question = json!({ "message": format!("What about the review, {canary}?"), "conversation_id": self.conversation, "stream": false });
        self.json(http, api, Method::POST, "/api/chat", Some(question)).await?;
        let note = json!({ "tool_name": "create_memory_rule", "arguments": { "rule_description": format!("when gmail.message.received if subject_contains={canary} then log") } });
        self.json(http, api, Method::POST, "/api/chat/execute-tool", Some(note)).await?;
        let tasks = self.json(http, api, Method::GET, "/api/tasks?limit=1", None).await?;
        self.task = tasks["items"][0]["id"].as_str().unwrap_or_default().to_owned();
        let approvals = self.json(http, api, Method::GET, "/api/approvals?state=all&limit=1", None).await?;
        self.approval = approvals["items"][0]["id"].as_str().unwrap_or_default().to_owned();
        let named = [&self.task, &self.conversation, &self.rule, &self.approval];
        if named.iter().any(|id| id.is_empty() || *id == "null") {
            return Err(Problem(format!("Something could not be made for {}: {named:?}", self.who.email())));
        }
        Ok(())
    }

    async fn json(&self, http: &Client, api: &Url, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let answer = self.ask(http, api, method, path, body).await?;
        if answer.status >= 400 {
            return Err(Problem(format!("{path} answers {}: {}", answer.status, answer.body)));
        }
        serde_json::from_str(&answer.body).map_err(|e| Problem(format!("{path} answers no JSON: {e}.")))
    }

    /// One request, read to its end.
    pub async fn ask(
        &self,
        http: &Client,
        api: &Url,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer> {
        let cookies = self.cookies(api).await?;
        let mut request = http
            .request(method, address(api, path)?)
            .timeout(LONGEST)
            .header("cookie", cookies)
            .header("origin", api.origin().ascii_serialization())
            .header("x-requested-with", "XMLHttpRequest")
            .header("content-type", "application/json");
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let began = Instant::now();
        let response = http_client::send(request).await?;
        let (status, headers) = (response.status().as_u16(), format!("{:?}", response.headers()));
        let body = response.text().await.map_err(|e| Problem(format!("An answer broke off: {}.", e.without_url())))?;
        Ok(Answer { status, text: format!("{headers} {body}"), body, took: began.elapsed() })
    }

    /// The session's cookies; of a new session when this one is old.
    async fn cookies(&self, api: &Url) -> Result<String> {
        let mut session = self.session.lock().await;
        if session.since.elapsed() > RENEWED_AFTER {
            let mut browser = Browser::new(Jar::default())?;
            sign_in(&mut browser, api, self.who).await?;
            *session = Session { cookies: browser.jar.header(api).unwrap_or_default(), since: Instant::now() };
        }
        Ok(session.cookies.clone())
    }
}

async fn sign_in(browser: &mut Browser, api: &Url, who: Who) -> Result<()> {
    through_consent(browser, api, "/api/auth/google/start", "Google", Some(&who.email())).await?;
    let user = me(browser, api).await?;
    if user["email"] != who.email().as_str() {
        return Err(Problem(format!("{} signed in and is {user}.", who.email())));
    }
    Ok(())
}
