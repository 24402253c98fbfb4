//! HubSpot, read: companies, deals and people as they come, change, merge, go and come back; and what is told of it.

mod erasing;
mod events;
mod leaving;
mod reading;
mod tools;
mod whom;

use std::collections::BTreeMap;
use std::time::Duration;

use fakes::practice::CrmObject;
use serde_json::{Value, json};
use shared::model::UserId;
use shared::model::crm::{HubspotEvent, ObjectType};
use shared::model::task::Job;
use shared::store::tasks::{self, Origin};

use super::support::*;

/// One household with a deal, a company and two notes.
async fn practice(app: &TestApp) -> Person<'_> {
    business(app);
    app.ready_advisor(ADA).await
}

fn business(app: &TestApp) {
    app.put("companies", "701", &[("name", "Hall Engineering"), ("domain", "hall.example")], &[]);
    app.put(
        "contacts",
        "501",
        &[("firstname", "Greg"), ("lastname", "Hall"), ("email", "greg@hall.example"), ("hubspot_owner_id", "11")],
        &[("companies", "701")],
    );
    app.contact("502", "Carolyn", "Hall", "carolyn@hall.example");
    app.note("901", "501", "Greg wants to sell AAPL before the house closing.");
    app.put(
        "notes",
        "902",
        &[("hs_note_body", "They plan a trip to Norway."), ("hs_timestamp", "2026-05-05T15:00:00Z")],
        &[("contacts", "501"), ("contacts", "502")],
    );
    app.put(
        "deals",
        "801",
        &[
            ("dealname", "Hall: concentrated stock plan"),
            ("amount", "4000"),
            ("closedate", "2026-12-15T18:00:00Z"),
            ("dealstage", "contractsent"),
            ("pipeline", "default"),
            ("hubspot_owner_id", "11"),
        ],
        &[("contacts", "501"), ("companies", "701")],
    );
}

impl TestApp {
    /// A record that was there for long.
    fn put(&self, kind: &str, id: &str, properties: &[(&str, &str)], associations: &[(&str, &str)]) {
        self.hubspot.put_object(self.portal(), kind, &record(id, properties, associations)).unwrap();
    }

    /// A record somebody makes now.
    fn make(&self, kind: &str, id: &str, properties: &[(&str, &str)]) {
        let made = CrmObject { created_at: self.app.now(), ..record(id, properties, &[]) };
        self.hubspot.put_object(self.portal(), kind, &made).unwrap();
    }

    fn change(&self, kind: &str, id: u64, property: &str, value: &str) {
        let change = BTreeMap::from([(property.to_owned(), value.to_owned())]);
        self.hubspot.update_properties(self.portal(), kind, id, &change).unwrap();
    }

    /// The text of a document.
    async fn document(&self, kind: i16, id: &str) -> Option<String> {
        let sql = format!(
            "select d.heading || E'\\n' || string_agg(c.body, E'\\n' order by c.ordinal)
               from documents d join chunk_text c on c.user_id = d.user_id and c.document_id = d.id
              where d.kind = {kind} and d.source_id = '{id}' group by d.id, d.heading"
        );
        self.sql(&sql).await.pop().map(|row| row[0].clone())
    }

    /// What the wire shows about a document.
    async fn metadata(&self, kind: i16, id: &str) -> Value {
        let sql = format!("select metadata from documents where kind = {kind} and source_id = '{id}'");
        serde_json::from_str(&self.sql(&sql).await[0][0]).unwrap()
    }

    /// Types of the events there are, in the order in which they were told.
    async fn told(&self) -> Vec<String> {
        self.sql("select event_type || ' ' || subject_id from events where source = 'hubspot' order by id")
            .await
            .concat()
    }
}

impl Person<'_> {
    /// Reads the portal.
    async fn sync(&self, app: &TestApp) {
        self.post("/api/ingest/hubspot", json!({})).await;
        app.work().await;
    }

    /// Does what a webhook leads to.
    async fn hear(&self, app: &TestApp, events: Vec<HubspotEvent>) {
        let mut db = app.app.db().await.unwrap();
        let tenant = db.tenant(UserId(self.user_id().await)).await.unwrap();
        let task = tasks::insert(&tenant, &Job::HubspotEvents { events }, &Origin::default()).await.unwrap();
        tenant.commit().await.unwrap();
        app.app.ring(task.unwrap(), Duration::ZERO).await;
        app.work().await;
        let state = app.sql("select state, last_error from tasks where task_type = 'hubspot_events'").await;
        assert!(state.iter().all(|row| row[0] == "done"), "{state:?}");
    }
}

/// An event by a person.
fn event(app: &TestApp, object: ObjectType, change: &str, id: &str) -> HubspotEvent {
    HubspotEvent {
        change: change.into(),
        object_type: object,
        object_id: id.into(),
        property: None,
        merged_ids: Vec::new(),
        associated: None,
        removed: false,
        occurred_at: app.app.now(),
        change_source: "CRM_UI".into(),
        source_id: Some("userId:11".into()),
        app_id: Some(1_160_452),
    }
}

const CONTACT: i16 = 2;
const NOTE: i16 = 3;
const DEAL: i16 = 5;
const COMPANY: i16 = 6;
