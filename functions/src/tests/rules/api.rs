//! The seed's contract, and what was added to it.

use http::Method;

use super::*;

#[tokio::test]
async fn a_rule_is_kept_changed_and_forgotten() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;

    let made = ada
        .post("/api/rules", json!({ "rule_text": " when gmail.email_received then log ", "description": "All mail" }))
        .await;
    let rule = made.json();
    assert_eq!((made.status.as_u16(), made.header("etag")), (201, "\"1\""));
    assert_eq!(
        (&rule["rule_text"], &rule["description"], &rule["is_active"], &rule["form"], &rule["confirmed"]),
        (
            &json!("when gmail.email_received then log"),
            &json!("All mail"),
            &json!(true),
            &json!("structured"),
            &json!(false)
        )
    );
    assert_eq!(rule["policy"]["trigger"], "gmail.message.received");
    assert_eq!(
        rule["policy_text"],
        "When an e-mail comes in:\n1. Write down that it happened.\nAt most 20 times a day."
    );
    let path = format!("/api/rules/{}", rule["id"]);

    let changed = ada.put(&path, json!({ "is_active": false })).await;
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "\"2\""));
    let changed = changed.json();
    assert_eq!(
        (&changed["is_active"], &changed["description"]),
        (&json!(false), &json!("All mail")),
        "what is left out stays"
    );
    assert_eq!(ada.put(&path, json!({ "description": null })).await.json()["description"], Value::Null);

    let other = ada.rule("when calendar.event.* then log").await;
    let listed = ada.get("/api/rules").await.json();
    assert_eq!(
        listed.as_array().unwrap().iter().map(|r| r["id"].clone()).collect::<Vec<_>>(),
        [other["id"].clone(), rule["id"].clone()]
    );

    let gone = ada.delete(&path).await;
    assert_eq!((gone.status.as_u16(), gone.body.as_str()), (204, ""));
    let missing = ada.get(&path).await;
    assert_eq!(
        (missing.status.as_u16(), missing.json()["detail"].clone()),
        (404, json!(format!("Rule {} not found", rule["id"])))
    );
}

#[tokio::test]
async fn an_empty_text_is_refused_in_the_seeds_words() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;

    let empty = ada.post("/api/rules", json!({ "rule_text": "  " })).await;
    assert_eq!((empty.status.as_u16(), empty.json()["detail"].clone()), (400, json!("rule_text cannot be empty")));
    let absent = ada.post("/api/rules", json!({ "description": "x" })).await;
    assert_eq!(absent.status, 422);
    let rule = ada.rule("when * then log").await;
    assert_eq!(ada.put(&format!("/api/rules/{}", rule["id"]), json!({ "rule_text": "" })).await.status, 400);
}

#[tokio::test]
async fn a_structured_rule_that_is_wrong_is_pointed_at() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;

    let wrong = ada.post("/api/rules", json!({ "rule_text": "when gmial.message.received then log" })).await;

    assert_eq!(wrong.status, 422);
    let detail = &wrong.json()["detail"][0];
    assert_eq!(detail["loc"], json!(["body", "rule_text"]));
    assert_eq!(
        detail["msg"],
        "At character 6: there is no event `gmial.message.received`. Did you mean `gmail.message.received`?"
    );
    let beyond =
        ada.post("/api/rules", json!({ "rule_text": "when * then send_email to=sender subject=a body=b" })).await;
    assert!(beyond.body.contains("only mail has a sender"), "{}", beyond.body);
    assert_eq!(app.count("select count(*) from memory_rules").await, 0);
}

#[tokio::test]
async fn somebody_elses_rule_does_not_exist() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.advisor(ADA).await, app.advisor(EVE).await);
    let rule = ada.rule("when * then log").await;
    let path = format!("/api/rules/{}", rule["id"]);
    let says = json!(format!("Rule {} not found", rule["id"]));

    for answer in [
        eve.get(&path).await,
        eve.put(&path, json!({ "is_active": false })).await,
        eve.delete(&path).await,
        eve.post(&format!("{path}/confirm"), json!({ "policy_hash": rule["policy_hash"] })).await,
        eve.post(&format!("{path}/test"), json!({})).await,
    ] {
        assert_eq!((answer.status.as_u16(), answer.json()["detail"].clone()), (404, says.clone()));
    }
    assert_eq!(eve.get("/api/rules").await.json(), json!([]));
    assert_eq!(ada.get(&path).await.json(), rule);
}

#[tokio::test]
async fn pages_follow_one_another_and_stay_arrays() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    for n in 0..5 {
        ada.rule(&format!("when * then log message=\"{n}\"")).await;
    }

    let mut path = "/api/rules?limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = ada.get(&path).await;
        seen.extend(page.json().as_array().unwrap().iter().map(|rule| rule["id"].as_i64().unwrap()));
        let Some(next) = page.header("link").split(['<', '>']).nth(1).map(str::to_owned) else { break };
        path = next;
    }

    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    assert_eq!(ada.get("/api/rules?cursor=x").await.status, 422);
}

#[tokio::test]
async fn two_who_change_it_at_once_do_not_overwrite_each_other() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let rule = ada.rule("when * then log").await;
    let path = format!("/api/rules/{}", rule["id"]);
    let headers = |tag| [FRONTEND.as_slice(), &[("If-Match", tag)]].concat();
    let put = async |tag, body: Value| ada.call(Method::PUT, &path, &headers(tag), Some(body.to_string())).await;

    assert_eq!(put("\"1\"", json!({ "description": "first" })).await.status, 200);
    assert_eq!(put("\"1\"", json!({ "description": "second" })).await.status, 412);
    assert_eq!(ada.call(Method::DELETE, &path, &headers("\"1\""), None).await.status, 412);
    let confirmation = json!({ "policy_hash": rule["policy_hash"] }).to_string();
    let late = ada.call(Method::POST, &format!("{path}/confirm"), &headers("\"1\""), Some(confirmation)).await;
    assert_eq!(late.status, 412);

    let now = ada.get(&path).await;
    assert_eq!((now.header("etag"), now.json()["description"].clone()), ("\"2\"", json!("first")));
}

#[tokio::test]
async fn a_confirmation_is_of_what_was_shown_and_ends_with_it() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let rule =
        ada.rule("when gmail.message.received then send_email to=sender subject=Thanks body=\"Thank you.\"").await;
    let path = format!("/api/rules/{}", rule["id"]);

    let wrong = ada.post(&format!("{path}/confirm"), json!({ "policy_hash": "00" })).await;
    assert_eq!(wrong.status, 409);
    let confirmed = ada.confirm(&rule).await;
    assert_eq!(confirmed["version"], 2);

    let off = ada.put(&path, json!({ "is_active": false, "description": "Off for now" })).await.json();
    assert_eq!(off["confirmed"], true, "what it does is the same");
    let other = ada.put(&path, json!({ "rule_text": "when gmail.message.received then log" })).await.json();
    assert_eq!(other["confirmed"], false, "{other}");
    let again = ada.confirm(&other).await;
    let mut policy = again["policy"].clone();
    policy["max_per_day"] = json!(5);
    let edited = ada.put(&path, json!({ "policy": policy })).await.json();
    assert_eq!((&edited["confirmed"], &edited["form"]), (&json!(false), &json!("edited")));
    policy["actions"] = json!([{ "do": "send_email", "to": "contact", "subject": "a", "body": "b" }]);
    let wrong = ada.put(&path, json!({ "policy": policy })).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
}

#[tokio::test]
async fn the_same_request_twice_keeps_one_rule() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let headers = [FRONTEND.as_slice(), &[("Idempotency-Key", "a-key-of-mine")]].concat();
    let body = json!({ "rule_text": "when * then log" }).to_string();

    let first = ada.call(Method::POST, "/api/rules", &headers, Some(body.clone())).await;
    let second = ada.call(Method::POST, "/api/rules", &headers, Some(body)).await;

    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201));
    assert_eq!(first.json(), second.json());
    assert_eq!(app.count("select count(*) from memory_rules").await, 1);
}

#[tokio::test]
async fn its_health_can_be_asked_for() {
    let app = TestApp::start().await;
    let answer = app.visitor().get("/api/rules/health").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "status": "healthy", "service": "rules" })));
}
