//! A rule whose writes come back as webhooks does not answer to itself.

use fakes::hubspot::Trouble;

use super::*;

#[tokio::test]
async fn a_rule_that_writes_to_hubspot_is_not_set_off_by_what_it_wrote() {
    let app = TestApp::listening().await;
    let ada = app.ready_advisor(ADA).await;
    let policy = |trigger: &str| json!({ "trigger": trigger, "max_per_day": 200, "actions": [{ "do": "create_note", "on": "contact", "body": "Seen {record_name}." }] });
    for trigger in ["hubspot.contact.creation", "hubspot.contact.propertyChange"] {
        let rule = ada.post("/api/rules", json!({ "rule_text": "Note what happens", "policy": policy(trigger) })).await;
        assert_eq!(rule.status, 201, "{}", rule.body);
        let rule = rule.json();
        let path = format!("/api/rules/{}/confirm", rule["id"]);
        ada.post(&path, json!({ "policy_hash": rule["policy_hash"] })).await;
    }
    app.hubspot.webhook_trouble(Trouble { duplicate: 2, reorder: 2, lose: 0 });

    let mut made =
        record("777", &[("firstname", "Priya"), ("lastname", "Raman"), ("email", "priya@raman.example")], &[]);
    (made.created_at, made.updated_at) = (app.app.now(), app.app.now());
    app.hubspot.put_object(app.portal(), "contacts", &made).unwrap();
    app.until("select count(*) > 0 from webhook_events where source = 'hubspot'", "t").await;
    let settle = async |rounds: usize| {
        for _ in 0..rounds {
            app.work().await;
            ada.post("/api/ingest/hubspot", json!({})).await;
            app.work().await;
            app.sweep().await;
        }
        app.count("select count(*) from actions where tool = 'create_note'").await
    };

    let notes = settle(3).await;
    let later = settle(5).await;

    assert!(notes > 0 && notes == later, "{notes} notes, then {later}");
    assert_eq!(app.count("select count(*) from notes").await, notes);
    let caused = app.sql("select distinct e.depth from actions a join events e on e.id = a.event_id").await;
    assert_eq!(caused, [["0"]], "none of them came of another");
    assert!(app.count("select coalesce(max(depth), 0) from tasks").await <= 3);
}
