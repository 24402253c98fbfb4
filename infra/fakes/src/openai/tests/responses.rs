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
    ] {
        assert_eq!(caller.post(PATH, &ask(param, value)).await.status, 400, "{param}");
    }
}
