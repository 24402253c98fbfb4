use serde_json::{Value, json};

use super::{Caller, Said};
use crate::openai::Reply;

const PATH: &str = "/v1/chat/completions";

fn ask(extra: &Value) -> Value {
    let mut ask = json!({ "model": "gpt-4.1-mini", "messages": [{ "role": "user", "content": "hi" }] });
    ask.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    ask
}

fn tool(strict: bool, parameters: &Value) -> Value {
    json!({ "type": "function", "function": { "name": "search_emails", "strict": strict, "parameters": parameters } })
}

fn text_of(said: &Said) -> String {
    said.events()
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn answers_whole() {
    let caller = Caller::new().await;
    caller.openai.script(vec![Reply::text("Nora did."), Reply::call("search_emails", json!({ "query": "boat" }))]);

    let text = caller.post(PATH, &ask(&json!({}))).await.json();
    let call = caller.post(PATH, &ask(&json!({ "tools": [tool(false, &json!({ "type": "object" }))] }))).await.json();

    assert_eq!(text["model"], "gpt-4.1-mini");
    assert_eq!(text["choices"][0]["message"]["content"], "Nora did.");
    assert_eq!(text["choices"][0]["finish_reason"], "stop");
    let call = &call["choices"][0];
    assert_eq!(call["finish_reason"], "tool_calls");
    assert_eq!(call["message"]["content"], Value::Null);
    assert_eq!(call["message"]["tool_calls"][0]["function"]["arguments"], r#"{"query":"boat"}"#);
}

#[tokio::test]
async fn streams_text_word_by_word_and_its_usage_last() {
    let caller = Caller::new().await;
    caller.openai.script(vec![Reply::text("Nora wrote it on Monday.")]);

    let said = caller.post(PATH, &ask(&json!({ "stream": true, "stream_options": { "include_usage": true } }))).await;

    let chunks = said.events();
    assert_eq!(said.headers["content-type"], "text/event-stream; charset=utf-8");
    assert!(said.body.ends_with("data: [DONE]\n\n"));
    assert_eq!(text_of(&said), "Nora wrote it on Monday.");
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(chunks.len(), 1 + 5 + 1 + 1);
    assert_eq!(chunks[6]["choices"][0]["finish_reason"], "stop");
    assert_eq!(chunks[6]["usage"], Value::Null);
    assert_eq!((&chunks[7]["choices"], &chunks[7]["usage"]["completion_tokens"]), (&json!([]), &json!(6)));
}

#[tokio::test]
async fn streams_calls_side_by_side() {
    let caller = Caller::new().await;
    let two =
        Reply::call("search_emails", json!({ "query": "Tommy baseball" })).and_call("search_contacts", json!("{oops"));
    caller.openai.script(vec![two]);
    let tools = json!([tool(false, &json!({ "type": "object" }))]);

    let said = caller.post(PATH, &ask(&json!({ "stream": true, "tools": tools }))).await;

    let mut arguments = [String::new(), String::new()];
    let mut named = Vec::new();
    for chunk in said.events() {
        for call in chunk["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            arguments[index].push_str(call["function"]["arguments"].as_str().unwrap());
            named.extend(call["function"]["name"].as_str().map(str::to_owned));
        }
    }
    assert_eq!(named, ["search_emails", "search_contacts"]);
    assert_eq!(arguments, [r#"{"query":"Tommy baseball"}"#, "{oops"]);
}

#[tokio::test]
async fn breaks_in_the_middle_on_demand() {
    let caller = Caller::new().await;
    let reply = Reply::text("one two three four");
    caller.openai.script(vec![reply.clone().broken_after(2), reply.clone().failing_after(2), reply.slowly(30)]);

    let cut = caller.post(PATH, &ask(&json!({ "stream": true }))).await;
    let failed = caller.post(PATH, &ask(&json!({ "stream": true }))).await;
    let started = std::time::Instant::now();
    let slow = caller.post(PATH, &ask(&json!({ "stream": true }))).await;

    assert_eq!((cut.whole, text_of(&cut).as_str()), (false, "one two"));
    assert_eq!((failed.whole, text_of(&failed).as_str()), (true, "one two"));
    assert_eq!(failed.events().last().unwrap()["error"]["type"], "server_error");
    assert!(!failed.body.contains("[DONE]"));
    assert!(slow.whole && started.elapsed().as_millis() >= 120);
}

#[tokio::test]
async fn refuses_and_runs_out_of_room() {
    let caller = Caller::new().await;
    caller.openai.script(vec![Reply::refusal("I cannot help with that."), Reply::text("one two three four")]);

    let refused = caller.post(PATH, &ask(&json!({}))).await.json();
    let short = caller.post(PATH, &ask(&json!({ "max_completion_tokens": 2 }))).await.json();

    assert_eq!(refused["choices"][0]["message"]["refusal"], "I cannot help with that.");
    assert_eq!(short["choices"][0]["message"]["content"], "one two");
    assert_eq!(short["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn every_call_must_be_answered() {
    let caller = Caller::new().await;
    let call = |id: &str| json!({ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } });
    let user = json!({ "role": "user", "content": "hi" });
    let called = json!({ "role": "assistant", "content": null, "tool_calls": [call("call_a"), call("call_b")] });
    let answer = |id: &str| json!({ "role": "tool", "tool_call_id": id, "content": "done" });

    let half = caller.post(PATH, &ask(&json!({ "messages": [user, called, answer("call_a")] }))).await;
    let stray = caller.post(PATH, &ask(&json!({ "messages": [user, answer("call_a")] }))).await;
    let whole =
        caller.post(PATH, &ask(&json!({ "messages": [user, called, answer("call_b"), answer("call_a")] }))).await;

    assert_eq!(half.status, 400);
    assert!(half.error("message").as_str().unwrap().ends_with("call_b"));
    assert_eq!((stray.status, stray.error("param")), (400, json!("messages.[1].role")));
    assert_eq!(whole.status, 200);
}

#[tokio::test]
async fn reasoning_models_take_no_tools_here() {
    let caller = Caller::new().await;
    let tools = json!([tool(false, &json!({ "type": "object" }))]);

    let default = caller.post(PATH, &ask(&json!({ "model": "gpt-5.6-terra", "tools": tools }))).await;
    let none = json!({ "model": "gpt-5.6-terra", "tools": tools, "reasoning_effort": "none" });
    let without = caller.post(PATH, &ask(&none)).await;
    let most = caller.post(PATH, &ask(&json!({ "model": "gpt-5-mini", "max_tokens": 5 }))).await;

    assert_eq!((default.status, default.error("param")), (400, json!("reasoning_effort")));
    assert_eq!(without.status, 200);
    assert_eq!((most.status, most.error("code")), (400, json!("unsupported_parameter")));
}

#[tokio::test]
async fn strict_schemas_are_checked() {
    let caller = Caller::new().await;
    let string = json!({ "type": "string" });
    let open = json!({ "type": "object", "properties": { "q": string }, "required": ["q"] });
    let partial =
        json!({ "type": "object", "properties": { "q": string }, "required": [], "additionalProperties": false });
    let bad_name = json!({ "type": "function", "function": { "name": "search emails" } });

    for schema in [open, partial] {
        let lax = caller.post(PATH, &ask(&json!({ "tools": [tool(false, &schema)] }))).await;
        let strict = caller.post(PATH, &ask(&json!({ "tools": [tool(true, &schema)] }))).await;
        assert_eq!(lax.status, 200);
        assert_eq!((strict.status, strict.error("code")), (400, json!("invalid_function_parameters")));
    }
    let named = caller.post(PATH, &ask(&json!({ "tools": [bad_name] }))).await;
    assert_eq!((named.status, named.error("param")), (400, json!("tools[0].function.name")));
}
