//! Reading a mailbox of the stand-in for Google, and messages it does not make.

use std::time::Duration;

use fakes::practice::{Mail, Mailbox};
use fakes::server::{Fault, FaultKind};
use serde_json::json;

use super::*;
use crate::clients::google_oauth::tests::{ADA, World};

struct Test {
    world: World,
    token: String,
}

impl Test {
    async fn start() -> Self {
        let world = World::start().await;
        let token = world.sign_in().await.tokens.access_token;
        Self { world, token }
    }

    fn gmail(&self) -> Gmail<'_> {
        Gmail { http: &self.world.http, base: &self.world.config.gmail_url, token: &self.token }
    }

    /// Puts a mail into the mailbox; its id.
    fn deliver(&self, subject: &str, text: Option<&str>, html: Option<&str>) -> String {
        let mailbox = |email: &str| Mailbox { name: "Nora Åberg".into(), email: email.into() };
        self.world.google.deliver(&Mail {
            mailbox: ADA.into(),
            id: String::new(),
            thread_id: String::new(),
            from: mailbox("nora@fir.example"),
            to: vec![mailbox(ADA)],
            cc: Vec::new(),
            subject: subject.into(),
            date: self.world.now(),
            text: text.map(str::to_owned),
            html: html.map(str::to_owned),
            label_ids: vec!["INBOX".into(), "UNREAD".into()],
            message_id: String::new(),
            in_reply_to: None,
            references: Vec::new(),
            headers: Vec::new(),
        })
    }

    fn arm(&self, times: u32, path: &str, status: u16, retry_after: Option<&str>) {
        let headers = retry_after.map(|seconds| ("retry-after".to_owned(), seconds.to_owned())).into_iter().collect();
        let kind = FaultKind::Status { status, headers, body: None };
        self.world.google.control().arm(Fault { method: None, path: path.into(), times, kind });
    }
}

#[tokio::test]
async fn a_mailbox_is_listed_in_pages_and_read() {
    let test = Test::start().await;
    let ids: Vec<String> = (0..5).map(|n| test.deliver(&format!("Mail {n}"), Some("Grüße 🏔"), None)).collect();

    let profile = test.gmail().profile().await.unwrap();
    assert_eq!((profile.email_address.as_str(), profile.messages_total), (ADA, 5));
    assert!(profile.history_id > 0);

    let mut listed = Vec::new();
    let mut token = None;
    loop {
        let page = test.gmail().list(None, token.as_deref(), 2).await.unwrap();
        assert!(page.ids.len() <= 2);
        listed.extend(page.ids);
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    listed.sort();
    let mut expected = ids.clone();
    expected.sort();
    assert_eq!(listed, expected);
    assert_eq!(test.gmail().list(Some("subject:\"Mail 3\""), None, 100).await.unwrap().ids, [ids[3].clone()]);

    let message = test.gmail().get(&ids[0]).await.unwrap().unwrap();
    assert_eq!(message.header("subject"), Some("Mail 0"));
    assert!(message.header("from").unwrap().contains("nora@fir.example"));
    assert_eq!(message.text.as_deref().map(str::trim_end), Some("Grüße 🏔"));
    assert!(message.label_ids.iter().any(|label| label == "INBOX"));
    assert!(message.received_at > Timestamp::UNIX_EPOCH);
}

#[tokio::test]
async fn many_are_read_in_order_and_one_that_is_gone_is_nobodys_fault() {
    let test = Test::start().await;
    let mut ids: Vec<String> = (0..9).map(|n| test.deliver(&format!("Mail {n}"), Some("Text"), None)).collect();
    ids.insert(4, "00000000deadbeef".into());
    // Refused twice, then read: nobody above notices.
    test.arm(2, "/messages/", 429, None);

    let messages = test.gmail().get_many(&ids, 6).await;

    assert_eq!(messages.len(), 10);
    for (id, message) in ids.iter().zip(messages) {
        assert_eq!(message.unwrap().map(|message| message.gmail_id), (id != &ids[4]).then(|| id.clone()));
    }
}

#[tokio::test]
async fn what_happened_since_is_told_in_order() {
    let test = Test::start().await;
    let old = test.deliver("Old", Some("Text"), None);
    let start = test.gmail().profile().await.unwrap().history_id;
    let google = &test.world.google;

    let nothing = test.gmail().history(start, None).await.unwrap();
    assert!(nothing.changes.is_empty() && nothing.next.is_none());

    let new = test.deliver("New", Some("Text"), None);
    google.remove_label(ADA, &new, "UNREAD");
    google.trash(ADA, &old);
    google.delete_message(ADA, &old);
    let page = test.gmail().history(start, None).await.unwrap();

    assert_eq!(page.changes.first(), Some(&Change::Added(new.clone())));
    assert_eq!(page.changes.last(), Some(&Change::Deleted(old.clone())));
    let read = Change::Labels { id: new, changed: vec!["UNREAD".into()], label_ids: vec!["INBOX".into()] };
    assert!(page.changes.contains(&read), "{:?}", page.changes);
    let binned = |change: &Change| matches!(change, Change::Labels { id, changed, .. } if *id == old && changed.iter().any(|l| l == "TRASH"));
    assert!(page.changes.iter().any(binned), "{:?}", page.changes);
    assert!(test.gmail().history(page.history_id, None).await.unwrap().changes.is_empty());
}

#[tokio::test]
async fn history_that_is_forgotten_is_told_from_other_errors() {
    let test = Test::start().await;
    let start = test.gmail().profile().await.unwrap().history_id;
    test.deliver("New", Some("Text"), None);
    test.world.google.expire_history(ADA);

    let error = test.gmail().history(start, None).await.unwrap_err();
    assert_eq!(error.upstream_status(), Some(404));

    test.world.google.expire_access_tokens(ADA);
    let error = test.gmail().profile().await.unwrap_err();
    assert_eq!((error.kind, error.upstream_status()), (Kind::Upstream, Some(401)));
}

#[tokio::test]
async fn a_limit_is_told_with_how_long_it_lasts() {
    let test = Test::start().await;
    test.arm(1, "/profile", 403, Some("40"));

    let error = test.gmail().profile().await.unwrap_err();

    assert_eq!((error.kind, error.retry_after), (Kind::RateLimited, Some(Duration::from_secs(40))));
}

#[test]
fn text_is_read_in_every_base64() {
    for data in ["w7zDtj8-", "w7zDtj8+", "w7zDtj8", "w7zD\r\ntj8-"] {
        assert!(decode(data).is_some_and(|text| text.starts_with("üö?")), "{data}");
    }
    assert_eq!(decode("w7w="), Some("ü".into()));
    assert_eq!(decode("w7w"), Some("ü".into()));
    assert_eq!(decode("/w"), Some("\u{fffd}".into()));
}

#[test]
fn the_texts_of_a_nested_message_are_found_and_its_files_are_not_read() {
    let payload: Part = serde_json::from_value(json!({
        "mimeType": "multipart/mixed",
        "parts": [
            { "mimeType": "multipart/related", "parts": [
                { "mimeType": "multipart/alternative", "parts": [
                    { "mimeType": "text/plain", "body": { "data": "SGVsbG8" } },
                    { "mimeType": "TEXT/HTML", "body": { "attachmentId": "big" } },
                ] },
                { "mimeType": "image/png", "filename": "logo.png", "body": { "attachmentId": "logo" } },
            ] },
            { "mimeType": "text/plain", "filename": "notes.txt", "body": { "data": "c2VjcmV0" } },
            { "mimeType": "message/rfc822", "filename": "forwarded.eml", "parts": [
                { "mimeType": "text/plain", "body": { "data": "c2VjcmV0" } },
            ] },
        ],
    }))
    .unwrap();

    let mut parts = Parts::default();
    parts.walk(&payload);

    assert_eq!(parts.text.as_deref(), Some("Hello"));
    assert_eq!(parts.html, None);
    assert_eq!(parts.elsewhere.len(), 1);
    assert_eq!(parts.attachment_names, ["logo.png", "notes.txt", "forwarded.eml"]);
}

#[test]
fn labels_that_are_not_told_are_asked_for() {
    let history: History = serde_json::from_value(json!({
        "id": "7",
        "messages": [{ "id": "a", "threadId": "a" }],
        "labelsAdded": [{ "message": { "id": "a", "threadId": "a" }, "labelIds": ["STARRED"] }],
        "labelsRemoved": [{ "message": { "id": "b", "labelIds": [] }, "labelIds": ["UNREAD"] }],
    }))
    .unwrap();

    let known = Change::Labels { id: "b".into(), changed: vec!["UNREAD".into()], label_ids: Vec::new() };
    assert_eq!(history.changes(), [Change::Added("a".into()), known]);
}
