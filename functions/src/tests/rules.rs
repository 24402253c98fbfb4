//! Standing instructions: kept, understood, confirmed, tried, and at work on what really comes in.

mod api;
mod at_work;
mod limits;
mod model;
mod pushed;
mod replay;
mod words;

use serde_json::{Value, json};

use super::support::*;

const NORA: (&str, &str) = ("Nora Ellison", "nora@ellison.example");
const STRANGER: &str =
    "When someone emails me who is not in HubSpot, please create a contact in HubSpot with a note about the email";
const THANKS: &str = "When I create a contact in HubSpot, send them an email telling them thank you for being a client";
const MEETING: &str = "When I add an event in my calendar, send an email to attendees telling them about the meeting";

impl Person<'_> {
    /// Keeps a rule; that it can be kept is taken for granted.
    async fn rule(&self, text: &str) -> Value {
        let answer = self.post("/api/rules", json!({ "rule_text": text })).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()
    }

    async fn confirm(&self, rule: &Value) -> Value {
        let path = format!("/api/rules/{}/confirm", rule["id"]);
        let answer = self.post(&path, json!({ "policy_hash": rule["policy_hash"] })).await;
        assert_eq!((answer.status.as_u16(), answer.json()["confirmed"].clone()), (200, json!(true)), "{}", answer.body);
        answer.json()
    }

    async fn confirmed_rule(&self, text: &str) -> Value {
        let rule = self.rule(text).await;
        self.confirm(&rule).await
    }

    async fn reads_mail(&self) {
        self.post("/api/ingest/gmail", json!({})).await;
        self.app().work().await;
    }

    async fn reads_hubspot(&self) {
        self.post("/api/ingest/hubspot", json!({})).await;
        self.app().work().await;
    }

    async fn reads_calendar(&self) {
        self.post("/api/ingest/calendar", json!({})).await;
        self.app().work().await;
    }
}

impl TestApp {
    /// A mail that came in now.
    fn gets(&self, from: (&str, &str), subject: &str, text: &str) -> String {
        let mut letter = mail(ADA, from, subject, text);
        letter.date = self.app.now();
        self.google.deliver(&letter)
    }

    /// What the advisor sent, as Gmail holds it.
    fn sent(&self) -> Vec<Value> {
        self.google.find(ADA, "in:sent").as_array().unwrap().clone()
    }

    /// Tool and state of each action, in the order of their making.
    async fn actions(&self) -> Vec<Vec<String>> {
        self.sql("select tool, state from actions order by created_at, id").await
    }

    /// Events that were handled, each with what its task says.
    async fn handled(&self) -> Vec<Value> {
        let rows = self
            .sql("select result from tasks where task_type = 'handle_event' and state = 'done' order by created_at")
            .await;
        rows.iter().map(|row| serde_json::from_str(&row[0]).unwrap()).collect()
    }

    /// A contact somebody made in HubSpot now.
    fn new_contact(&self, id: &str, first: &str, last: &str, email: &str) {
        let mut record = record(id, &[("firstname", first), ("lastname", last), ("email", email)], &[]);
        (record.created_at, record.updated_at) = (self.app.now(), self.app.now());
        self.hubspot.put_object(self.portal(), "contacts", &record).unwrap();
    }
}
