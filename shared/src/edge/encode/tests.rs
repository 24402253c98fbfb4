use serde_json::json;

use super::*;
use crate::domain::chat::answer::{Answer, Cited};
use crate::domain::chat::event::{Citation, Notice};
use crate::model::action::{Action, Kept, State};
use crate::model::document::{Hit, Kind};
use crate::model::{ActionId, ConversationId, DocumentId};

const ANSWER: &str =
    "# Tom\nHe *plays* **base**ball, é & <b [1][2].\n\n- one\n  - `in`\n- two\n\n```\na < b\n```\nEnd [1].";

fn hit() -> Hit {
    let at = "2026-03-04T10:00:00Z".parse().unwrap();
    Hit {
        document_id: DocumentId(4),
        kind: Kind::Email,
        source_id: "18c2".into(),
        title: "Spring".into(),
        heading: "From Ann".into(),
        occurred_at: at,
        metadata: json!({ "email_id": 9, "sender": "Ann", "url": "https://mail.google.com/x" }),
        ordinal: 0,
        chunk_count: 1,
        text: "Tom\nplays".into(),
        similarity: 0.5,
        created_at: at,
    }
}

fn cited() -> Vec<Cited> {
    let source = |n, url: &str| Cited { n, url: url.into(), title: "Spring".into(), text: String::new() };
    vec![source(1, "https://mail.google.com/x?a=1&b=(2)"), source(2, "")]
}

fn pieces(text: &str) -> Vec<Event> {
    let mut answer = Answer::new(cited());
    let mut pieces: Vec<_> = text.chars().flat_map(|c| answer.push(&c.to_string())).collect();
    pieces.extend(answer.finish());
    pieces.into_iter().map(Event::Piece).collect()
}

/// A turn with two tools, a lost connection and an answer.
fn turn() -> Vec<Event> {
    let call =
        |id: &str| Event::ToolCall { id: id.into(), name: "search_emails".into(), arguments: json!({ "q": "Tom" }) };
    let result = |id: &str, ok, output| Event::ToolResult { id: id.into(), name: "search_emails".into(), ok, output };
    let mut events = vec![Event::Conversation { id: ConversationId::random() }, Event::Sources(vec![hit()])];
    events.extend(pieces("Let me **look"));
    events.extend([
        Event::Usage { input_tokens: 10, output_tokens: 2 },
        call("c1"),
        call("c2"),
        result("c2", true, json!({ "found": 1 })),
        Event::ReconnectNeeded { provider: "hubspot", text: "Connect HubSpot again.".into() },
        result("c1", false, json!({ "error": "No connection." })),
    ]);
    events.extend(pieces(ANSWER));
    events.push(Event::Citations(vec![Citation {
        n: 1,
        source_type: "email",
        source_id: "18c2".into(),
        title: "Spring".into(),
        url: "https://mail.google.com/x".into(),
        text: "Tom".into(),
    }]));
    events.push(Event::Finished { reason: "stop" });
    events
}

/// As the existing frontend reads a stream: by lines, those with the prefix, as JSON.
fn read(stream: &str) -> Vec<Value> {
    let lines = stream.split('\n').filter_map(|line| line.strip_prefix("data: "));
    lines.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn kinds(parts: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
    kinds.dedup();
    kinds
}

#[test]
fn the_frontend_gets_sources_first_and_finish_last() {
    let mut seed = Seed::new();
    let stream: String = turn().iter().map(|event| seed.encode(event)).collect();
    let events = read(&stream);
    let expected = [
        "sources",
        "conversation",
        "content",
        "usage",
        "function_call",
        "tool_result",
        "hubspot_reconnect_required",
        "tool_result",
        "content",
        "citations",
        "content",
        "finish",
    ];
    assert_eq!(kinds(&events), expected);
    assert_eq!(events[0]["data"][0]["source_id"], "9");
    assert_eq!(events[0]["data"][0]["email"]["gmail_id"], "18c2");
    assert_eq!(events[0]["data"][0]["metadata"]["total_chunks"], 1);
    assert_eq!(events.last().unwrap()["data"], "stop");
    assert_eq!(seed.encode(&Event::Failed { text: "late".into() }), "");
}

#[test]
fn the_frontend_gets_html_in_whole_tags() {
    let mut seed = Seed::new();
    let mut html = String::new();
    for event in pieces(ANSWER).iter().chain([&Event::Finished { reason: "stop" }]) {
        for part in read(&seed.encode(event)).iter().filter(|part| part["type"] == "content") {
            let content = part["data"].as_str().unwrap();
            assert_eq!(content.matches('<').count(), content.matches('>').count(), "{content}");
            assert!(content.rfind('>').is_none_or(|end| content[end..].find('<').is_none()), "{content}");
            html += content;
        }
    }
    let link = "<a href=\"https://mail.google.com/x?a=1&amp;b=(2)\" target=\"_blank\" rel=\"noopener\">[1]</a>";
    assert_eq!(
        html,
        format!(
            "<p><strong>Tom</strong></p><p>He <em>plays</em> <strong>base</strong>ball, é &amp; &lt;b {link}[2].</p>\
             <ul><li>one<ul><li><code>in</code></li></ul></li><li>two</li></ul>\
             <pre><code>a &lt; b</code></pre><p>End {link}.</p>"
        )
    );
    assert_balanced(&html);
}

#[test]
fn a_failed_answer_ends_with_the_error() {
    let mut seed = Seed::new();
    let mut events = pieces("Let me look");
    events.push(Event::Failed { text: "No model.".into() });
    let stream: String = events.iter().map(|event| seed.encode(event)).collect();
    assert_eq!(kinds(&read(&stream)), ["sources", "content", "error"]);
    assert_eq!(
        Seed::new().encode(&Event::Failed { text: "x".into() }),
        "data: {\"data\":\"x\",\"type\":\"error\"}\n\n"
    );

    let mut stream = UiStream::new("m1", Client::default());
    let parts: String = events.iter().map(|event| stream.encode(event)).collect();
    assert_follows_the_rules(&parts);
    assert!(parts.contains("\"errorText\":\"No model.\"") && parts.contains("\"finishReason\":\"error\""), "{parts}");
}

#[test]
fn an_answer_without_events_still_has_its_frame() {
    assert_eq!(kinds(&read(&Seed::new().encode(&Event::Finished { reason: "stop" }))), ["sources", "finish"]);
    assert_follows_the_rules(&UiStream::new("m1", Client::default()).encode(&Event::Finished { reason: "length" }));
}

#[test]
fn the_ui_stream_keeps_the_clients_rules() {
    let mut stream = UiStream::new("m1", Client::default());
    let told: String = turn().iter().map(|event| stream.encode(event)).collect();
    assert_follows_the_rules(&told);

    let parts = read(&told);
    let text = |id: &str| -> String {
        let deltas = parts.iter().filter(|part| part["type"] == "text-delta" && part["id"] == id);
        deltas.map(|part| part["delta"].as_str().unwrap()).collect()
    };
    assert_eq!(text("text-1"), "Let me **look**");
    assert_eq!(
        text("text-2"),
        "**Tom**\n\nHe *plays* **base**ball, é & \\<b [[1]](https://mail.google.com/x?a=1&b=%282%29)\\[2\\].\n\n\
         - one\n    - `in`\n- two\n\n```\na < b\n```\n\nEnd [[1]](https://mail.google.com/x?a=1&b=%282%29)."
    );
    let sources: Vec<&Value> =
        parts.iter().filter(|part| part["type"].as_str().unwrap().starts_with("source-")).collect();
    assert_eq!(sources.len(), 2, "each cited source once");
    assert_eq!(sources[0]["url"], "https://mail.google.com/x?a=1&b=(2)");
    assert_eq!(sources[1]["type"], "source-document");
    assert_eq!(stream.encode(&Event::Finished { reason: "stop" }), "");
}

#[test]
fn an_unannounced_result_gets_its_call() {
    let mut stream = UiStream::new("m1", Client::default());
    let result = Event::ToolResult { id: "c9".into(), name: "x".into(), ok: true, output: json!(1) };
    let told = stream.encode(&result) + &stream.encode(&Event::Finished { reason: "odd" });
    assert_follows_the_rules(&told);
    assert!(told.contains("\"finishReason\":\"other\""), "{told}");
}

fn approval(state: State) -> Box<Kept> {
    let at = "2026-03-04T10:00:00Z".parse().unwrap();
    Box::new(Kept {
        id: ActionId::random(),
        tool: "create_note".into(),
        action: Action::CreateNote { contact_id: "501".into(), name: "Greg".into(), note_body: "Called.".into() },
        hash: "00".into(),
        preview: "Add a note".into(),
        reasons: Vec::new(),
        state,
        origin: "chat".into(),
        conversation_id: None,
        call_id: Some("c1".into()),
        rule_id: None,
        event_id: None,
        expires_at: at,
        decided_at: None,
        decided_by: None,
        task_id: None,
        result: (state == State::Done).then(|| json!({ "status": "success" })),
        error: (state == State::Failed).then(|| "It did not work.".into()),
        version: 1,
        created_at: at,
    })
}

/// A turn in which a write waits, between a search and another one.
fn asking() -> Vec<Event> {
    let call = |id: &str| Event::ToolCall { id: id.into(), name: "create_note".into(), arguments: json!({ "raw": 1 }) };
    let result =
        |id: &str| Event::ToolResult { id: id.into(), name: "x".into(), ok: true, output: json!({ "found": 1 }) };
    let mut events = vec![Event::Sources(Vec::new()), call("c0"), result("c0")];
    events.extend(pieces("Now the note."));
    events.extend([call("c1"), call("c2"), result("c2")]);
    events.push(Event::ApprovalRequested { approval: approval(State::Pending) });
    events.extend(pieces("I look further."));
    events.extend([call("c3"), result("c3")]);
    events.extend(pieces("It waits."));
    events.push(Event::Finished { reason: "stop" });
    events
}

#[test]
fn a_client_with_approval_parts_stays_in_the_step_it_is_asked_in() {
    let mut stream = UiStream::new("m1", Client { approvals: true, continues: None });
    let told: String = asking().iter().map(|event| stream.encode(event)).collect();
    assert_follows_the_rules(&told);

    let parts = read(&told);
    let at = parts.iter().position(|part| part["type"] == "tool-approval-request").unwrap();
    assert_eq!(parts[at - 1]["input"]["note_body"], "Called.", "it is shown what would be done, and not what was said");
    assert!(parts[at..].iter().all(|part| part["type"] != "start-step"), "{told}");
    assert_eq!(parts.iter().filter(|part| part["type"] == "start-step").count(), 2);
    assert!(parts.iter().all(|part| part["type"] != "tool-output-available" || part["toolCallId"] != "c1"));
}

#[test]
fn a_client_without_them_gets_parts_it_knows() {
    let mut stream = UiStream::new("m1", Client::default());
    let told: String = asking().iter().map(|event| stream.encode(event)).collect();
    assert_follows_the_rules(&told);

    let parts = read(&told);
    assert!(parts.iter().all(|part| part["type"] != "tool-approval-request"), "{told}");
    let output = parts.iter().find(|part| part["toolCallId"] == "c1" && !part["output"].is_null()).unwrap();
    assert_eq!(output["output"]["status"], "waiting_for_approval");

    let seed: String = asking().iter().scan(Seed::new(), |seed, event| Some(seed.encode(event))).collect();
    let events = read(&seed);
    let kinds = kinds(&events);
    let at = kinds.iter().position(|kind| *kind == "approval_required").unwrap();
    assert_eq!((kinds[at - 1], kinds.last()), ("tool_result", Some(&"finish")));
    let asked = events.iter().find(|event| event["type"] == "approval_required").unwrap();
    assert_eq!(asked["data"]["action"]["tool"], "create_note");
}

#[test]
fn a_message_goes_on_under_its_id_with_what_became_of_its_call() {
    for (state, kind) in [
        (State::Done, "tool-output-available"),
        (State::Approved, "tool-output-available"),
        (State::Denied, "tool-output-denied"),
        (State::Failed, "tool-output-error"),
        (State::Expired, "tool-output-error"),
    ] {
        let client = Client { approvals: true, continues: Some("theirs".into()) };
        let mut stream = UiStream::new("m1", client);
        let mut events = vec![Event::ApprovalDecided { approval: approval(state) }];
        events.extend(pieces("Done."));
        events.push(Event::Finished { reason: "stop" });

        let told: String = events.iter().map(|event| stream.encode(event)).collect();

        let parts = read(&told);
        assert_eq!(parts[0], json!({ "type": "start", "messageId": "theirs" }));
        assert_eq!((&parts[1]["type"], &parts[1]["toolCallId"]), (&json!(kind), &json!("c1")), "{told}");
        assert_eq!((&parts[2]["type"], &parts[3]["type"]), (&json!("data-approval"), &json!("start-step")));
    }
}

#[tokio::test]
async fn a_turn_that_crashes_ends_in_an_error() {
    let (events, listener) = mpsc::channel(4);
    let (frames, mut heard) = mpsc::channel(4);
    drop(events);
    tell(Encoder::new(Protocol::Seed), listener, frames, HEARTBEAT_EVERY).await;
    let told = heard.recv().await.unwrap();
    assert_eq!(kinds(&read(std::str::from_utf8(&told).unwrap())), ["error"]);
    assert!(heard.recv().await.is_none());
}

/// A turn that says nothing: the model is silent, or a tool is slow.
#[tokio::test]
async fn silence_is_filled_with_heartbeats() {
    for protocol in [Protocol::Seed, Protocol::UiStream(Client::default())] {
        let (events, listener) = mpsc::channel(4);
        let (frames, mut heard) = mpsc::channel(4);
        let telling = tokio::spawn(tell(Encoder::new(protocol), listener, frames, Duration::from_millis(5)));

        for _ in 0..3 {
            assert_eq!(heard.recv().await.unwrap(), HEARTBEAT);
        }

        drop(heard);
        events.closed().await;
        telling.await.unwrap();
    }
}

#[tokio::test]
async fn a_turn_is_told_at_once_when_nobody_reads_any_more() {
    let (events, listener) = mpsc::channel(4);
    let (frames, heard) = mpsc::channel(4);
    let telling = tokio::spawn(tell(Encoder::new(Protocol::Seed), listener, frames, Duration::from_secs(3600)));

    drop(heard);

    events.closed().await;
    telling.await.unwrap();
}

#[test]
fn a_notice_is_told_in_both_protocols_and_the_existing_frontend_skips_it() {
    let notice = Event::Notice(Notice { kind: "words_only", text: "Only words.".into() });
    let mut seed = Seed::new();
    seed.encode(&Event::Sources(Vec::new()));
    assert_eq!(
        read(&seed.encode(&notice))[0],
        json!({ "type": "notice", "data": { "kind": "words_only", "text": "Only words." } })
    );
    let mut stream = UiStream::new("m1", Client::default());
    let told = stream.encode(&notice);
    assert_eq!(
        read(&told)[1],
        json!({ "type": "data-notice", "data": { "kind": "words_only", "text": "Only words." } })
    );
}

#[test]
fn a_heartbeat_says_nothing() {
    assert!(HEARTBEAT.starts_with(':') && HEARTBEAT.ends_with("\n\n"));
    assert!(read(HEARTBEAT).is_empty());
}

fn assert_balanced(html: &str) {
    let mut open = Vec::new();
    for tag in html.split('<').skip(1).filter_map(|tag| tag.split(['>', ' ']).next()) {
        match tag.strip_prefix('/') {
            Some(tag) => assert_eq!(open.pop(), Some(tag), "{html}"),
            None if tag == "br" => {}
            None => open.push(tag),
        }
    }
    assert!(open.is_empty(), "{html}");
}

/// The AI SDK client's state machine, as far as it throws.
fn assert_follows_the_rules(stream: &str) {
    assert!(stream.ends_with(DONE_FRAME) && stream.matches(DONE_FRAME).count() == 1, "{stream}");
    assert!(
        stream
            .split("\n\n")
            .filter(|frame| !frame.is_empty())
            .all(|frame| frame.starts_with("data: ") && !frame.contains('\n'))
    );
    let (mut texts, mut tools): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut step, mut finished) = (false, false);
    let parts = read(stream);
    assert_eq!(parts[0], json!({ "type": "start", "messageId": "m1" }));
    for part in &parts[1..] {
        let kind = part["type"].as_str().unwrap();
        let id = part["id"].as_str().unwrap_or_default().to_owned();
        let call = part["toolCallId"].as_str().unwrap_or_default().to_owned();
        assert!(!finished, "{kind} after finish");
        if kind.starts_with("text-") || kind.starts_with("tool-") {
            assert!(step, "{kind} outside of a step");
        }
        match kind {
            "start-step" => assert!(!std::mem::replace(&mut step, true), "a step in a step"),
            "finish-step" => {
                assert!(std::mem::take(&mut step) && texts.is_empty(), "a step ends with open text");
            }
            "text-start" => texts.push(id),
            "text-delta" => assert!(texts.contains(&id) && part["delta"].is_string()),
            "text-end" => assert_eq!(texts.pop(), Some(id)),
            "tool-input-start" => {
                assert!(texts.is_empty() && part["toolName"].is_string() && part["dynamic"] == true);
                tools.push(call);
            }
            "tool-input-available" => {
                assert!(tools.contains(&call) && !part["input"].is_null() && part["dynamic"] == true)
            }
            "tool-output-available" => assert!(tools.contains(&call) && !part["output"].is_null()),
            "tool-approval-request" => assert!(tools.contains(&call) && part["approvalId"].is_string()),
            "tool-output-error" => assert!(tools.contains(&call) && part["errorText"].is_string()),
            "source-url" => assert!(part["sourceId"].is_string() && part["url"].is_string()),
            "source-document" => {
                assert!(part["sourceId"].is_string() && part["mediaType"].is_string() && part["title"].is_string())
            }
            "error" => assert!(part["errorText"].is_string()),
            "finish" => {
                let known = ["stop", "length", "content-filter", "tool-calls", "error", "other"];
                assert!(!step && known.contains(&part["finishReason"].as_str().unwrap()));
                finished = true;
            }
            kind => assert!(kind.starts_with("data-") && !part["data"].is_null(), "{kind} is unknown"),
        }
    }
    assert!(finished);
}

const DONE_FRAME: &str = "data: [DONE]\n\n";
