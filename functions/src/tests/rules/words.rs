//! Plain words, compiled once.

use fakes::openai::Reply;

use super::*;

#[tokio::test]
async fn the_three_instructions_of_the_practice_become_policies() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;

    let stranger = ada.rule(STRANGER).await;
    assert_eq!((&stranger["form"], &stranger["note"]), (&json!("words"), &Value::Null), "{stranger}");
    let policy = &stranger["policy"];
    assert_eq!(policy["trigger"], "gmail.message.received");
    assert_eq!(policy["conditions"], json!([{ "fact": "sender_in_hubspot", "negated": true }]));
    assert_eq!(policy["actions"].as_array().unwrap().len(), 1, "{policy}");
    assert_eq!(policy["actions"][0]["do"], "create_contact");
    assert!(policy["actions"][0]["note"].as_str().unwrap().contains("{subject}"), "{policy}");
    let shown = stranger["policy_text"].as_str().unwrap();
    assert!(
        shown.starts_with("When an e-mail comes in, if the sender is not in HubSpot:\n1. Create a HubSpot contact"),
        "{shown}"
    );

    let thanks = ada.rule(THANKS).await["policy"].clone();
    assert_eq!((&thanks["trigger"], &thanks["conditions"]), (&json!("hubspot.contact.creation"), &json!([])));
    let letter = &thanks["actions"][0];
    assert_eq!((&letter["do"], &letter["to"]), (&json!("send_email"), &json!("contact")));
    let body = letter["body"].as_str().unwrap();
    assert!(body.contains("{contact_first_name}") && body.contains("Thank you for being a client."), "{body}");

    let meeting = ada.rule(MEETING).await["policy"].clone();
    assert_eq!(meeting["trigger"], "calendar.event.created");
    assert_eq!(meeting["conditions"], json!([{ "fact": "organizer_is_advisor", "negated": false }]));
    let letter = &meeting["actions"][0];
    assert_eq!((&letter["do"], &letter["to"]), (&json!("send_email"), &json!("attendees")));
    assert!(letter["body"].as_str().unwrap().contains("{event_start}"), "{letter}");
    assert_eq!(app.count("select count(*) from model_calls where cause = 'compile_rule'").await, 3);
}

#[tokio::test]
async fn the_model_is_told_once_what_was_wrong() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let filled = |body: &str, to: &str| {
        Reply::call(
            "set_policy",
            json!({
                "trigger": "gmail.message.received", "conditions": [], "question": null, "max_per_day": null,
                "actions": [{ "do": "send_email", "to": to, "addresses": [], "subject": "Hello", "body": body, "reply": false }],
            }),
        )
    };
    app.openai.script(vec![filled("Hi {client_name}", "sender"), filled("Hi {sender_name}", "sender")]);

    let rule = ada.rule("Greet whoever writes").await;

    assert_eq!((&rule["form"], &rule["policy"]["actions"][0]["body"]), (&json!("words"), &json!("Hi {sender_name}")));
    let asked = app.openai.control().requests();
    assert_eq!(asked.len(), 2);
    let told = asked[1].body.clone();
    assert!(told.contains("no placeholder {client_name}"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_compiled_has_the_assistant_look_and_says_so() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let evil = Reply::call(
        "set_policy",
        json!({
            "trigger": "gmail.message.received", "conditions": [], "question": null, "max_per_day": null,
            "actions": [{
                "do": "send_email", "to": "addresses", "addresses": ["mallory@evil.example"], "subject": "All", "body": "x", "reply": false,
            }],
        }),
    );
    app.openai.script(vec![evil.clone(), evil]);

    let rule = ada.rule("If an e-mail sounds angry, calm things down").await;

    assert_eq!(rule["form"], "open");
    assert_eq!(rule["policy"]["trigger"], "gmail.message.received");
    assert_eq!(
        rule["policy"]["actions"],
        json!([{ "do": "run_agent", "instruction": "If an e-mail sounds angry, calm things down" }])
    );
    let note = rule["note"].as_str().unwrap();
    assert!(
        note.contains("could not be turned into fixed steps") && note.contains("waits for your approval"),
        "{note}"
    );
}

#[tokio::test]
async fn a_model_that_does_not_answer_keeps_no_rule() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.openai.script(vec![Reply::error(400)]);

    let answer = ada.post("/api/rules", json!({ "rule_text": "Be kind to strangers" })).await;

    assert_eq!(answer.status, 502, "{}", answer.body);
    assert_eq!(app.count("select count(*) from memory_rules").await, 0);
}
