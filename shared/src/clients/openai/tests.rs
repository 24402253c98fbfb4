//! Both protocols: byte for byte, and against the stand-in.

use std::time::Duration;

use fakes::openai::{Options, Reply};
use fakes::server::{Fault, FaultKind};

use super::*;
use crate::clients::http::client;

type Collected = Vec<Result<Delta>>;

async fn collect(pieces: Vec<Vec<u8>>, reader: impl Reader) -> Collected {
    let bytes = pieces.into_iter().map(|piece| Ok::<_, ()>(Bytes::from(piece)));
    deltas(futures::stream::iter(bytes), reader).collect().await
}

async fn chat(text: &str) -> Collected {
    collect(vec![text.into()], chat_completions::Completion::default()).await
}

async fn responses(text: &str) -> Collected {
    collect(vec![text.into()], responses::Response::default()).await
}

/// Text, and how it ended.
#[track_caller]
fn parts(deltas: Collected) -> (String, Result<Finished>) {
    let mut text = String::new();
    let mut end = None;
    for delta in deltas {
        assert!(end.is_none(), "there is something after the end");
        match delta {
            Ok(Delta::Text(piece)) => text.push_str(&piece),
            Ok(Delta::Refusal(piece)) => text.push_str(&format!("[{piece}]")),
            Ok(Delta::Finished(finished)) => end = Some(Ok(finished)),
            Err(error) => end = Some(Err(error)),
        }
    }
    (text, end.expect("every stream ends with a word"))
}

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() }
}

fn chunks(chunks: &[Value]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).chain(["data: [DONE]\n\n".into()]).collect()
}

fn events(events: &[Value]) -> String {
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect()
}

const CHAT: &str = "data: {\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"usage\":null}\r\n\r\n\
: a comment\n\n\
data: {\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grüße 🏔\"}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"content\":\"!\",\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"find\",\"arguments\":\"\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"q\\\":\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n\
data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\n\
data: [DONE]\n\n";

const RESPONSES: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n\
event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"reasoning\",\"id\":\"rs_1\",\"encrypted_content\":\"sealed\",\"summary\":[]}}\n\n\
event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Grüße 🏔!\"}\n\n\
event: response.something_new\ndata: {\"type\":\"response.something_new\",\"delta\":\"x\"}\n\n\
event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"c1\",\"name\":\"find\",\"arguments\":\"{\\\"q\\\":1}\"}}\n\n\
event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":\"m-1\",\"usage\":{\"input_tokens\":9,\"input_tokens_details\":{\"cached_tokens\":3},\"output_tokens\":4}}}\n\n";

#[tokio::test]
async fn an_answer_is_the_same_wherever_the_network_cuts_it() {
    for text in [CHAT, RESPONSES] {
        let bytes = text.as_bytes();
        for at in 0..=bytes.len() {
            let pieces = vec![bytes[..at].to_vec(), bytes[at..].to_vec()];
            let deltas = match text {
                CHAT => collect(pieces, chat_completions::Completion::default()).await,
                _ => collect(pieces, responses::Response::default()).await,
            };
            let (said, finished) = parts(deltas);
            let finished = finished.unwrap();
            assert_eq!(said, "Grüße 🏔!", "cut at {at}");
            assert_eq!(finished.calls, [call("c1", "find", "{\"q\":1}")], "cut at {at}");
            assert_eq!(finished.reason, FinishReason::ToolCalls);
            assert_eq!(finished.usage, Usage { input: 9, cached: 3, output: 4 });
            assert_eq!(finished.model, "m-1");
            assert_eq!(finished.opaque.len(), usize::from(text == RESPONSES));
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_never_taken_for_a_whole_one() {
    for text in [CHAT, RESPONSES] {
        let last = text.trim_end().rfind("\n\n").unwrap();
        let reasoned = text.find("\"finish_reason\":\"").unwrap_or(last);
        for at in 0..reasoned {
            let piece = vec![text.as_bytes()[..at].to_vec()];
            let deltas = match text {
                CHAT => collect(piece, chat_completions::Completion::default()).await,
                _ => collect(piece, responses::Response::default()).await,
            };
            assert_eq!(parts(deltas).1.unwrap_err().kind, Kind::Upstream, "cut at {at}");
        }
    }
}

#[tokio::test]
async fn calls_are_put_together_however_a_server_cuts_them() {
    let delta = |calls: Value| json!({ "choices": [{ "delta": { "tool_calls": calls } }] });
    let piece = |index: Value, id: Value, name: Value, arguments: &str| json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } });
    let null = || Value::Null;
    let two = [call("a", "f", "{}"), call("b", "g", "[1]")];
    for (what, stream) in [
        (
            "side by side",
            vec![
                delta(json!([
                    piece(json!(0), json!("a"), json!("f"), ""),
                    piece(json!(1), json!("b"), json!("g"), "")
                ])),
                delta(json!([piece(json!(1), null(), null(), "[1"), piece(json!(0), null(), null(), "{")])),
                delta(json!([piece(json!(0), null(), null(), "}"), piece(json!(1), null(), null(), "]")])),
            ],
        ),
        (
            "id and name in every piece",
            vec![
                delta(json!([piece(json!(0), json!("a"), json!("f"), "{")])),
                delta(json!([piece(json!(0), json!("a"), json!("f"), "}")])),
                delta(json!([piece(json!(1), json!("b"), json!("g"), "[1")])),
                delta(json!([piece(json!(1), json!("b"), json!("g"), "]")])),
            ],
        ),
        (
            "another id in every piece",
            vec![
                delta(json!([piece(json!(0), json!("a"), json!("f"), "{")])),
                delta(json!([piece(json!(0), json!("x"), null(), "}")])),
                delta(json!([piece(json!(1), json!("b"), json!("g"), "[1]")])),
            ],
        ),
        (
            "whole calls without an index",
            vec![delta(json!([
                piece(null(), json!("a"), json!("f"), "{}"),
                piece(null(), json!("b"), json!("g"), "[1]")
            ]))],
        ),
        (
            "whole calls that are all the first",
            vec![
                delta(json!([piece(json!(0), json!("a"), json!("f"), "{}")])),
                delta(json!([piece(json!(0), json!("b"), json!("g"), "[1]")])),
            ],
        ),
        (
            "empty instead of absent",
            vec![
                delta(json!([piece(json!(0), json!("a"), json!("f"), "")])),
                delta(json!([piece(json!(0), json!(""), json!(""), "{}")])),
                delta(json!([piece(null(), json!("b"), json!("g"), "[")])),
                delta(json!([piece(null(), json!(""), json!(""), "1]")])),
            ],
        ),
    ] {
        let end = json!({ "choices": [{ "delta": null, "finish_reason": "stop" }] });
        let (_, finished) = parts(chat(&chunks(&[&stream[..], &[end]].concat())).await);
        let finished = finished.unwrap();
        assert_eq!(finished.calls, two, "{what}");
        assert_eq!(finished.reason, FinishReason::ToolCalls, "{what}");
    }

    let nameless = json!([piece(null(), null(), json!("f"), "{}"), piece(null(), null(), json!("g"), "[1]")]);
    let (_, finished) = parts(chat(&chunks(&[delta(nameless)])).await);
    let calls = finished.unwrap().calls;
    assert_eq!(calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>(), ["f", "g"]);
    assert!(!calls[0].id.is_empty() && calls[0].id != calls[1].id);
}

#[tokio::test]
async fn how_an_answer_ended_is_told() {
    for (word, reason) in [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
    ] {
        let end = json!({ "choices": [{ "delta": { "content": "Yes" }, "finish_reason": word }] });
        // With `[DONE]` and, as some servers have it, without.
        for text in [chunks(std::slice::from_ref(&end)), format!("data: {end}\n\n")] {
            let (said, finished) = parts(chat(&text).await);
            assert_eq!((said.as_str(), finished.unwrap().reason), ("Yes", reason));
        }
    }
    for (details, reason) in [
        (json!(null), FinishReason::Stop),
        (json!({ "reason": "max_output_tokens" }), FinishReason::Length),
        (json!({ "reason": "content_filter" }), FinishReason::ContentFilter),
    ] {
        let kind = if details.is_null() { "response.completed" } else { "response.incomplete" };
        let end = json!({ "type": kind, "response": { "incomplete_details": details } });
        let refusal = json!({ "type": "response.refusal.delta", "delta": "No" });
        let (said, finished) = parts(responses(&events(&[refusal, end])).await);
        assert_eq!((said.as_str(), finished.unwrap().reason), ("[No]", reason));
    }
}

#[tokio::test]
async fn calls_told_only_at_the_end_count() {
    let output = json!([{ "type": "function_call", "call_id": "c1", "name": "find", "arguments": "{}" }]);
    let end = json!({ "type": "response.completed", "response": { "output": output } });

    let (_, finished) = parts(responses(&events(&[end])).await);

    assert_eq!(finished.unwrap().calls, [call("c1", "find", "{}")]);
}

#[tokio::test]
async fn an_error_in_the_middle_is_one_error_and_the_end() {
    for (error, kind) in [
        (json!({ "message": "m", "type": "server_error", "param": null, "code": null }), Kind::Upstream),
        (json!({ "code": "rate_limit_exceeded", "message": "m" }), Kind::RateLimited),
        (json!({ "type": "insufficient_quota", "code": "insufficient_quota" }), Kind::Refused),
        (json!({ "type": "invalid_request_error", "code": "context_length_exceeded" }), Kind::Refused),
        (json!({ "type": "BadRequestError", "code": 400 }), Kind::Refused),
        (json!({ "type": "overloaded", "code": 503 }), Kind::Upstream),
        (json!("something went wrong"), Kind::Upstream),
    ] {
        let before = json!({ "choices": [{ "delta": { "content": "Half" } }] });
        let (said, end) = parts(chat(&chunks(&[before, json!({ "error": error })])).await);
        assert_eq!((said.as_str(), end.unwrap_err().kind), ("Half", kind), "{error}");

        let before = json!({ "type": "response.output_text.delta", "delta": "Half" });
        let failure = json!({ "type": "response.failed", "response": { "error": error } });
        let (said, end) = parts(responses(&events(&[before, failure])).await);
        assert_eq!((said.as_str(), end.unwrap_err().kind), ("Half", kind), "{error}");
    }
    let bare = json!({ "type": "error", "code": "server_error", "message": "m", "param": null });
    assert_eq!(parts(responses(&events(&[bare])).await).1.unwrap_err().kind, Kind::Upstream);
    assert_eq!(parts(chat("data: {\"choices\":[{\n\n").await).1.unwrap_err().kind, Kind::Upstream);
}

struct World {
    fake: fakes::openai::OpenAi,
    config: config::OpenAi,
    http: Client,
    key: SecretString,
}

impl World {
    async fn start(api: OpenAiApi) -> Self {
        let fake = fakes::openai::OpenAi::start(Options::default()).await.unwrap();
        let config = config::OpenAi {
            base_url: format!("{}/v1", fake.url()),
            chat_model: "gpt-5.4-mini".into(),
            embedding_model: "text-embedding-3-small".into(),
            api,
        };
        Self { fake, config, http: client(crate::model::Clock::default()), key: SecretString::from("sk-test") }
    }

    fn openai(&self) -> OpenAi<'_> {
        OpenAi { http: &self.http, config: &self.config, api_key: &self.key }
    }

    async fn ask(&self, request: &ChatRequest) -> Result<(String, Result<Finished>)> {
        Ok(parts(self.openai().stream(request).await?.collect().await))
    }

    fn arm(&self, times: u32, path: &str, kind: FaultKind) {
        self.fake.control().arm(Fault { method: None, path: path.into(), times, kind });
    }
}

const BOTH: [OpenAiApi; 2] = [OpenAiApi::Responses, OpenAiApi::ChatCompletions];

fn status(status: u16, headers: &[(&str, &str)], body: Option<Value>) -> FaultKind {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    FaultKind::Status { status, headers, body }
}

fn question(items: Vec<Item>) -> ChatRequest {
    let parameters = json!({
        "type": "object", "properties": { "query": { "type": "string" } },
        "required": ["query"], "additionalProperties": false,
    });
    let tool = ToolSpec { name: "search_emails".into(), description: "Searches mail.".into(), parameters };
    let tools = vec![tool];
    ChatRequest {
        system: "Be brief.".into(),
        items,
        tools,
        tool_choice: None,
        max_output_tokens: Some(400),
        cache_key: Some("c".into()),
    }
}

#[tokio::test]
async fn a_tool_that_is_chosen_beforehand_is_called_whatever_is_said() {
    for api in BOTH {
        let world = World::start(api).await;
        let mut request = question(vec![Item::User("Hello!".into())]);
        let other = ToolSpec { name: "file_away".into(), ..request.tools[0].clone() };
        request.tools.push(other);
        request.tool_choice = Some("file_away".into());

        let finished = world.ask(&request).await.unwrap().1.unwrap();

        assert_eq!(finished.calls.len(), 1, "{api:?}");
        assert_eq!(finished.calls[0].name, "file_away", "{api:?}");
    }
}

#[tokio::test]
async fn a_question_with_a_tool_goes_there_and_back() {
    for api in BOTH {
        let world = World::start(api).await;
        world.fake.script(vec![
            Reply::call("search_emails", json!({ "query": "boat" }))
                .and_call("search_emails", json!({ "query": "ship" })),
            Reply::text("Nora wants a boat."),
        ]);
        let mut items = vec![Item::User("Who wants a boat?".into())];

        let (text, finished) = world.ask(&question(items.clone())).await.unwrap();
        let finished = finished.unwrap();
        assert_eq!(finished.reason, FinishReason::ToolCalls);
        let arguments: Vec<Value> =
            finished.calls.iter().map(|c| serde_json::from_str(&c.arguments).unwrap()).collect();
        assert_eq!(arguments, [json!({ "query": "boat" }), json!({ "query": "ship" })]);

        let results = finished.calls.iter().map(|c| Item::ToolResult { call_id: c.id.clone(), output: "Nora".into() });
        let results: Vec<Item> = results.collect();
        items.push(Item::ToolCalls { text, calls: finished.calls, opaque: finished.opaque });
        items.extend(results);
        let (text, finished) = world.ask(&question(items)).await.unwrap();
        let finished = finished.unwrap();
        assert_eq!((text.as_str(), finished.reason), ("Nora wants a boat.", FinishReason::Stop), "{api:?}");
        assert!(finished.usage.input > 0 && finished.usage.output > 0);
        assert_eq!(finished.model, world.config.chat_model);

        let sent = world.fake.control().requests();
        let body: Value = serde_json::from_str(&sent[0].body).unwrap();
        match api {
            OpenAiApi::Responses => {
                assert_eq!((&body["store"], &body["tools"][0]["strict"]), (&json!(false), &json!(true)));
                assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
            }
            OpenAiApi::ChatCompletions => {
                assert_eq!(body["stream_options"], json!({ "include_usage": true }));
                assert_eq!(body["reasoning_effort"], "none");
            }
        }
    }
}

#[test]
fn only_models_that_ask_for_it_are_told_not_to_reason() {
    let mut config = config::OpenAi {
        base_url: "http://localhost:11434/v1".into(),
        chat_model: String::new(),
        embedding_model: String::new(),
        api: OpenAiApi::ChatCompletions,
    };
    let request = question(Vec::new());
    for model in ["gpt-5.4-mini", "gpt-5.10", "openai/gpt-5.6-terra", "gpt-6-astra"] {
        config.chat_model = model.into();
        assert_eq!(chat_completions::body(&config, &request)["reasoning_effort"], "none", "{model}");
        let without_tools = ChatRequest { tools: Vec::new(), ..request.clone() };
        assert!(chat_completions::body(&config, &without_tools).get("reasoning_effort").is_none(), "{model}");
    }
    for model in ["gpt-5", "gpt-5.1", "gpt-5-mini", "gpt-4.1", "gpt-4o", "gpt-oss-120b", "llama-4", "qwen3:8b", ""] {
        config.chat_model = model.into();
        assert!(chat_completions::body(&config, &request).get("reasoning_effort").is_none(), "{model}");
    }
}

#[tokio::test]
async fn an_answer_in_trouble_says_so() {
    for api in BOTH {
        let world = World::start(api).await;
        world.fake.script(vec![
            Reply::text("one two three four").broken_after(2),
            Reply::text("one two three four").failing_after(2),
            Reply { cut_short: true, ..Reply::text("one two") },
            Reply::refusal("No."),
        ]);
        let request = question(vec![Item::User("Count.".into())]);

        for _ in 0..2 {
            let (text, end) = world.ask(&request).await.unwrap();
            assert!(text.starts_with("one two"), "{text}");
            assert_eq!(end.unwrap_err().kind, Kind::Upstream);
        }
        assert_eq!(world.ask(&request).await.unwrap().1.unwrap().reason, FinishReason::Length);
        assert_eq!(world.ask(&request).await.unwrap().0, "[No.]");
    }
}

#[tokio::test]
async fn only_the_beginning_is_tried_again() {
    for api in BOTH {
        let world = World::start(api).await;
        let request = question(vec![Item::User("Hello".into())]);
        world.arm(2, "/v1/", status(503, &[], None));
        world.fake.script(vec![Reply::text("Hi")]);
        assert_eq!(world.ask(&request).await.unwrap().0, "Hi");

        world.arm(1, "/v1/", status(429, &[("retry-after", "20")], None));
        let error = world.ask(&request).await.unwrap_err();
        assert_eq!((error.kind, error.retry_after), (Kind::RateLimited, Some(Duration::from_secs(20))));

        let world = World::start(api).await;
        let body = json!({ "error": { "type": "insufficient_quota", "code": "insufficient_quota", "message": "", "param": null } });
        world.arm(1, "/v1/", status(429, &[], Some(body)));
        assert_eq!(world.ask(&request).await.unwrap_err().kind, Kind::Refused);

        world.arm(1, "/v1/", status(401, &[], None));
        assert_eq!(world.ask(&request).await.unwrap_err().upstream_status(), Some(401));
    }
}

#[tokio::test]
async fn texts_become_vectors_in_their_order() {
    let world = World::start(OpenAiApi::Responses).await;
    let texts: Vec<String> = (0..2_100).map(|n| format!("text number {n}")).collect();

    let embedded = world.openai().embed(&texts).await.unwrap();

    assert_eq!(embedded.vectors.len(), texts.len());
    assert!(embedded.vectors.iter().all(|vector| vector.len() == 1536));
    assert!(embedded.tokens >= 2_100);
    assert_eq!(world.fake.control().requests().len(), 2);
    let alone = world.openai().embed(&texts[2_099..]).await.unwrap();
    assert_eq!(alone.vectors[0], embedded.vectors[2_099]);
}

#[tokio::test]
async fn long_texts_are_spread_over_requests_the_vendor_takes() {
    let world = World::start(OpenAiApi::Responses).await;
    let texts = vec!["ä ".repeat(10_000); 60];

    assert_eq!(world.openai().embed(&texts).await.unwrap().vectors.len(), 60);
}

#[tokio::test]
async fn a_model_of_another_size_and_a_blank_text_are_told_apart() {
    let mut world = World::start(OpenAiApi::Responses).await;
    assert!(world.openai().embed(&[]).await.unwrap().vectors.is_empty());
    assert_eq!(world.openai().embed(&[" \n".into()]).await.unwrap_err().kind, Kind::Internal);

    world.config.embedding_model = "text-embedding-3-large".into();
    let error = world.openai().embed(&["text".into()]).await.unwrap_err();
    assert_eq!(error.kind, Kind::Refused);
    assert!(error.detail.contains("text-embedding-3-large") && error.detail.contains("3072"), "{}", error.detail);
}
