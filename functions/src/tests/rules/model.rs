//! Where a model takes part: questions, `call_llm`, tasks for the assistant, and the tools of the chat.

use fakes::openai::Reply;

use super::*;

fn policy(question: Option<&str>) -> Value {
    json!({
        "trigger": "gmail.message.received", "question": question, "max_per_day": 20,
        "conditions": [],
        "actions": [{ "do": "send_email", "to": "sender", "subject": "Thanks", "body": "Thank you, {sender_first_name}." }],
    })
}

impl Person<'_> {
    async fn asking_rule(&self, question: &str) -> Value {
        let body = json!({ "rule_text": "Thank whoever complains", "policy": policy(Some(question)) });
        let answer = self.post("/api/rules", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.confirm(&answer.json()).await
    }
}

#[tokio::test]
async fn a_question_decides_whether_and_never_what() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.asking_rule("Does the sender complain?").await;
    app.openai
        .script(vec![Reply::call("answer", json!({ "yes": false })), Reply::call("answer", json!({ "yes": true }))]);

    app.gets(NORA, "Hello", "All is well.");
    ada.reads_mail().await;
    assert_eq!(
        (app.sent().len(), app.sql("select outcome from rule_runs").await[0][0].clone()),
        (0, "declined".into())
    );

    app.gets(NORA, "Fees", "I am unhappy with the fees.");
    ada.reads_mail().await;
    assert_eq!(app.sent().len(), 1);
    let prompts: Vec<String> = app
        .openai
        .control()
        .requests()
        .iter()
        .map(|request| request.body.clone())
        .filter(|body| body.contains("Does the sender complain?"))
        .collect();
    assert_eq!(prompts.len(), 2);
    assert!(prompts[1].contains("| I am unhappy with the fees."), "{}", prompts[1]);
    assert_eq!(
        app.count("select count(*) from model_calls where cause = 'judge_rule' and cause_id is not null").await,
        2
    );
}

#[tokio::test]
async fn a_rule_that_is_changed_while_the_model_is_asked_does_nothing() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let rule = ada.asking_rule("Does the sender complain?").await;
    app.openai.script(vec![Reply::call("answer", json!({ "yes": true }))]);
    app.gets(NORA, "Fees", "I am unhappy with the fees.");
    ada.post("/api/ingest/gmail", json!({})).await;
    while app.count("select count(*) from tasks where task_type = 'judge_rule'").await == 0 {
        app.work_once().await;
    }
    ada.put(&format!("/api/rules/{}", rule["id"]), json!({ "policy": policy(Some("Is it Tuesday?")) })).await;

    app.work().await;

    assert_eq!(app.sql("select outcome from rule_runs").await, [["stale"]]);
    assert_eq!(app.count("select count(*) from actions").await, 0);
}

#[tokio::test]
async fn a_prompt_is_answered_and_the_answer_kept_with_the_task() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.rule("when gmail.message.received then call_llm prompt=\"How urgent is it?\"").await;
    app.openai.script(vec![Reply::text("Not urgent at all.")]);

    app.gets(NORA, "Hello", "No hurry with this.");
    ada.reads_mail().await;

    let tasks = ada.get("/api/tasks?limit=100").await.json();
    let asked =
        tasks["items"].as_array().unwrap().iter().find(|task| task["task_type"] == "ask_model").unwrap().clone();
    assert_eq!((&asked["state"], &asked["result"]["answer"]), (&json!("done"), &json!("Not urgent at all.")));
}

#[tokio::test]
async fn a_task_is_worked_on_and_what_it_wants_to_write_waits() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.confirmed_rule("when hubspot.contact.creation then create_task type=welcome_email priority=high").await;
    app.openai.script(vec![
        Reply::call(
            "send_email",
            json!({ "to": ["priya@raman.example"], "cc": null, "bcc": null, "subject": "Welcome", "body": "Welcome, Priya!", "reply_to_email_id": null }),
        ),
        Reply::text("I propose to welcome Priya."),
    ]);

    app.new_contact("777", "Priya", "Raman", "priya@raman.example");
    ada.reads_hubspot().await;

    let tasks = ada.get("/api/tasks?limit=100").await.json();
    let task = tasks["items"].as_array().unwrap().iter().find(|task| task["task_type"] == "run_agent").unwrap().clone();
    assert_eq!(task["state"], "done", "{task}");
    assert_eq!((&task["result"]["type"], &task["result"]["priority"]), (&json!("welcome_email"), &json!("high")));
    assert_eq!(task["result"]["answer"], "I propose to welcome Priya.");
    assert_eq!(
        app.sql("select tool, state, origin from actions").await,
        [["send_email", "pending", "proactive"]],
        "though the rule is confirmed"
    );
    assert_eq!(app.sent().len(), 0);
}

#[tokio::test]
async fn the_client_that_names_the_tool_gets_a_rule_that_waits_to_be_confirmed() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let tool = async |name: &str, arguments: Value| {
        ada.post("/api/chat/execute-tool", json!({ "tool_name": name, "arguments": arguments })).await.json()
    };

    let made = tool("create_memory_rule", json!({ "rule_description": STRANGER })).await;

    assert_eq!(made["status"], "success", "{made}");
    let result = &made["result"];
    assert_eq!(
        (&result["status"], &result["rule_text"], &result["is_active"]),
        (&json!("success"), &json!(STRANGER), &json!(true))
    );
    assert!(result["message"].as_str().unwrap().contains("until you confirm it"));
    let rule = ada.get(&format!("/api/rules/{}", result["rule_id"])).await.json();
    assert_eq!((&rule["confirmed"], &rule["form"]), (&json!(false), &json!("words")));
    let listed = tool("list_memory_rules", json!({})).await["result"].clone();
    assert_eq!((&listed["total"], &listed["rules"][0]["rule_text"]), (&json!(1), &json!(STRANGER)));
    let wrong = tool("create_memory_rule", json!({ "rule_description": "when gmial.x then log" })).await;
    assert!(wrong["error"].as_str().unwrap().contains("there is no event"), "{wrong}");
}

#[tokio::test]
async fn in_a_conversation_it_is_shown_before_it_is_kept() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;

    let turn = ada.ask(STRANGER).await;

    assert_eq!(app.actions().await, [["create_memory_rule", "pending"]], "{}", turn.html);
    assert_eq!(app.count("select count(*) from memory_rules").await, 0);
    let preview = app.sql("select preview from actions").await[0][0].clone();
    assert!(preview.contains("if the sender is not in HubSpot"), "{preview}");
    let waiting = ada.get("/api/approvals").await.json()["items"][0].clone();
    let path = format!("/api/approvals/{}", waiting["id"].as_str().unwrap());
    ada.post(&path, json!({ "decision": "approve", "hash": waiting["hash"] })).await;
    app.work().await;
    let rules = ada.get("/api/rules").await.json();
    assert_eq!((&rules[0]["rule_text"], &rules[0]["confirmed"]), (&json!(STRANGER), &json!(true)));
}
