//! Writes to the outside, through `POST /api/chat/execute-tool`: each happens once, whatever goes wrong on the way.

mod calendar;
mod crm;
mod door;
mod ledger;
mod mail;
mod policy;
mod storm;

use std::collections::BTreeMap;
use std::time::Duration;

use fakes::server::{Control, Fault, FaultKind};
use serde_json::{Value, json};
use shared::domain::accounts::tokens;
use shared::model::UserId;
use shared::model::user::Provider;

use super::support::*;

/// One contact, and an advisor who knows it.
async fn practice(app: &TestApp) -> Person<'_> {
    app.contact("501", "Greg", "Hall", "greg@hall.example");
    app.ready_advisor(ADA).await
}

impl Person<'_> {
    pub async fn tool(&self, name: &str, arguments: Value) -> Value {
        let answer = self.post("/api/chat/execute-tool", json!({ "tool_name": name, "arguments": arguments })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// What the tool did; that it did it is taken for granted.
    pub async fn does(&self, name: &str, arguments: Value) -> Value {
        let answer = self.tool(name, arguments).await;
        assert_eq!((&answer["status"], &answer["error"]), (&json!("success"), &Value::Null), "{answer}");
        answer["result"].clone()
    }

    /// What the tool says against it.
    pub async fn is_refused(&self, name: &str, arguments: Value) -> String {
        let answer = self.tool(name, arguments).await;
        assert_eq!(answer["status"], "error", "{answer}");
        answer["error"].as_str().unwrap().to_owned()
    }
}

impl TestApp {
    /// The quiet period is over, and whatever waits is done.
    async fn later(&self) {
        self.sql("update effects set started_at = started_at - interval '10 minutes' where state = 'started'").await;
        self.patience_is_over().await;
        self.at_once().await;
    }

    /// Whoever asked not to be called may be called again.
    async fn patience_is_over(&self) {
        self.app.clock.advance(Duration::from_secs(110));
        self.sql("update rate_limits set arrives_at = now() where key like 'wait-%'").await;
    }

    /// Whatever waits is tried, its quiet period over or not.
    async fn at_once(&self) {
        self.sql("update tasks set run_after = now(), rung_at = null where state = 'pending'").await;
        self.sweep().await;
        self.work().await;
    }

    /// State of the only action, its error, and the state of its task.
    async fn action(&self) -> (String, String) {
        let kept = self.sql("select a.state, coalesce(a.error, '') from actions a").await;
        assert_eq!(kept.len(), 1, "{kept:?}");
        (kept[0][0].clone(), kept[0][1].clone())
    }

    /// What the portal holds, as it says itself.
    #[expect(clippy::disallowed_methods, reason = "a test looks into the portal as anybody would")]
    async fn in_portal(&self, owner: i64, kind: &str, properties: &str) -> Vec<Value> {
        let access = tokens::access(&self.app, UserId(owner), Provider::HubSpot).await.unwrap();
        let query = format!("limit=100&associations=contacts&properties={properties}");
        let url = format!("{}/crm/objects/2026-09/{kind}?{query}", self.hubspot.url());
        let answer =
            reqwest::Client::builder().build().unwrap().get(url).bearer_auth(access.token).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["results"].as_array().unwrap().clone()
    }
}

/// How often this was asked of a provider.
fn asked(control: &Control, method: &str, path: &str) -> usize {
    let all = control.requests();
    all.iter().filter(|request| request.method == method && request.uri.split('?').next() == Some(path)).count()
}

fn fault(method: &str, path: &str, kind: FaultKind) -> Fault {
    Fault { method: Some(method.into()), path: path.into(), times: 1, kind }
}

fn status(status: u16) -> FaultKind {
    FaultKind::Status { status, headers: BTreeMap::new(), body: None }
}

/// More than anybody in front of a screen has.
fn asks_for_patience() -> FaultKind {
    FaultKind::Status { status: 429, headers: [("retry-after".to_owned(), "100".to_owned())].into(), body: None }
}

fn many(fault: Fault) -> Fault {
    Fault { times: 1000, ..fault }
}
