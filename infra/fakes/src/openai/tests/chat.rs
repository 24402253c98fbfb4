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

fn strict(properties: &Value) -> Value {
    let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

#[tokio::test]
async fn strict_schemas_have_their_own_rules() {
    let caller = Caller::new().await;
    let array = json!({ "type": "array" });
    let mut extra = strict(&json!({ "q": { "type": "string" } }));
    extra["required"] = json!(["q", "z"]);
    let mut defined = strict(&json!({ "q": { "$ref": "#/$defs/a" } }));
    defined["$defs"] = json!({ "a": { "type": "object", "properties": {} } });

    for (schema, complaint) in [
        (strict(&json!({ "q": {} })), "In context=('properties', 'q'), schema must have a 'type' key."),
        (strict(&json!({ "q": array })), "In context=('properties', 'q'), array schema missing items."),
        (strict(&json!({ "q": { "oneOf": [] } })), "'oneOf' is not permitted."),
        (strict(&json!({ "q": { "type": "string", "default": "x" } })), "'default' is not permitted."),
        (strict(&json!({ "q": { "type": "string", "format": "uri" } })), "'uri' is not a valid format."),
        (strict(&json!({ "q": { "$ref": "#/$defs/none" } })), "reference can only point to definitions"),
        (extra, "Extra required key 'z' supplied."),
        (defined, "In context=('$defs', 'a'), 'additionalProperties' is required"),
        (json!({ "anyOf": [] }), "got 'type: \"None\"'."),
    ] {
        let said = caller.post(PATH, &ask(&json!({ "tools": [tool(true, &schema)] }))).await;
        assert_eq!((said.status, said.error("code")), (400, json!("invalid_function_parameters")), "{schema}");
        assert!(said.error("message").as_str().unwrap().contains(complaint), "{}", said.body);
    }
    let open = json!({ "type": "object", "properties": { "q": array } });
    let lax = caller.post(PATH, &ask(&json!({ "tools": [tool(false, &open)] }))).await;
    assert_eq!(lax.status, 400, "an array without items is refused even so");
    let nullable = strict(
        &json!({ "q": { "anyOf": [{ "type": "string" }, { "type": "null" }] }, "n": { "type": "integer", "minimum": 1 } }),
    );
    assert_eq!(caller.post(PATH, &ask(&json!({ "tools": [tool(true, &nullable)] }))).await.status, 200);
}

#[tokio::test]
async fn some_of_the_tools_can_be_allowed() {
    let caller = Caller::new().await;
    let function = |name: &str| json!({ "type": "function", "function": { "name": name } });
    let tools = json!([function("search_emails"), function("send_email")]);
    let allow = |mode: &str, name: &str| {
        let allowed = json!({ "mode": mode, "tools": [function(name)] });
        ask(&json!({ "tools": tools, "tool_choice": { "type": "allowed_tools", "allowed_tools": allowed } }))
    };

    let one = caller.post(PATH, &allow("required", "send_email")).await.json();
    let unknown = caller.post(PATH, &allow("required", "send_fax")).await;
    let mode = caller.post(PATH, &allow("always", "send_email")).await;

    assert_eq!(one["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "send_email");
    assert_eq!((unknown.status, unknown.error("param")), (400, json!("tool_choice")));
    assert_eq!((mode.status, mode.error("param")), (400, json!("tool_choice.allowed_tools.mode")));
}

#[tokio::test]
async fn an_answer_takes_the_form_it_is_asked_for_in() {
    let caller = Caller::new().await;
    let with = |format: &Value, said: &str| {
        ask(&json!({ "messages": [{ "role": "user", "content": said }], "response_format": format }))
    };
    let schema = strict(
        &json!({ "name": { "type": ["string", "null"] }, "rules": { "type": "array", "items": { "type": "string" } } }),
    );
    let format = |schema: &Value| json!({ "type": "json_schema", "json_schema": { "name": "form", "strict": true, "schema": schema } });

    let formed = caller.post(PATH, &with(&format(&schema), "What did Nora Ellison say?")).await.json();
    let open = caller.post(PATH, &with(&format(&json!({ "type": "object", "properties": {} })), "x")).await;
    let nameless = caller.post(PATH, &with(&json!({ "type": "json_schema", "json_schema": {} }), "x")).await;
    let object = caller.post(PATH, &with(&json!({ "type": "json_object" }), "Answer in JSON.")).await.json();
    let silent = caller.post(PATH, &with(&json!({ "type": "json_object" }), "Answer.")).await;
    let odd = caller.post(PATH, &with(&json!({ "type": "xml" }), "x")).await;

    let content = |said: &Value| said["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    let answer: Value = serde_json::from_str(&content(&formed)).unwrap();
    assert_eq!(answer, json!({ "name": "Nora Ellison", "rules": ["What did Nora Ellison say?"] }));
    assert!(serde_json::from_str::<Value>(&content(&object)).unwrap().is_object());
    assert_eq!((open.status, open.error("param")), (400, json!("response_format")));
    assert_eq!((nameless.status, nameless.error("param")), (400, json!("response_format.json_schema.name")));
    assert_eq!((silent.status, silent.error("param")), (400, json!("messages")));
    assert_eq!((odd.status, odd.error("param")), (400, json!("response_format.type")));
}

#[tokio::test]
async fn parameters_are_checked() {
    let caller = Caller::new().await;
    for (extra, param, code) in [
        (json!({ "foo": 1 }), Value::Null, Value::Null),
        (json!({ "temperature": 3 }), json!("temperature"), json!("decimal_above_max_value")),
        (json!({ "top_p": -1 }), json!("top_p"), json!("decimal_below_min_value")),
        (json!({ "stream_options": { "include_usage": true } }), json!("stream_options"), Value::Null),
        (json!({ "parallel_tool_calls": false }), json!("parallel_tool_calls"), Value::Null),
        (json!({ "reasoning_effort": "low" }), Value::Null, Value::Null),
        (json!({ "model": "gpt-5-mini", "temperature": 0.3 }), json!("temperature"), json!("unsupported_value")),
        (json!({ "logprobs": true }), json!("logprobs"), json!("unsupported_parameter")),
    ] {
        let said = caller.post(PATH, &ask(&extra)).await;
        assert_eq!((said.status, said.error("param"), said.error("code")), (400, param, code), "{extra}");
    }
    let fine = json!({ "temperature": 0.2, "seed": 1, "user": "u", "metadata": { "a": "b" }, "prompt_cache_key": "k" });
    assert_eq!(caller.post(PATH, &ask(&fine)).await.status, 200);
}
