//! Forms that are filled in from an instruction, whatever product they belong to.

use serde_json::{Value, json};

use super::{by_words, turn};
use crate::openai::brain::decide;
use crate::openai::turn::{Choice, Tool, Turn};

/// Another product's form for the same kind of thing.
fn form() -> Tool {
    let text = json!({ "type": "string" });
    let action = |name: &str, fields: &Value| {
        let mut properties = json!({ "kind": { "type": "string", "enum": [name] } });
        properties.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({ "type": "object", "properties": properties })
    };
    let parameters = json!({ "type": "object", "properties": {
        "on_event": { "type": "string", "enum": ["email_received", "event_created", "event_cancelled", "contact_created", "*"] },
        "filters": { "type": "array", "items": { "type": "object", "properties": {
            "field": { "type": "string", "enum": ["sender_in_crm_hubspot", "sender_domain", "subject_contains", "organizer_is_me"] },
            "inverted": { "type": "boolean" },
            "value": { "type": ["string", "null"] },
        } } },
        "steps": { "type": "array", "items": { "anyOf": [
            action("send_email", &json!({
                "to": { "type": "string", "enum": ["sender", "contact", "attendees", "addresses"] },
                "addresses": { "type": "array", "items": text }, "subject": text, "body": text, "reply": { "type": "boolean" },
            })),
            action("create_contact", &json!({ "note": { "type": ["string", "null"] } })),
            action("log", &json!({})),
            action("assistant", &json!({ "instruction": text })),
        ] } },
        "max_times": { "type": ["integer", "null"] },
    } });
    let offers = "Placeholders: always {me}; for email {sender_first_name}, {subject}, {snippet}; for event {event_summary}, {event_start}.";
    Tool { name: "automation".into(), description: offers.into(), parameters }
}

async fn filled(instruction: &str) -> Value {
    let prompt = format!("Instruction: {instruction}");
    let asked = Turn { tools: vec![form()], choice: Choice::Named("automation".into()), ..turn(&prompt) };
    decide(&by_words(), &asked, false).await.calls[0].arguments.clone()
}

#[tokio::test]
async fn what_sets_it_off_and_what_holds_come_from_the_words() {
    let one = filled("Whenever a stranger from acme.com writes me an email, log it").await;
    assert_eq!(one["on_event"], "email_received");
    assert!(
        one["filters"]
            .as_array()
            .unwrap()
            .contains(&json!({ "field": "sender_domain", "inverted": false, "value": "acme.com" }))
    );
    assert_eq!(one["steps"], json!([{ "kind": "log" }]));

    let two =
        filled("If an email's subject contains \"invoice\", reply saying it will be paid, at most 3 times a day").await;
    assert_eq!(two["filters"], json!([{ "field": "subject_contains", "inverted": false, "value": "invoice" }]));
    assert_eq!(
        (&two["steps"][0]["to"], &two["steps"][0]["reply"], &two["max_times"]),
        (&json!("sender"), &json!(true), &json!(3))
    );
    assert!(
        two["steps"][0]["body"].as_str().unwrap().starts_with("Hi {sender_first_name},\n\nIt will be paid"),
        "{two}"
    );
}

#[tokio::test]
async fn each_thing_to_do_finds_its_step() {
    let one = filled("When a meeting is cancelled, email boss@firm.example about the meeting").await;
    assert_eq!(one["on_event"], "event_cancelled");
    let step = &one["steps"][0];
    assert_eq!((&step["to"], &step["addresses"]), (&json!("addresses"), &json!(["boss@firm.example"])));
    assert!(step["body"].as_str().unwrap().contains("{event_start}"), "{step}");

    let two =
        filled("Create a contact with a note about the email and log it when somebody who is not in HubSpot emails me")
            .await;
    assert_eq!(two["filters"][0], json!({ "field": "sender_in_crm_hubspot", "inverted": true, "value": null }));
    let kinds: Vec<&Value> = two["steps"].as_array().unwrap().iter().map(|step| &step["kind"]).collect();
    assert_eq!(kinds, ["create_contact", "log"]);
    assert!(two["steps"][0]["note"].as_str().unwrap().contains("{subject}"));

    let three = filled("When I add a contact, research their company").await;
    assert_eq!(three["steps"], json!([{ "kind": "assistant", "instruction": "Research their company." }]));
}

#[tokio::test]
async fn yes_or_no_is_what_the_words_say() {
    let verdict = Tool {
        name: "answer".into(),
        description: String::new(),
        parameters: json!({ "type": "object", "properties": { "yes": { "type": "boolean" } } }),
    };
    let passage =
        "[1] email; from Nora <n@e.example>; to Ada; on 2026-03-02; subject \"Fees\"\n| I am unhappy with the fees.\n";
    let ask = async |question: &str| {
        let prompt = format!("{passage}\nQuestion: {question}");
        let asked = Turn { tools: vec![verdict.clone()], choice: Choice::Named("answer".into()), ..turn(&prompt) };
        decide(&by_words(), &asked, false).await.calls[0].arguments["yes"].clone()
    };
    assert_eq!(ask("Is the sender unhappy with fees?").await, true);
    assert_eq!(ask("Does it mention a sailboat in Portugal?").await, false);
}
