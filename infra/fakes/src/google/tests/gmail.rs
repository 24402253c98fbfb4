//! Reading mail: lists, searches, resources, history, quota, batches.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::Value;

use super::*;

#[tokio::test]
async fn pages_through_a_mailbox_newest_first() {
    let test = Test::start().await;
    let mut sent = test.deliver_many(7);
    sent.reverse();
    let api = test.api().await;
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let (status, page) = api.get(&format!("/gmail/v1/users/me/messages?maxResults=3{token}")).await;
        assert_eq!(status, 200);
        seen.extend(ids(&page["messages"]).into_iter().map(str::to_owned));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => break,
        }
        // Newer mail does not disturb the pages that follow.
        test.deliver_many(1);
    }
    assert_eq!(seen, sent);
    assert_eq!(api.get("/gmail/v1/users/me/messages?pageToken=x").await.0, 400);
    let (status, body) = api.get("/gmail/v1/users/me/messages?max=3").await;
    assert_eq!((status, reason(&body)), (400, "invalidArgument"));
    let (_, none) = api.get("/gmail/v1/users/me/messages?q=nowhere").await;
    assert_eq!(none, json!({ "resultSizeEstimate": 0 }));
}

#[tokio::test]
async fn searches_as_gmail_does() {
    let test = Test::start().await;
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut old =
        mail("Jane Roe <jane@roe.example>", "Baseball camp", "The kids play on Sunday.", at("2026-03-01T12:00:00Z"));
    old.from = Mailbox { name: "Jane Roe".to_owned(), email: "jane@roe.example".to_owned() };
    old.message_id = "<one@roe.example>".to_owned();
    let jane = test.google.deliver(&old);
    let news =
        test.google.deliver(&mail("news@letter.example", "Weekly", "Camp season opens", at("2026-05-01T12:00:00Z")));
    test.google.remove_label(ANNA, &news, "UNREAD");
    let api = test.api().await;
    for (q, wanted) in [
        ("from:jane", vec![&jane]),
        ("from:jane@roe.example subject:baseball", vec![&jane]),
        ("camp", vec![&news, &jane]),
        ("camp -from:jane", vec![&news]),
        ("\"play on sunday\"", vec![&jane]),
        ("\"on play\"", vec![]),
        ("is:unread", vec![&jane]),
        ("after:2026/04/01", vec![&news]),
        ("before:2026/04/01 in:inbox", vec![&jane]),
        ("{from:jane from:news}", vec![&news, &jane]),
        ("from:jane OR weekly", vec![&news, &jane]),
        ("rfc822msgid:<one@roe.example>", vec![&jane]),
        ("rfc822msgid:one@roe.example", vec![&jane]),
        ("has:attachment", vec![]),
        ("to:anna@alder.example newer_than:1d", vec![]),
    ] {
        let url = url::Url::parse_with_params(&test.url("/gmail/v1/users/me/messages"), [("q", q)]).unwrap();
        let (_, body) = reply(test.http.get(url).bearer_auth(&api.token)).await;
        assert_eq!(ids(&body["messages"]), wanted, "{q}");
    }
    test.google.trash(ANNA, &jane);
    assert_eq!(ids(&api.get("/gmail/v1/users/me/messages").await.1["messages"]), [&news]);
    assert_eq!(ids(&api.get("/gmail/v1/users/me/messages?labelIds=TRASH").await.1["messages"]), [&jane]);
    assert_eq!(ids(&api.get("/gmail/v1/users/me/messages?includeSpamTrash=true").await.1["messages"]).len(), 2);
}

#[tokio::test]
async fn shows_a_message_in_every_format() {
    let test = Test::start().await;
    let mut both = mail("jane@roe.example", "Grüße & more", "Tom & Ann say \"hi\"", test.now());
    both.html = Some("<p>Hello</p>".to_owned());
    let id = test.google.deliver(&both);
    let api = test.api().await;
    let path = format!("/gmail/v1/users/me/messages/{id}");
    let (_, full) = api.get(&path).await;
    let payload = &full["payload"];
    assert_eq!(payload["mimeType"], "multipart/alternative");
    assert_eq!(payload["parts"][1]["partId"], "1");
    assert_eq!(payload["parts"][1]["mimeType"], "text/html");
    let data = payload["parts"][0]["body"]["data"].as_str().unwrap();
    assert!(URL_SAFE.decode(data).unwrap().starts_with(b"Tom & Ann"));
    assert_eq!(full["snippet"], "Tom &amp; Ann say &quot;hi&quot;");
    assert!(full["historyId"].is_string() && full["internalDate"].is_string() && full["sizeEstimate"].is_u64());
    let (_, meta) = api.get(&format!("{path}?format=metadata&metadataHeaders=subject&metadataHeaders=From")).await;
    let names: Vec<_> = meta["payload"]["headers"].as_array().unwrap().iter().map(|header| &header["name"]).collect();
    assert_eq!(names, ["Subject", "From"]);
    assert_eq!(meta["payload"]["headers"][0]["value"], "Grüße & more");
    let (_, raw) = api.get(&format!("{path}?format=raw")).await;
    assert!(raw["payload"].is_null() && URL_SAFE.decode(raw["raw"].as_str().unwrap()).is_ok());
    let (_, thin) = api.get(&format!("{path}?format=minimal&fields=id,labelIds")).await;
    assert_eq!(thin, json!({ "id": id, "labelIds": ["INBOX", "UNREAD"] }));
    assert_eq!(api.get(&format!("{path}?format=odd")).await.0, 400);
    assert_eq!(reason(&api.get("/gmail/v1/users/me/messages/not-an-id").await.1), "invalidArgument");
    assert_eq!(reason(&api.get("/gmail/v1/users/me/messages/00000000000000ff").await.1), "notFound");
    assert_eq!(reason(&api.get("/gmail/v1/users/ben@birch.example/messages").await.1), "forbidden");
    let meta = test.api_of(ANNA, "https://www.googleapis.com/auth/gmail.metadata").await;
    assert_eq!(meta.get(&path).await.0, 403);
    assert_eq!(meta.get("/gmail/v1/users/me/messages?q=x").await.0, 403);
    assert_eq!(meta.get("/gmail/v1/users/me/messages").await.0, 200);
}

#[tokio::test]
async fn tells_what_changed_and_forgets_in_time() {
    let test = Test::start().await;
    let api = test.api().await;
    let (_, profile) = api.get("/gmail/v1/users/me/profile").await;
    let start = profile["historyId"].as_str().unwrap().to_owned();
    let path = format!("/gmail/v1/users/me/history?startHistoryId={start}");
    let (_, nothing) = api.get(&path).await;
    assert_eq!(nothing, json!({ "historyId": start }));
    let ids = test.deliver_many(2);
    test.google.trash(ANNA, &ids[0]);
    test.google.delete_message(ANNA, &ids[1]);
    let (_, all) = api.get(&path).await;
    let records = all["history"].as_array().unwrap();
    assert_eq!(records[0]["messagesAdded"][0]["message"]["id"], ids[0].as_str());
    assert_eq!(records[2]["labelsAdded"][0]["labelIds"], json!(["TRASH"]));
    assert_eq!(records[4]["messagesDeleted"][0]["message"]["id"], ids[1].as_str());
    let order: Vec<u64> = records.iter().map(|record| record["id"].as_str().unwrap().parse().unwrap()).collect();
    assert!(order.is_sorted());
    let (_, page) = api.get(&format!("{path}&maxResults=3")).await;
    let (_, rest) = api.get(&format!("{path}&pageToken={}", page["nextPageToken"].as_str().unwrap())).await;
    assert_eq!(rest["history"].as_array().unwrap().len(), 2);
    let (_, deleted) = api.get(&format!("{path}&historyTypes=messageDeleted")).await;
    assert_eq!(deleted["history"].as_array().unwrap().len(), 1);

    test.google.expire_history(ANNA);
    let (status, body) = api.get(&path).await;
    assert_eq!((status, reason(&body)), (404, "notFound"));
    assert_eq!(api.get("/gmail/v1/users/me/history?startHistoryId=999999999").await.0, 404);
    assert_eq!(api.get("/gmail/v1/users/me/history").await.0, 400);
}

#[tokio::test]
async fn counts_units_when_asked_to() {
    let test = Test::start().await;
    let id = test.deliver_many(1).remove(0);
    test.google.enforce_quota(true);
    let api = test.api().await;
    let path = format!("/gmail/v1/users/me/messages/{id}?format=minimal");
    for _ in 0..300 {
        assert_eq!(api.get(&path).await.0, 200);
    }
    let (status, body) = api.get(&path).await;
    assert_eq!((status, reason(&body)), (429, "rateLimitExceeded"));
    assert_eq!(body["error"]["status"], "RESOURCE_EXHAUSTED");
    test.clock.advance(Duration::from_secs(61));
    assert_eq!(api.get(&path).await.0, 200);
}

#[tokio::test]
async fn answers_each_call_of_a_batch() {
    let test = Test::start().await;
    let id = test.deliver_many(1).remove(0);
    let api = test.api().await;
    let part = |n: u8, path: &str| {
        format!("--b\r\nContent-Type: application/http\r\nContent-ID: <item{n}>\r\n\r\nGET {path} HTTP/1.1\r\n\r\n\r\n")
    };
    let body = part(1, &format!("/gmail/v1/users/me/messages/{id}?format=minimal"))
        + &part(2, "/gmail/v1/users/me/messages/00000000000000ff")
        + "--b--\r\n";
    let post = |body: String| {
        let request = test.http.post(test.url("/batch/gmail/v1")).bearer_auth(&api.token);
        request.header("content-type", "multipart/mixed; boundary=b").body(body)
    };
    let answer = send(post(body)).await;
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("multipart/mixed; boundary=batch_"));
    let text = answer.text().await.unwrap();
    assert!(text.contains("Content-ID: <response-item1>") && text.contains("HTTP/1.1 404 Not Found"));
    assert!(text.contains(&id));
    let many: String = (0..101).map(|_| part(1, "/gmail/v1/users/me/labels")).collect();
    assert_eq!(reply(post(many + "--b--\r\n")).await.0, 400);
}

#[tokio::test]
async fn can_be_driven_by_another_process() {
    let test = Test::start().await;
    let letter = json!({ "from": "Jo <jo@x.example>", "subject": "Hello", "text": "There" });
    let (status, made) = reply(test.http.post(test.url("/_control/mail")).json(&letter)).await;
    assert_eq!(status, 200);
    let (id, thread) = (made["id"].as_str().unwrap(), made["threadId"].as_str().unwrap());
    let (_, shown) = reply(test.http.get(test.url(&format!("/_control/threads/0/{thread}")))).await;
    assert_eq!(shown["messages"][0]["text"], "There");
    let page = send(test.http.get(test.url(&format!("/mail/thread/{ANNA}/{thread}")))).await.text().await.unwrap();
    assert!(page.contains("<h1>Hello</h1>") && page.contains("Jo &lt;jo@x.example&gt;"));
    let path = format!("/_control/mail/{ANNA}/{id}");
    assert_eq!(reply(test.http.post(test.url(&format!("{path}/trash")))).await.0, 204);
    assert_eq!(reply(test.http.delete(test.url(&path))).await.0, 204);
    assert_eq!(reply(test.http.delete(test.url(&path))).await.0, 404);
    let api = test.api().await;
    assert_eq!(reply(test.http.post(test.url("/_control/revoke")).json(&json!({}))).await.0, 204);
    assert_eq!(api.get("/gmail/v1/users/me/profile").await.0, 401);
    assert_eq!(reply(test.http.get(test.url("/_control/events"))).await.1, Value::Array(Vec::new()));
}
