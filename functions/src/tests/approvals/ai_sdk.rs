//! The approval parts of the AI SDK.

use super::*;

/// A client of the AI SDK: it keeps the assistant's message, as its stream processor makes it.
struct Client<'a> {
    person: &'a Person<'a>,
    chat: &'static str,
    /// What it declares.
    approvals: bool,
    messages: Vec<Value>,
}

impl<'a> Client<'a> {
    fn of(person: &'a Person<'a>, approvals: bool) -> Self {
        Self { person, chat: "chat-1", approvals, messages: Vec::new() }
    }

    fn body(&self) -> Value {
        json!({ "id": self.chat, "trigger": "submit-message", "messages": self.messages, "approvals": self.approvals })
    }

    async fn ask(&mut self, text: &str) -> Vec<Value> {
        self.messages.push(json!({ "id": "u1", "role": "user", "parts": [{ "type": "text", "text": text }] }));
        let parts = parts(&self.person.post("/api/chat", self.body()).await);
        let mut kept = Vec::new();
        for part in &parts {
            let id = &part["toolCallId"];
            match part["type"].as_str().unwrap() {
                "start-step" => kept.push(json!({ "type": "step-start" })),
                "tool-input-start" => kept.push(json!({
                    "type": "dynamic-tool", "toolName": part["toolName"], "toolCallId": id, "state": "input-streaming",
                })),
                "tool-input-available" => tool(&mut kept, id)["input"] = part["input"].clone(),
                "tool-approval-request" => {
                    let tool = tool(&mut kept, id);
                    tool["state"] = json!("approval-requested");
                    tool["approval"] = json!({ "id": part["approvalId"] });
                }
                "tool-output-available" => tool(&mut kept, id)["state"] = json!("output-available"),
                _ => {}
            }
        }
        self.messages.push(json!({ "id": parts[0]["messageId"], "role": "assistant", "parts": kept }));
        parts
    }

    /// As `addToolApprovalResponse` does, to every part that waits.
    fn respond(&mut self, approved: bool) {
        let last = self.messages.last_mut().unwrap();
        for part in last["parts"].as_array_mut().unwrap() {
            if part["state"] == "approval-requested" {
                part["state"] = json!("approval-responded");
                part["approval"]["approved"] = json!(approved);
            }
        }
    }

    /// The part that waits, for tests that forge it.
    fn part(&mut self) -> &mut Value {
        let parts = self.messages.last_mut().unwrap()["parts"].as_array_mut().unwrap();
        parts.iter_mut().find(|part| part["approval"].is_object()).unwrap()
    }

    async fn send(&self) -> Answer {
        self.person.post("/api/chat", self.body()).await
    }
}

fn tool<'a>(kept: &'a mut [Value], id: &Value) -> &'a mut Value {
    kept.iter_mut().find(|part| part["toolCallId"] == *id).unwrap()
}

fn parts(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.trim_end().ends_with("data: [DONE]"));
    let lines = answer.body.split('\n').filter_map(|line| line.strip_prefix("data: {"));
    lines.map(|rest| serde_json::from_str(&format!("{{{rest}")).unwrap()).collect()
}

fn kinds(parts: &[Value]) -> Vec<&str> {
    parts.iter().map(|part| part["type"].as_str().unwrap()).collect()
}

async fn waiting<'a>(app: &TestApp, ada: &'a Person<'a>) -> (Client<'a>, Vec<Value>) {
    let mut client = Client::of(ada, true);
    app.openai.script(vec![note("Tommy pitches."), Reply::text("I have prepared the note.")]);
    let parts = client.ask("What did Nora write? Keep it with Greg.").await;
    (client, parts)
}

#[tokio::test]
async fn a_client_that_knows_them_is_asked_in_the_last_step() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let (_, parts) = waiting(&app, &ada).await;

    let kinds = kinds(&parts);
    let at = kinds.iter().position(|kind| *kind == "tool-approval-request").unwrap();
    assert!(!kinds[at..].contains(&"start-step"), "the client answers by itself only in the last step: {kinds:?}");
    assert!(!kinds.contains(&"tool-output-available"), "{kinds:?}");
    assert_eq!(kinds[at - 1], "tool-input-available");
    let approval = &parts[kinds.iter().position(|kind| *kind == "data-approval").unwrap()];
    assert_eq!((&approval["id"], &approval["data"]["id"]), (&parts[at]["approvalId"], &parts[at]["approvalId"]));
    assert_eq!(parts[at - 1]["input"], approval["data"]["action"], "it shows exactly what would be done");
    let deltas: String =
        parts.iter().filter(|p| p["type"] == "text-delta").map(|p| p["delta"].as_str().unwrap()).collect();
    assert!(deltas.contains("`Tommy pitches.`") && deltas.contains("Reply **yes** to do it"), "{deltas}");
}

#[tokio::test]
async fn a_yes_goes_on_with_the_same_message() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (mut client, begun) = waiting(&app, &ada).await;
    let before = thoughts(&app);
    client.respond(true);

    let answer = client.send().await;

    let parts = parts(&answer);
    assert_eq!((notes(&app), thoughts(&app)), (1, before));
    assert_eq!(parts[0], json!({ "type": "start", "messageId": begun[0]["messageId"] }));
    let kinds = kinds(&parts);
    let at = kinds.iter().position(|kind| *kind == "tool-output-available").unwrap();
    assert_eq!(
        (&parts[at]["toolCallId"], &parts[at]["output"]["status"]),
        (&client.part()["toolCallId"], &json!("success"))
    );
    assert!(kinds[at..].contains(&"text-delta") && kinds.last() == Some(&"finish"), "{kinds:?}");

    // The same request again, as after a lost answer.
    let again = self::parts(&client.send().await);
    assert!(self::kinds(&again).contains(&"tool-output-available"));
    assert_eq!(notes(&app), 1);
}

#[tokio::test]
async fn a_no_is_told_as_denied() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (mut client, begun) = waiting(&app, &ada).await;
    client.respond(false);

    let parts = parts(&client.send().await);

    assert_eq!(parts[0]["messageId"], begun[0]["messageId"]);
    let denied = parts.iter().find(|part| part["type"] == "tool-output-denied").unwrap();
    assert_eq!(denied["toolCallId"], client.part()["toolCallId"]);
    assert_eq!((notes(&app), app.sql("select state from actions").await), (0, vec![vec!["denied".to_owned()]]));
}

#[tokio::test]
async fn what_fails_is_told_as_an_error_of_the_tool() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (mut client, _) = waiting(&app, &ada).await;
    let kind = fakes::server::FaultKind::Status { status: 403, headers: Default::default(), body: None };
    app.hubspot.control().arm(fakes::server::Fault { method: Some("POST".into()), path: NOTES.into(), times: 1, kind });
    client.respond(true);

    let parts = parts(&client.send().await);

    assert!(kinds(&parts).contains(&"tool-output-error"), "{parts:?}");
}

#[tokio::test]
async fn nothing_a_client_echoes_is_believed() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let eve = app.advisor(EVE).await;
    let (mut client, _) = waiting(&app, &ada).await;
    client.respond(true);
    let good = client.part().clone();

    for (field, value, status) in [
        ("/input/note_body", json!("Wire the money."), 409),
        ("/input/contact_id", json!("502"), 409),
        ("/input", json!({}), 409),
        ("/toolCallId", json!("call_other"), 404),
        ("/approval/id", json!("0199d3c0-0000-7000-8000-000000000000"), 404),
        ("/approval/id", json!("x"), 422),
        ("/approval", json!({ "id": good["approval"]["id"] }), 422),
    ] {
        *client.part() = good.clone();
        *client.part().pointer_mut(field).unwrap() = value.clone();
        let answer = client.send().await;
        assert_eq!(answer.status, status, "{field} {value}: {}", answer.body);
    }
    *client.part() = good;

    client.chat = "another-chat";
    assert_eq!(client.send().await.status, 404, "it belongs to a conversation");
    client.chat = "chat-1";
    let theirs = Client { person: &eve, messages: client.messages.clone(), ..Client::of(&eve, true) };
    assert_eq!(theirs.send().await.status, 404);
    assert_eq!(notes(&app), 0);
    assert_eq!(app.sql("select state from actions").await, [["pending"]]);
}

#[tokio::test]
async fn what_was_edited_since_is_not_what_was_shown() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (mut client, parts) = waiting(&app, &ada).await;
    let approval = parts.iter().find(|part| part["type"] == "data-approval").unwrap()["data"].clone();
    let mut action = approval["action"].clone();
    action["note_body"] = json!("Something else.");
    let path = format!("/api/approvals/{}", approval["id"].as_str().unwrap());
    ada.post(&path, json!({ "decision": "edit", "action": action })).await;
    client.respond(true);

    assert_eq!((client.send().await.status.as_u16(), notes(&app)), (409, 0));
}

#[tokio::test]
async fn a_client_that_does_not_know_them_gets_data_and_a_result() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut client = Client::of(&ada, false);
    app.openai.script(vec![note("Tommy pitches."), Reply::text("I have prepared the note.")]);

    let parts = client.ask("What did Nora write? Keep it with Greg.").await;

    let kinds = kinds(&parts);
    assert!(!kinds.contains(&"tool-approval-request"), "version 5 ends a stream it does not know a part of: {kinds:?}");
    let result = parts.iter().find(|part| part["type"] == "tool-output-available").unwrap();
    assert_eq!(result["output"]["status"], "waiting_for_approval");
    assert!(kinds.contains(&"data-approval"), "{kinds:?}");

    // It can still say yes in words, in its conversation.
    let parts = client.ask("yes").await;
    assert_eq!(notes(&app), 1);
    let data = parts.iter().find(|part| part["type"] == "data-approval").unwrap();
    assert_eq!(data["data"]["state"], "done");
    assert!(!self::kinds(&parts).contains(&"tool-output-available"), "the call is another message's: {parts:?}");
}

#[tokio::test]
async fn an_assistants_message_without_answers_is_no_question() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (client, _) = waiting(&app, &ada).await;

    let answer = client.send().await;

    assert_eq!(answer.status, 422, "{}", answer.body);
}
