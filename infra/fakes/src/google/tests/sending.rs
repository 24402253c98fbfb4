//! Changing mail: sending, threads, drafts, labels.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

const SEND: &str = "/gmail/v1/users/me/messages/send";

fn raw(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text.replace('\n', "\r\n"))
}

/// The values of a header of a message.
async fn header(api: &Api<'_>, id: &str, name: &str) -> Vec<String> {
    let (_, message) =
        api.get(&format!("/gmail/v1/users/me/messages/{id}?format=metadata&metadataHeaders={name}")).await;
    let headers = message["payload"]["headers"].as_array().unwrap().iter();
    headers.map(|header| header["value"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn sends_into_a_thread_only_when_everything_fits() {
    let test = Test::start().await;
    let mut first = mail("jo@x.example", "Plan", "Hello", test.now());
    first.message_id = "<first@x.example>".to_owned();
    let thread = test.google.deliver(&first);
    let api = test.api().await;
    let fits =
        "To: jo@x.example\nSubject: Re: Plan\nIn-Reply-To: <first@x.example>\nReferences: <first@x.example>\n\nYes";
    let (status, sent) = api.post(SEND, json!({ "raw": raw(fits), "threadId": thread })).await;
    assert_eq!((status, sent["threadId"].as_str()), (200, Some(thread.as_str())));
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    let id = sent["id"].as_str().unwrap();
    assert_eq!(header(&api, id, "From").await, [ANNA]);
    assert_eq!(header(&api, id, "Message-ID").await.len(), 1);

    let no_reference = "To: jo@x.example\nSubject: Re: Plan\n\nYes";
    let other_subject = fits.replace("Re: Plan", "Other");
    for text in [no_reference, &other_subject] {
        let (_, sent) = api.post(SEND, json!({ "raw": raw(text), "threadId": thread })).await;
        assert_eq!(sent["threadId"], sent["id"]);
    }
    let (_, shown) = api.get(&format!("/gmail/v1/users/me/threads/{thread}?format=minimal")).await;
    assert_eq!(ids(&shown["messages"]), [thread.as_str(), id]);

    for (body, status) in [
        (json!({ "raw": raw("Subject: x\n\nNobody") }), 400),
        (json!({ "raw": raw("To: nobody\n\nText") }), 400),
        (json!({}), 400),
        (json!({ "raw": "!!" }), 400),
        (json!({ "raw": raw(fits), "threadId": "00000000000000ff" }), 404),
    ] {
        assert_eq!(api.post(SEND, body.clone()).await.0, status, "{body}");
    }
}

#[tokio::test]
async fn delivers_to_other_mailboxes_without_the_hidden_recipients() {
    let test = Test::start().await;
    let anna = test.api().await;
    let text = format!("To: {BEN}\nBcc: {ANNA}\nSubject: Lunch\nMessage-ID: <lunch@x.example>\n\nAt noon?");
    let (_, sent) = anna.post(SEND, json!({ "raw": raw(&text) })).await;
    assert_eq!(sent["labelIds"], json!(["SENT", "INBOX", "UNREAD"]));
    let ben = test.api_of(BEN, ALL).await;
    let (_, list) = ben.get("/gmail/v1/users/me/messages?labelIds=INBOX&labelIds=UNREAD").await;
    let arrived = list["messages"][0]["id"].as_str().unwrap();
    assert!(header(&ben, arrived, "Bcc").await.is_empty());
    assert_eq!(header(&ben, arrived, "Message-ID").await, ["<lunch@x.example>"]);
    // The answer finds its conversation in Anna's mailbox by its references.
    let text = format!("To: {ANNA}\nSubject: Re: Lunch\nReferences: <lunch@x.example>\n\nYes");
    ben.post(SEND, json!({ "raw": raw(&text), "threadId": list["messages"][0]["threadId"] })).await;
    let (_, thread) = anna.get(&format!("/gmail/v1/users/me/threads/{}", sent["threadId"].as_str().unwrap())).await;
    assert_eq!(ids(&thread["messages"]).len(), 2);
}

#[tokio::test]
async fn sends_a_draft_once() {
    let test = Test::start().await;
    let api = test.api().await;
    let message = json!({ "message": { "raw": raw("To: jo@x.example\nSubject: Draft\n\nText") } });
    let (status, draft) = api.post("/gmail/v1/users/me/drafts", message).await;
    assert_eq!(status, 200);
    assert_eq!(draft["message"]["labelIds"], json!(["DRAFT"]));
    let (_, list) = api.get("/gmail/v1/users/me/drafts").await;
    assert_eq!(list["drafts"][0]["id"], draft["id"]);
    let send = json!({ "id": draft["id"] });
    let (status, sent) = api.post("/gmail/v1/users/me/drafts/send", send.clone()).await;
    assert_eq!((status, &sent["labelIds"]), (200, &json!(["SENT"])));
    assert_ne!(sent["id"], draft["message"]["id"]);
    assert_eq!(sent["threadId"], draft["message"]["threadId"]);
    assert_eq!(api.post("/gmail/v1/users/me/drafts/send", send).await.0, 404);
    assert_eq!(api.get("/gmail/v1/users/me/messages?labelIds=SENT").await.1["resultSizeEstimate"], 1);
}

#[tokio::test]
async fn takes_attachments_by_media_upload_and_gives_them_back() {
    let test = Test::start().await;
    let api = test.api().await;
    let text = "To: jo@x.example\nSubject: File\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nBody\n--b\n\
        Content-Type: text/csv\nContent-Disposition: attachment; filename=a.csv\nContent-Transfer-Encoding: base64\n\n\
        MSwyCg==\n--b--\n";
    let request = test.http.post(test.url("/upload/gmail/v1/users/me/messages/send?uploadType=media"));
    let request = request.bearer_auth(&api.token).header("content-type", "message/rfc822");
    let (status, sent) = reply(request.body(text.replace('\n', "\r\n"))).await;
    assert_eq!(status, 200);
    let path = format!("/gmail/v1/users/me/messages/{}", sent["id"].as_str().unwrap());
    let part = api.get(&path).await.1["payload"]["parts"][1].clone();
    assert_eq!(part["filename"], "a.csv");
    assert!(part["body"]["data"].is_null());
    let id = part["body"]["attachmentId"].as_str().unwrap();
    let (_, attachment) = api.get(&format!("{path}/attachments/{id}")).await;
    assert_eq!(attachment, json!({ "size": 4, "data": "MSwyCg==" }));
    assert_eq!(api.get("/gmail/v1/users/me/messages?q=has:attachment").await.1["resultSizeEstimate"], 1);
    assert_eq!(api.get("/gmail/v1/users/me/messages?q=filename:csv").await.1["resultSizeEstimate"], 1);
}

#[tokio::test]
async fn changes_labels() {
    let test = Test::start().await;
    let id = test.deliver_many(1).remove(0);
    let api = test.api().await;
    let (_, label) = api.post("/gmail/v1/users/me/labels", json!({ "name": "Clients" })).await;
    let change = json!({ "addLabelIds": [label["id"]], "removeLabelIds": ["UNREAD"] });
    let path = format!("/gmail/v1/users/me/messages/{id}");
    let (_, changed) = api.post(&format!("{path}/modify"), change.clone()).await;
    assert_eq!(changed["labelIds"], json!(["INBOX", label["id"]]));
    assert_eq!(api.get("/gmail/v1/users/me/messages?q=label:clients").await.1["resultSizeEstimate"], 1);
    assert_eq!(api.post("/gmail/v1/users/me/labels", json!({ "name": "clients" })).await.0, 409);
    assert_eq!(api.post(&format!("{path}/modify"), json!({ "addLabelIds": ["Nope"] })).await.0, 400);
    let batch = json!({ "ids": [id, "00000000000000ff"], "addLabelIds": ["STARRED"] });
    assert_eq!(api.post("/gmail/v1/users/me/messages/batchModify", batch).await.0, 204);
    assert_eq!(
        api.post(&format!("{path}/trash"), json!({})).await.1["labelIds"],
        json!([label["id"], "STARRED", "TRASH"])
    );
    assert_eq!(api.delete(&path).await.0, 204);
    assert_eq!(api.delete(&path).await.0, 404);
    let narrow = test.api_of(ANNA, "https://www.googleapis.com/auth/gmail.modify").await;
    assert_eq!(reason(&narrow.delete(&path).await.1), "insufficientPermissions");
}

#[tokio::test]
async fn a_changed_draft_stays_in_its_thread() {
    let test = Test::start().await;
    let api = test.api().await;
    let message =
        |subject: &str| json!({ "message": { "raw": raw(&format!("To: x@y.example\nSubject: {subject}\n\nhello")) } });

    let (_, draft) = api.post("/gmail/v1/users/me/drafts", message("One")).await;
    let path = format!("/gmail/v1/users/me/drafts/{}", draft["id"].as_str().unwrap());
    let (status, changed) = api.put(&path, message("Two")).await;
    let (_, sent) = api.post("/gmail/v1/users/me/drafts/send", json!({ "id": draft["id"] })).await;

    assert_eq!((status, &changed["id"]), (200, &draft["id"]));
    assert_ne!(changed["message"]["id"], draft["message"]["id"]);
    assert_eq!(changed["message"]["threadId"], draft["message"]["threadId"]);
    assert_eq!(sent["threadId"], draft["message"]["threadId"]);
}
