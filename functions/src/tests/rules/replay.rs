//! A rule tried on what has happened.

use super::*;

#[tokio::test]
async fn a_trial_says_what_would_have_been_done_and_does_nothing() {
    let app = TestApp::start().await;
    app.contact("501", "Greg", "Hall", "greg@hall.example");
    let ada = app.ready_advisor(ADA).await;
    app.gets(NORA, "Our retirement", "We would like to talk.");
    app.gets(("Greg Hall", "greg@hall.example"), "Hello", "Just saying hello.");
    ada.reads_mail().await;
    let rule = ada.rule(STRANGER).await;
    let before = app
        .sql("select (select count(*) from actions), (select count(*) from rule_runs), (select count(*) from tasks)")
        .await;

    let path = format!("/api/rules/{}/test", rule["id"]);
    let tried = ada.post(&path, json!({ "limit": 10 })).await.json();

    assert_eq!(
        (&tried["events"], &tried["would_match"], &tried["confirmed"]),
        (&json!(2), &json!(1), &json!(false)),
        "{tried}"
    );
    let results = tried["results"].as_array().unwrap();
    let nora = results.iter().find(|result| result["would_match"] == true).unwrap();
    assert!(nora["about"].as_str().unwrap().contains("Our retirement"));
    assert_eq!(
        nora["conditions"],
        json!([{ "condition": "the sender is not in HubSpot", "holds": true, "value": "nora@ellison.example" }])
    );
    let action = &nora["actions"][0];
    assert_eq!((&action["would"], &action["action"]["tool"]), (&json!("wait"), &json!("create_contact")));
    assert!(action["preview"].as_str().unwrap().contains("nora@ellison.example"), "{action}");
    let greg = results.iter().find(|result| result["would_match"] == false).unwrap();
    assert_eq!((&greg["conditions"][0]["holds"], &greg["actions"]), (&json!(false), &json!([])));

    ada.confirm(&rule).await;
    let tried = ada.post(&path, json!({})).await.json();
    let action =
        tried["results"].as_array().unwrap().iter().find_map(|result| result["actions"].get(0)).unwrap().clone();
    assert_eq!(action["would"], "happen");
    app.work().await;
    let after = app
        .sql("select (select count(*) from actions), (select count(*) from rule_runs), (select count(*) from tasks)")
        .await;
    assert_eq!(before, after, "nothing was stored");
    assert_eq!(app.count("select count(*) from contacts").await, 1, "and nothing done");
}

#[tokio::test]
async fn a_text_can_be_tried_before_it_is_kept() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    app.gets(NORA, "Our retirement", "We would like to talk.");
    ada.reads_mail().await;

    let text = "when gmail.message.received if subject_contains=retirement then log message=\"{sender_name}\"";
    let tried = ada.post("/api/rules/test", json!({ "rule_text": text })).await.json();

    assert_eq!((&tried["rule_id"], &tried["would_match"]), (&Value::Null, &json!(1)), "{tried}");
    let action = &tried["results"][0]["actions"][0];
    assert_eq!((&action["would"], &action["preview"]), (&json!("log"), &json!("Nora Ellison")));
    assert_eq!(app.count("select count(*) from memory_rules").await, 0);
    assert_eq!(ada.post("/api/rules/test", json!({})).await.status, 400);
    let since = ada.post("/api/rules/test", json!({ "rule_text": text, "since": "2099-01-01T00:00:00Z" })).await.json();
    assert_eq!(since["events"], 0);
}
