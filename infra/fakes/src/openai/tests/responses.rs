use serde_json::{Value, json};

use super::Caller;
use crate::openai::Reply;

const PATH: &str = "/v1/responses";

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn answers_whole() {
    let caller = Caller::new().await;
    caller.openai.script(vec![Reply::text("Nora did.")]);

    let response =
        caller.post(PATH, &json!({ "model": "gpt-5.6-terra", "input": "Who?", "store": false })).await.json();

    assert_eq!((&response["status"], &response["model"]), (&json!("completed"), &json!("gpt-5.6-terra")));
    assert_eq!(response["output"][0]["content"][0]["text"], "Nora did.");
    assert_eq!(response["usage"]["output_tokens"], 3);
    assert_eq!(response["store"], false);
}

#[tokio::test]
async fn streams_numbered_events() {
    let caller = Caller::new().await;
    caller.openai.script(vec![Reply { text: "Let me look.".to_owned(), ..Reply::call("find", json!({ "q": "x" })) }]);
    let tool = json!({ "type": "function", "name": "find", "strict": false, "parameters": { "type": "object" } });

    let said = caller.post(PATH, &json!({ "model": "m", "input": "Who?", "stream": true, "tools": [tool] })).await;

    let events = said.events();
    let expected = "response.created response.in_progress response.output_item.added response.content_part.added \
         response.output_text.delta response.output_text.delta response.output_text.delta response.output_text.done \
         response.content_part.done response.output_item.done response.output_item.added \
         response.function_call_arguments.delta response.function_call_arguments.done response.output_item.done \
         response.completed";
    assert_eq!(kinds(&events), expected.split_whitespace().collect::<Vec<_>>());
    assert!((0..).zip(&events).all(|(n, event): (u64, _)| event["sequence_number"] == n));
    let named = said.body.lines().filter_map(|line| line.strip_prefix("event: "));
    assert_eq!(named.collect::<Vec<_>>(), kinds(&events));
    let call = &events.last().unwrap()["response"]["output"][1];
    assert_eq!((&call["type"], &call["arguments"]), (&json!("function_call"), &json!(r#"{"q":"x"}"#)));
    assert!(!said.body.contains("[DONE]"));
}

#[tokio::test]
async fn fails_cuts_and_runs_out_of_room() {
    let caller = Caller::new().await;
    let reply = Reply::text("one two three four");
    caller.openai.script(vec![reply.clone().failing_after(1), reply.clone().broken_after(1), reply]);
    caller.openai.script(vec![Reply::refusal("No."), Reply::text("word ".repeat(40))]);
    let ask = json!({ "model": "m", "input": "hi", "stream": true });

    let failed = caller.post(PATH, &ask).await.events();
    let cut = caller.post(PATH, &ask).await;
    caller.post(PATH, &ask).await;
    let refused = caller.post(PATH, &ask).await.events();
    let long = caller.post(PATH, &json!({ "model": "m", "input": "hi", "max_output_tokens": 16 })).await.json();

    assert_eq!(failed.last().unwrap()["type"], "response.failed");
    assert_eq!(failed.last().unwrap()["sequence_number"], failed.len() - 1);
    assert!(!cut.whole);
    assert!(kinds(&refused).contains(&"response.refusal.done"));
    assert_eq!(
        (&long["status"], &long["incomplete_details"]["reason"]),
        (&json!("incomplete"), &json!("max_output_tokens"))
    );
}

#[tokio::test]
async fn calls_and_outputs_come_in_pairs() {
    let caller = Caller::new().await;
    let user = json!({ "role": "user", "content": "hi" });
    let reasoning = json!({ "type": "reasoning", "summary": [] });
    let call = json!({ "type": "function_call", "call_id": "call_a", "name": "find", "arguments": "{}" });
    let output = json!({ "type": "function_call_output", "call_id": "call_a", "output": "done" });
    let ask = |input: &[&Value]| json!({ "model": "m", "input": input });

    let open = caller.post(PATH, &ask(&[&user, &call])).await;
    let stray = caller.post(PATH, &ask(&[&user, &output])).await;
    let whole = caller.post(PATH, &ask(&[&user, &reasoning, &call, &output])).await;

    assert_eq!(open.error("message"), "No tool output found for function call call_a.");
    assert_eq!(stray.error("message"), "No tool call found for function call output with call_id call_a.");
    assert_eq!(whole.status, 200);
}

#[tokio::test]
async fn refuses_what_it_cannot_do() {
    let caller = Caller::new().await;
    let ask = |name: &str, value: Value| {
        let mut ask = json!({ "model": "m", "input": "hi" });
        ask[name] = value;
        ask
    };
    let strict_by_default = json!([{ "type": "function", "name": "find", "parameters": { "type": "object" } }]);

    for (param, value) in [
        ("previous_response_id", json!("resp_1")),
        ("max_output_tokens", json!(5)),
        ("tools", strict_by_default),
        ("text", json!({ "format": { "type": "json_schema" } })),
        ("background", json!(true)),
        ("foo", json!(1)),
        ("include", json!(["nope"])),
    ] {
        assert_eq!(caller.post(PATH, &ask(param, value)).await.status, 400, "{param}");
    }
}

#[tokio::test]
async fn an_answer_takes_the_form_it_is_asked_for_in() {
    let caller = Caller::new().await;
    let text = |schema: Value| json!({ "format": { "type": "json_schema", "name": "form", "strict": true, "schema": schema } });
    let person = json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"], "additionalProperties": false });
    let mut schema = json!({ "type": "object", "properties": { "who": { "$ref": "#/$defs/person" } }, "required": ["who"], "additionalProperties": false });
    schema["$defs"] = json!({ "person": person });
    let ask = |text: Value| json!({ "model": "m", "input": "What did Nora Ellison say?", "text": text });

    let formed = caller.post(PATH, &ask(text(schema.clone()))).await.json();
    let open = caller.post(PATH, &ask(text(json!({ "type": "object", "properties": {} })))).await;

    let answer: Value = serde_json::from_str(formed["output"][0]["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(answer, json!({ "who": { "name": "Nora Ellison" } }));
    assert_eq!((&formed["text"]["format"]["schema"], &formed["text"]["verbosity"]), (&schema, &json!("medium")));
    assert_eq!((open.status, open.error("code")), (400, json!("invalid_json_schema")));
}

#[tokio::test]
async fn one_of_the_allowed_tools_is_called() {
    let caller = Caller::new().await;
    let tool =
        |name: &str| json!({ "type": "function", "name": name, "strict": false, "parameters": { "type": "object" } });
    let choice =
        json!({ "type": "allowed_tools", "mode": "required", "tools": [{ "type": "function", "name": "send" }] });

    let said = caller
        .post(
            PATH,
            &json!({ "model": "m", "input": "hi", "tools": [tool("find"), tool("send")], "tool_choice": choice }),
        )
        .await
        .json();

    assert_eq!(said["output"][0]["name"], "send");
    assert_eq!(said["tools"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_concerns_reasoning_is_refused_by_models_that_do_not() {
    let caller = Caller::new().await;
    let ask = |model: &str, extra: Value| {
        let mut ask = json!({ "model": model, "input": "hi" });
        ask.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ask
    };
    let sealed = json!({ "include": ["reasoning.encrypted_content"] });

    let without = caller.post(PATH, &ask("gpt-4.1-mini", sealed.clone())).await;
    let with = caller.post(PATH, &ask("gpt-5.6-terra", sealed)).await;
    let warm = caller.post(PATH, &ask("gpt-5.6-terra", json!({ "temperature": 0.3 }))).await;

    assert_eq!((without.status, without.error("param")), (400, json!("include")));
    assert_eq!(with.status, 200);
    assert_eq!((warm.status, warm.error("param")), (400, json!("temperature")));
}

#[tokio::test]
async fn nothing_is_stored_and_tokens_are_counted() {
    let caller = Caller::new().await;

    let missing = caller.get("/v1/responses/resp_1").await;
    let count =
        caller.post("/v1/responses/input_tokens", &json!({ "model": "m", "input": "hello there" })).await.json();

    assert_eq!((missing.status, missing.error("message")), (404, json!("Response with id 'resp_1' not found.")));
    assert_eq!(count["object"], "response.input_tokens");
    assert!(count["input_tokens"].as_u64().unwrap() >= 2);
}
