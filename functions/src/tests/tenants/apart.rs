//! Every endpoint of the description, as each of the two: nothing that comes out holds anything of the other's.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use shared::domain::tools::TOOLS;

use super::super::api::calls::{PLAIN, POSTED};
use super::super::api::walk::{Operation, Walk, filled};
use super::super::support::evidence::{Evidence, Log};
use super::super::webhooks;
use super::*;

/// Further bodies: what is particular to advisors who know much of the same.
const FURTHER: &[(&str, &str)] = &[
    ("knowledge-search", r#"{"query": "quarterly review", "limit": 20}"#),
    ("knowledge-search", r#"{"query": "review"}"#),
    ("chat-send", r#"{"message": "What about the quarterly review?", "stream": true}"#),
    ("chat-send", r#"{"message": "Who is Greg Hall, and what is open?", "stream": false}"#),
    ("chat-send-stream", r#"{"message": "When is my next meeting about the review?", "stream": true}"#),
    (
        "chat-send",
        r#"{"id": "chat-1", "approvals": true, "messages":
            [{"id": "u1", "role": "user", "parts": [{"type": "text", "text": "What about the quarterly review?"}]}]}"#,
    ),
    ("conversations-create", r#"{"title": "Another"}"#),
    ("rules-test", r#"{"limit": 100}"#),
];

/// What each tool is called with.
const CALLED_WITH: &[(&str, &str)] = &[
    ("search_emails", r#"{"query": "quarterly review"}"#),
    ("search_calendar", r#"{"query": "review"}"#),
    ("search_contacts", r#"{"query": "Greg"}"#),
    ("get_contact_by_id", r#"{"contact_id": "501"}"#),
    ("get_contact_notes", r#"{"contact_id": "501"}"#),
    ("search_deals", r#"{"contact_id": "501"}"#),
    ("find_free_time", r#"{"duration_minutes": 30}"#),
    (
        "send_email",
        r#"{"to": ["greg@hall.example"], "subject": "Review", "body": "On Friday, {word}.", "reply_to_email_id": "00000000000000a1"}"#,
    ),
    (
        "schedule_event",
        r#"{"summary": "Review", "start_time": "2027-03-01T10:00:00", "end_time": "2027-03-01T11:00:00"}"#,
    ),
    ("update_event", r#"{"event_id": "shared-event", "summary": "Review, moved"}"#),
    ("cancel_event", r#"{"event_id": "shared-event"}"#),
    ("create_contact", r#"{"email": "new@hall.example", "first_name": "New"}"#),
    ("update_contact", r#"{"contact_id": "501", "city": "Boise"}"#),
    ("create_note", r#"{"contact_id": "501", "note_body": "About the review."}"#),
    ("create_memory_rule", r#"{"rule_description": "when gmail.message.received then log"}"#),
    ("list_memory_rules", "{}"),
];

/// Where an advisor has to meet their own word, or the search for the other's finds nothing because there is nothing.
const SHOWS: &[&str] = &[
    "account-export-volume",
    "approvals-decide",
    "approvals-get",
    "approvals-list",
    "auth-me",
    "chat-execute-tool",
    "chat-send",
    "chat-send-stream",
    "conversations-list",
    "conversations-messages",
    "ingest-status",
    "knowledge-search",
    "rules-confirm",
    "rules-get",
    "rules-list",
    "rules-test",
    "rules-update",
    "tasks-get",
    "tasks-list",
];

/// What cannot be called twice, in an order in which each can be called.
const ENDINGS: &[&str] = &[
    "sessions-delete-id",
    "conversations-delete",
    "rules-delete",
    "connections-delete",
    "sessions-delete",
    "auth-logout",
    "account-delete",
];

#[tokio::test]
async fn neither_meets_anything_of_the_others() {
    let (log, listening) = Log::listen();
    let app =
        TestApp::start_with(&[("METRICS_TOKEN", "operator"), ("GOOGLE_SITE_VERIFICATION", "google1a.html")]).await;
    let (ada, bea) = plant(&app).await;
    let walk = Walk::describe(&app);
    app.requests_seen(&mut Evidence::default());

    for (one, other) in [(&ada, &bea), (&bea, &ada)] {
        let mut evidence = Evidence::default();
        app.sql("delete from rate_limits").await;
        let refused = drive(&app, &walk, one, &mut evidence).await;
        let leaks: Vec<String> = evidence.holding(&other.own).collect();
        assert_eq!(leaks, [""; 0], "of {} to {}", other.word, one.word);
        assert_eq!(refused, [""; 0], "every endpoint did something");
        shown(&evidence, one.word);
    }
    for one in [&ada, &bea] {
        endings(&walk, one).await;
    }
    drop(listening);

    let mut logged = Evidence::default();
    for line in log.ours() {
        logged.keep("the log", line);
    }
    assert!(logged.0.len() > 1000, "something was logged");
    let words = [ada.word.to_owned(), bea.word.to_owned()];
    assert_eq!(logged.holding(&words).collect::<Vec<_>>(), [""; 0], "nobody's words are logged");
    rows_are_apart(&app, &ada, &bea).await;
}

/// What is pushed to a portal of both goes to both; what is pushed to a mailbox or a calendar, to whose it is.
#[tokio::test]
async fn what_the_providers_tell_is_told_to_whom_it_is_for() {
    let app = TestApp::listening().await;
    let (ada, bea) = plant(&app).await;
    app.until("select count(*) from watches where source = 'calendar' and confirmed_at is not null", "2").await;
    app.work().await;
    app.sql("delete from webhook_events").await;

    let pushed = |email: &str, id: &str| {
        let shared = mail(email, ("Nora Ellison", "nora@ellison.example"), "Pushed", "The review again.");
        fakes::practice::Mail { id: id.into(), thread_id: "00000000000000a1".into(), date: app.app.now(), ..shared }
    };
    app.google.deliver(&pushed(ADA, "00000000000000b1"));
    app.until("select count(*) from webhook_events where source = 'gmail'", "1").await;
    app.contact("503", "Ida", "Both", "ida@both.example");
    app.until("select count(distinct user_id) from webhook_events where source = 'hubspot'", "2").await;
    let mut evidence = Evidence::default();
    app.work_seen(&mut evidence).await;
    app.requests_seen(&mut evidence);

    let mails = "select user_id from emails where gmail_id = '00000000000000b1'";
    assert_eq!(app.sql(mails).await, [[ada.user.to_string()]]);
    let pushed_to = "select distinct user_id from webhook_events where source = 'gmail'";
    assert_eq!(app.sql(pushed_to).await, [[ada.user.to_string()]]);
    let contacts = "select user_id from contacts where hubspot_id = '503' order by 1";
    assert_eq!(app.sql(contacts).await, [[ada.user.to_string()], [bea.user.to_string()]]);
    let forged = webhooks::with(
        &app.heard.of("/api/webhooks/calendar").pop().unwrap_or_default().0,
        "x-goog-channel-id",
        Some(&format!("channel-{}", bea.word)),
    );
    let headers: Vec<_> = forged.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let answer = app.visitor().call(Method::POST, "/api/webhooks/calendar", &headers, None).await;
    assert_eq!(answer.status, 401, "the token of one channel does not speak for another: {}", answer.body);
    rows_are_apart(&app, &ada, &bea).await;
}

/// Calls everything there is, and keeps all that comes out. Answers what never went well.
async fn drive(app: &TestApp, walk: &Walk<'_>, one: &Planted<'_>, evidence: &mut Evidence) -> Vec<String> {
    let mut went_well = BTreeSet::new();
    let known = known(one);
    for operation in walk.operations(|operation| !ENDINGS.contains(&operation.id.as_str())) {
        let path = filled(
            &operation.path,
            known.iter().find(|(start, _)| operation.path.starts_with(*start)).map_or("", |(_, value)| value),
        );
        let queries = PLAIN.iter().filter(|(id, ..)| *id == operation.id).map(|(_, query, _)| (*query, None));
        let bodies = POSTED.iter().filter(|(id, ..)| *id == operation.id).map(|(_, body, _)| *body);
        let bodies = bodies
            .chain(FURTHER.iter().filter(|(id, _)| *id == operation.id).map(|(_, body)| *body))
            .map(str::to_owned);
        let bodies = bodies.chain(operation.example()).chain(particular(one, &operation).await);
        for (query, body) in queries.chain([("", None)]).chain(bodies.map(|body| ("", Some(body)))) {
            let answer =
                one.person.call(operation.method.clone(), &(path.clone() + query), &FRONTEND, body.clone()).await;
            if answer.status.as_u16() < 400 {
                went_well.insert(operation.id.clone());
            }
            // What happened and not what was asked, so that own words in an answer are the product's.
            let place = format!("{} {} {}", operation.id, answer.status, body.unwrap_or_default());
            evidence.keep(place, format!("{:?} {}", answer.headers, answer.body));
        }
        app.work_seen(evidence).await;
        app.requests_seen(evidence);
    }
    let called = walk.operations(|operation| operation.needs("session") && !ENDINGS.contains(&operation.id.as_str()));
    called.into_iter().map(|operation| operation.id).filter(|id| !went_well.contains(id)).collect()
}

/// What the variables of paths stand for.
fn known(one: &Planted<'_>) -> BTreeMap<&'static str, String> {
    let of = |table: &str| one.ids[table].clone();
    BTreeMap::from([
        ("/api/conversations/", of("conversations")),
        ("/api/tasks/", of("tasks")),
        ("/api/approvals/", of("actions")),
        ("/api/rules/", of("memory_rules")),
        ("/api/auth/sessions/", of("sessions")),
        ("/api/connections/", "hubspot".into()),
        ("/api/account/export/", "1".into()),
        ("/api/account/receipts/", "nobodys".into()),
        ("/console/", "main.js".into()),
        ("/docs/", "swagger.js".into()),
        ("/redoc/", "redoc.js".into()),
        ("/{proxy}", "google1a.html".into()),
    ])
}

/// Bodies that depend on what is there: each tool, the hash of a rule, another note instead.
async fn particular(one: &Planted<'_>, operation: &Operation) -> Vec<String> {
    match operation.id.as_str() {
        "chat-execute-tool" => {
            let called: Vec<&str> = CALLED_WITH.iter().map(|(name, _)| *name).collect();
            assert_eq!(called, TOOLS.iter().map(|tool| tool.name).collect::<Vec<_>>(), "every tool is called");
            let call = |(name, arguments): &(&str, &str)| {
                let arguments = arguments.replace("{word}", one.word);
                format!(r#"{{"tool_name": "{name}", "arguments": {arguments}}}"#)
            };
            CALLED_WITH.iter().map(call).collect()
        }
        "chat-send" | "chat-send-stream" => {
            let body = json!({ "message": "And the quarterly review?", "conversation_id": one.ids["conversations"] });
            vec![body.to_string()]
        }
        "rules-confirm" => {
            let rule = one.person.get(&format!("/api/rules/{}", one.ids["memory_rules"])).await.json();
            vec![json!({ "policy_hash": rule["policy_hash"] }).to_string()]
        }
        "approvals-decide" => {
            let kept = one.person.get(&format!("/api/approvals/{}", one.ids["actions"])).await.json();
            let mut action = kept["action"].clone();
            action["note_body"] = json!("Another note.");
            vec![json!({ "decision": "edit", "action": action }).to_string()]
        }
        _ => Vec::new(),
    }
}

/// The search would have found something.
fn shown(evidence: &Evidence, word: &str) {
    let with = evidence.places(word);
    let operations: BTreeSet<&str> = with.iter().map(|place| place.split(' ').next().unwrap()).collect();
    let missing: Vec<&&str> = SHOWS.iter().filter(|id| !operations.contains(**id)).collect();
    assert!(missing.is_empty(), "{word} was not shown by {missing:?}");
    // What is written to the portal is both of theirs.
    for provider in ["at Google", "at OpenAI"] {
        assert!(with.iter().any(|place| place.ends_with(provider)), "{word} did not go out {provider}");
    }
}

/// What is gone afterwards goes alone.
async fn endings(walk: &Walk<'_>, one: &Planted<'_>) {
    let known = known(one);
    for id in ENDINGS {
        if ["auth-logout", "account-delete"].contains(id) {
            one.person.sign_in(one.email).await;
        }
        let operation = walk.operation(id);
        let path = filled(
            &operation.path,
            known.iter().find(|(start, _)| operation.path.starts_with(*start)).map_or("", |(_, value)| value),
        );
        let body = (*id == "account-delete").then(|| json!({ "email": one.email }).to_string());
        let answer = one.person.call(operation.method.clone(), &path, &FRONTEND, body).await;
        assert!(answer.status.is_success(), "{operation}: {}", answer.body);
    }
}

/// No row of one holds a word of the other's, and what is nobody's holds no word at all.
async fn rows_are_apart(app: &TestApp, ada: &Planted<'_>, bea: &Planted<'_>) {
    let owned = plant::tables(app).await;
    let all = app.sql("select tablename from pg_tables where schemaname = 'public'").await;
    let mut places = Vec::new();
    for table in all.into_iter().flatten() {
        let holds = |word: &str| format!("to_jsonb(t)::text ilike '%{word}%'");
        let key = plant::key(&table);
        let wrong = if owned.contains(&table) {
            let (ada_wrong, bea_wrong) = (holds(bea.word), holds(ada.word));
            format!("{key} = {} and {ada_wrong} or {key} = {} and {bea_wrong}", ada.user, bea.user)
        } else {
            format!("{} or {}", holds(ada.word), holds(bea.word))
        };
        places.push(format!("select '{table}', to_jsonb(t)::text from {table} t where {wrong}"));
    }
    let wrong = app.sql(&places.join(" union all ")).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}
