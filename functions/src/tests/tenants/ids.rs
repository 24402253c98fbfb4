//! An id of the other's, wherever an id can be given: it is answered as one that never existed, and nothing of theirs changes.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use shared::domain::tools;

use super::super::api::walk::{Walk, filled};
use super::*;

/// Everywhere an id, a cursor or a hash is given, but for paths, whose variables are all taken from the description. Whatever
/// is new has to be asked for in [`somebody_elses_id_never_existed`], or is named here with why it is nobody's.
const GIVEN: &[&str] = &[
    "approvals-decide.action.contact_id",
    "approvals-decide.action.event_id",
    "approvals-decide.action.reply.message_id",
    "approvals-decide.action.reply.thread_id",
    "approvals-decide.hash",
    "approvals-list?cursor",
    "cancel_event.event_id",
    "chat-send.conversation_id",
    "chat-send.id",
    "chat-send.messages.id",
    "conversations-list?cursor",
    "conversations-messages?cursor",
    "create_note.contact_id",
    "get_contact_by_id.contact_id",
    "get_contact_notes.contact_id",
    "ingest-calendar?calendar_id",
    "ingest-start.calendar_id",
    "rules-confirm.policy_hash",
    "rules-list?cursor",
    "search_deals.contact_id",
    "send_email.reply_to_email_id",
    "tasks-list?cursor",
    "update_contact.contact_id",
    "update_event.event_id",
];

fn is_id(name: &str) -> bool {
    ["id", "hash", "cursor"].contains(&name)
        || name.ends_with("_id")
        || name.ends_with("_ids")
        || name.ends_with("_hash")
}

/// Names in a JSON Schema, with the way to them.
fn named(schema: &Value, way: &str, found: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let way = format!("{way}.{name}");
        if is_id(name) {
            found.insert(way.clone());
        }
        named(field, &way, found);
    }
    for shapes in ["anyOf", "oneOf", "allOf"] {
        schema[shapes].as_array().into_iter().flatten().for_each(|shape| named(shape, way, found));
    }
    if schema["items"].is_object() {
        named(&schema["items"], way, found);
    }
}

#[tokio::test]
async fn everywhere_an_id_can_be_given_is_known() {
    let app = TestApp::start().await;
    let mut found = BTreeSet::new();
    for operation in Walk::describe(&app).operations(|operation| operation.needs("session")) {
        // The same handler at another path.
        if operation.id == "chat-send-stream" {
            continue;
        }
        if let Some(body) = operation.body() {
            named(&body["schema"], &operation.id, &mut found);
        }
        for parameter in operation.described["parameters"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "query" && is_id(name) {
                found.insert(format!("{}?{name}", operation.id));
            }
        }
    }
    for tool in tools::specs() {
        named(&tool.parameters, &tool.name, &mut found);
    }

    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), GIVEN);
}

/// Two answers that differ in nothing but their names and the id that was asked for.
fn alike(one: &Answer, other: &Answer, ids: (&str, &str)) -> bool {
    let plain = |answer: &Answer, id: &str| {
        let body = answer.body.replace(id, "ID").replace(answer.header("x-correlation-id"), "NAME");
        let headers: BTreeSet<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
        (answer.status, body, headers.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    plain(one, ids.0) == plain(other, ids.1)
}

/// Everything that is somebody's, by table.
async fn rows(app: &TestApp, user: i64) -> BTreeMap<String, String> {
    let tables = plant::tables(app).await.into_iter().map(|table| {
        let key = plant::key(&table);
        format!("select '{table}', md5(string_agg(t::text, '|' order by t::text)) from {table} t where {key} = {user}")
    });
    let rows = app.sql(&tables.collect::<Vec<_>>().join(" union all ")).await;
    rows.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

#[tokio::test]
async fn somebody_elses_id_never_existed() {
    let app = TestApp::start().await;
    let (ada, bea) = plant(&app).await;
    let before = rows(&app, bea.user).await;
    let walk = Walk::describe(&app);

    for operation in walk.operations(|operation| operation.path.contains('{') && operation.needs("session")) {
        let Some(theirs) = in_path(&operation.path, &bea) else { continue };
        let nobodys = if theirs.contains('-') { "0199d3c0-0000-7000-8000-00000000dead" } else { "8999999" };
        let mut answers = Vec::new();
        for id in [theirs, nobodys] {
            let path = filled(&operation.path, id);
            answers.push(ada.person.call(operation.method.clone(), &path, &FRONTEND, operation.example()).await);
        }
        assert_eq!(answers[0].status, 404, "{operation}: {}", answers[0].body);
        assert!(alike(&answers[0], &answers[1], (theirs, nobodys)), "{operation}: {answers:#?}");
    }
    pages(&ada, &bea).await;
    bodies(&ada, &bea).await;
    tools_called(&ada, &bea).await;
    keys(&ada, &bea).await;

    assert_eq!(rows(&app, bea.user).await, before, "nothing of hers has changed");
    assert_eq!(app.hubspot.control().requests().iter().filter(|request| request.body.contains(bea.word)).count(), 0);
}

fn in_path<'a>(path: &str, of: &'a Planted<'_>) -> Option<&'a str> {
    let table = match path {
        _ if path.starts_with("/api/conversations/") => "conversations",
        _ if path.starts_with("/api/tasks/") => "tasks",
        _ if path.starts_with("/api/approvals/") => "actions",
        _ if path.starts_with("/api/rules/") => "memory_rules",
        _ if path.starts_with("/api/auth/sessions/") => "sessions",
        // A provider is not somebody's.
        _ if path.starts_with("/api/connections/") => return None,
        // The number of a part of one's own archive: everybody's first is 1.
        _ if path.starts_with("/api/account/export/") => return None,
        _ => panic!("say of which table the id in {path} is"),
    };
    Some(&of.ids[table])
}

/// A page that begins after a row of the other's is one of the advisor's own rows.
async fn pages(ada: &Planted<'_>, bea: &Planted<'_>) {
    let conversation = &bea.ids["conversations"];
    for (path, cursor) in [
        ("/api/tasks", bea.ids["tasks"].clone()),
        ("/api/approvals", bea.ids["actions"].clone()),
        ("/api/rules", bea.ids["memory_rules"].clone()),
        ("/api/conversations", format!("2999-01-01T00:00:00Z~{conversation}")),
    ] {
        let answer = ada.person.get(&format!("{path}?limit=50&cursor={cursor}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let leak = bea.own.iter().find(|own| answer.body.contains(*own));
        assert!(leak.is_none(), "{path}: {leak:?}");
    }
    let theirs = ada.person.get(&format!("/api/conversations/{conversation}/messages?cursor=8699999")).await;
    assert_eq!(theirs.status, 404);
    let read = async |calendar: &str, in_body: bool| match in_body {
        true => ada.person.post("/api/ingest", json!({ "source": "calendar", "calendar_id": calendar })).await,
        false => ada.person.post(&format!("/api/ingest/calendar?calendar_id={calendar}"), json!({})).await,
    };
    for in_body in [true, false] {
        let (theirs, nobodys) = (read(plant::BEA, in_body).await, read("nobody@firm.example", in_body).await);
        assert_eq!(theirs.status, 422, "{}", theirs.body);
        assert!(alike(&theirs, &nobodys, (plant::BEA, "nobody@firm.example")), "{theirs:?} {nobodys:?}");
    }
}

async fn bodies(ada: &Planted<'_>, bea: &Planted<'_>) {
    let theirs = bea.person.get(&format!("/api/approvals/{}", bea.ids["actions"])).await.json();
    let own = format!("/api/approvals/{}", ada.ids["actions"]);
    let approve = ada.person.post(&own, json!({ "decision": "approve", "hash": theirs["hash"] })).await;
    assert_eq!(approve.status, 409, "a hash of hers approves nothing: {}", approve.body);
    let edit = ada.person.post(&own, json!({ "decision": "edit", "action": theirs["action"] })).await;
    assert_eq!(edit.status, 422, "nor does her action take the place of another: {}", edit.body);
    let rule = bea.person.get(&format!("/api/rules/{}", bea.ids["memory_rules"])).await.json();
    let own = format!("/api/rules/{}/confirm", ada.ids["memory_rules"]);
    let confirm = ada.person.post(&own, json!({ "policy_hash": rule["policy_hash"] })).await;
    assert_eq!(confirm.status, 409, "{}", confirm.body);

    let ids = (bea.ids["conversations"].as_str(), "0199d3c0-0000-7000-8000-00000000dead");
    let ask = async |id: &str| {
        let body = json!({ "message": "What did she write?", "stream": false, "conversation_id": id });
        ada.person.post("/api/chat", body).await
    };
    let (asked, nobodys) = (ask(ids.0).await, ask(ids.1).await);
    assert_eq!(asked.status, 404);
    assert!(alike(&asked, &nobodys, ids), "{asked:?} {nobodys:?}");

    let ids = (bea.ids["actions"].as_str(), "0199d3c0-0000-7000-8000-00000000dead");
    let respond = async |id: &str| {
        let part = json!({
            "type": "dynamic-tool", "toolName": "create_note", "toolCallId": format!("call-{}", bea.word), "state": "approval-responded",
            "input": theirs["action"], "approval": { "id": id, "approved": true },
        });
        let body = json!({ "id": bea.ids["conversations"], "approvals": true, "messages": [{ "id": "m1", "role": "assistant", "parts": [part] }] });
        ada.person.post("/api/chat", body).await
    };
    let (asked, nobodys) = (respond(ids.0).await, respond(ids.1).await);
    assert_eq!(asked.status, 404, "{}", asked.body);
    assert!(alike(&asked, &nobodys, ids), "{asked:?} {nobodys:?}");

    // A conversation is the advisor's own, whatever another calls theirs.
    let body = json!({
        "id": bea.ids["conversations"], "messages": [{ "id": "u1", "role": "user", "parts": [{ "type": "text", "text": "What did she write?" }] }],
    });
    let asked = ada.person.post("/api/chat", body).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(!asked.body.contains(bea.word), "{}", asked.body);
    let said = ada.person.get(&format!("/api/conversations/{}/messages", bea.ids["conversations"])).await;
    assert!(said.status == 200 && !said.body.contains(bea.word), "{}", said.body);
    ada.person.delete(&format!("/api/conversations/{}", bea.ids["conversations"])).await;
}

/// Records and events only one of them has, though the providers' ids are no secret in one firm.
async fn tools_called(ada: &Planted<'_>, bea: &Planted<'_>) {
    let (contact, event, letter) = (format!("{}77", bea.user), format!("only-{}", bea.word), format!("m-{}", bea.word));
    let calls = [
        ("get_contact_by_id", json!({}), "contact_id", &contact),
        ("get_contact_notes", json!({}), "contact_id", &contact),
        ("search_deals", json!({}), "contact_id", &contact),
        ("update_contact", json!({ "city": "Boise" }), "contact_id", &contact),
        ("create_note", json!({ "note_body": "Mine." }), "contact_id", &contact),
        ("update_event", json!({ "summary": "Mine" }), "event_id", &event),
        ("cancel_event", json!({}), "event_id", &event),
        ("send_email", json!({ "body": "Mine." }), "reply_to_email_id", &letter),
    ];
    let named = calls.iter().map(|(tool, _, field, _)| format!("{tool}.{field}"));
    let named: BTreeSet<String> = named.collect();
    let known = GIVEN.iter().filter(|given| tools::find(given.split('.').next().unwrap()).is_some());
    assert_eq!(named, known.map(|given| (*given).to_owned()).collect(), "every tool that takes an id is called");

    for (tool, arguments, field, theirs) in calls {
        let nobodys = theirs.replace(bea.word, "nobody").replace(&bea.user.to_string(), "8999999");
        let call = async |id: &str| {
            let mut arguments = arguments.clone();
            arguments[field] = json!(id);
            let body = json!({ "tool_name": tool, "arguments": arguments });
            ada.person.post("/api/chat/execute-tool", body).await
        };
        let answers = (call(theirs).await, call(&nobodys).await);
        assert!(alike(&answers.0, &answers.1, (theirs, &nobodys)), "{tool}: {answers:#?}");
        let answer = answers.0.json();
        let found = answer["result"]["total"].as_i64().unwrap_or_default()
            + answer["result"]["deals"].as_array().map_or(0, |deals| deals.len() as i64);
        assert!(answer["status"] == "error" || found == 0, "{tool}: {answer}");
    }
}

/// Whoever uses a key another has used is answered anew.
async fn keys(ada: &Planted<'_>, bea: &Planted<'_>) {
    let key = format!("key-{}", bea.word);
    let headers = [FRONTEND.as_slice(), &[("Idempotency-Key", key.as_str())]].concat();
    let answer = ada.person.call(Method::POST, "/api/conversations", &headers, Some("{}".into())).await;
    assert_eq!((answer.status.as_u16(), answer.header("idempotent-replayed")), (201, ""), "{}", answer.body);
}
