//! A plain yes or no as the next message: for the unmodified frontend, which has no other way.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;

use super::*;

#[tokio::test]
async fn yes_does_exactly_what_was_shown_and_asks_no_model() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    let approval = waiting_note(&app, &mut page, "Tommy pitches.").await;
    let before = thoughts(&app);

    let turn = page.say("Yes!").await;

    assert_eq!((notes(&app), thoughts(&app)), (1, before));
    assert_eq!(turn.kinds()[..2], ["sources", "conversation"]);
    assert_eq!((turn.of_type("sources")[0], turn.kinds().last()), (&json!([]), Some(&"finish")));
    assert!(text(&turn.html).contains("Done: Add a note to a HubSpot contact"), "{}", turn.html);
    assert!(turn.html.contains("/record/0-1/501\""), "{}", turn.html);
    let request =
        app.hubspot.control().requests().into_iter().rfind(|r| r.method == "POST" && r.uri.starts_with(NOTES));
    assert!(request.unwrap().body.contains("Tommy pitches."));
    let kept = ada.get(&format!("/api/approvals/{}", approval["id"].as_str().unwrap())).await.json();
    assert_eq!(
        (&kept["state"], &kept["decided_by"], &kept["hash"]),
        (&json!("done"), &json!("reply"), &approval["hash"])
    );

    // It is in the conversation it was offered in.
    assert_eq!(turn.of_type("conversation")[0]["id"], approval["conversation_id"]);
    let path = format!("/api/conversations/{}/messages", approval["conversation_id"].as_str().unwrap());
    let messages = ada.get(&path).await.json();
    assert_eq!(messages.as_array().unwrap().len(), 4, "{messages}");
    assert_eq!((&messages[2]["content"], &messages[3]["role"]), (&json!("Yes!"), &json!("assistant")));
}

#[tokio::test]
async fn a_mail_goes_out_to_the_letter() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    let body = "Dear Nora,\n\n  congratulations <3 & all the best\n> you wrote: Tommy\n\nAda";
    let mail = json!({
        "to": [NORA.1], "subject": "Tömmy & “you”", "body": body, "cc": null, "bcc": null, "reply_to_email_id": null,
    });
    app.openai.script(vec![Reply::call("send_email", mail), Reply::text("I have drafted it.")]);
    let shown = page.say("What did Nora write? Congratulate her.").await;
    assert!(text(&shown.html).contains(&format!("To: {}\nSubject: Tömmy & “you”\n\n{body}", NORA.1)), "{}", shown.html);
    assert!(app.google.find(ADA, "in:sent").as_array().unwrap().is_empty());

    page.say("send it").await;

    let sent = app.google.find(ADA, "in:sent");
    assert_eq!(sent.as_array().unwrap().len(), 1);
    let message = app.message(ada.user_id().await, &sent[0]["id"]).await;
    let data = message["payload"]["body"]["data"].as_str().unwrap_or_else(|| panic!("{message}"));
    let written = BASE64_URL_SAFE.decode(data).unwrap();
    assert_eq!(String::from_utf8(written).unwrap().replace("\r\n", "\n").trim_end(), body);
}

#[tokio::test]
async fn yes_said_twice_does_it_once() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    waiting_note(&app, &mut page, "Tommy pitches.").await;
    let before = thoughts(&app);

    let yes = || async { Turn::of(&ada.post("/api/chat", page.body("yes")).await) };
    let (one, other) = tokio::join!(yes(), yes());
    page.say("yes").await;
    let last = page.say("ok").await;

    app.work().await;
    assert_eq!((notes(&app), thoughts(&app)), (1, before));
    assert_eq!(app.count("select count(*) from actions").await, 1);
    for turn in [&one, &other, &last] {
        assert!(text(&turn.html).contains("Done: "), "{}", turn.html);
    }
    assert!(last.html.contains("decided before"), "{}", last.html);
}

#[tokio::test]
async fn no_leaves_it_and_yes_comes_too_late_then() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    let approval = waiting_note(&app, &mut page, "Tommy pitches.").await;

    let no = page.say("don't").await;
    let yes = page.say("yes").await;

    app.work().await;
    assert_eq!(notes(&app), 0);
    assert!(text(&no.html).contains("Not done, as you wish:"), "{}", no.html);
    assert!(text(&yes.html).contains("Not done, as you wish:") && yes.html.contains("decided before"), "{}", yes.html);
    assert_eq!(no.of_type("approval_decided")[0]["id"], approval["id"]);
    assert_eq!(no.of_type("approval_decided")[0]["state"], "denied");
}

#[tokio::test]
async fn any_other_message_withdraws_the_offer() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    let approval = waiting_note(&app, &mut page, "Tommy pitches.").await;

    app.openai.script(vec![Reply::text("Nora.")]);
    page.say("yes but who wrote that?").await;
    app.openai.script(vec![Reply::text("What do you mean?")]);
    // The client still shows it, and may claim what it likes.
    page.history.push(page.history[1].clone());
    let yes = page.say("yes").await;

    assert_eq!(notes(&app), 0);
    assert!(yes.html.contains("What do you mean?"), "the model was asked: {}", yes.html);
    let waiting = ada.get("/api/approvals").await.json();
    assert_eq!((&waiting["items"][0]["id"], &waiting["items"][0]["state"]), (&approval["id"], &json!("pending")));
}

#[tokio::test]
async fn some_of_several_can_be_chosen_by_their_numbers() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    let three = note("One.")
        .and_call("create_note", json!({ "contact_id": "501", "note_body": "Two." }))
        .and_call("create_note", json!({ "contact_id": "501", "note_body": "Three." }));
    app.openai.script(vec![three, Reply::text("Prepared.")]);
    let offered = page.say("Keep what Nora wrote with Greg, in three notes").await;
    let shown = text(&offered.html);
    assert!(shown.contains("3.\nAdd a note to a HubSpot contact\nContact: Greg Hall (501)\n\nThree."), "{shown}");
    let states = || app.sql("select payload->>'note_body', state from actions order by id");

    let unknown = page.say("yes 4").await;
    assert!(unknown.html.contains("no number 4"), "{}", unknown.html);
    assert_eq!(notes(&app), 0);

    let body = page.body("yes 1, 3");
    let some = page.say("yes 1, 3").await;
    let again = Turn::of(&ada.post("/api/chat", body).await);
    for turn in [&some, &again] {
        assert_eq!(turn.html.matches("Done:").count(), 2, "{}", turn.html);
    }
    assert!(text(&some.html).contains("2.\nAdd a note"), "what is left keeps its number: {}", some.html);
    assert_eq!(states().await, [["One.", "done"], ["Two.", "pending"], ["Three.", "done"]]);
    assert_eq!(notes(&app), 2);

    page.say("no").await;
    assert_eq!(states().await[1], ["Two.", "denied"]);
    assert_eq!(notes(&app), 2);
}

#[tokio::test]
async fn nobody_else_can_say_yes() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (other_browser, eve) = (app.advisor(ADA).await, app.advisor(EVE).await);
    let mut page = Page::of(&ada);
    waiting_note(&app, &mut page, "Tommy pitches.").await;
    app.openai.script((0..5).map(|_| Reply::text("Yes to what?")).collect());

    // Another session, and another advisor, who claim to have been shown it.
    for person in [&other_browser, &eve] {
        person.post("/api/chat", page.body("yes")).await;
    }
    assert_eq!(notes(&app), 0);
    // Another conversation of the same session.
    let elsewhere = ada
        .post(
            "/api/chat",
            json!({ "id": "other", "messages": [{ "role": "user", "parts": [{ "type": "text", "text": "yes" }] }] }),
        )
        .await;
    assert!(elsewhere.body.contains(" what?"), "{}", elsewhere.body);
    assert_eq!(notes(&app), 0);
}

#[tokio::test]
async fn another_tab_of_the_same_session_has_not_been_shown_it() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (mut page, mut tab) = (Page::of(&ada), Page::of(&ada));
    waiting_note(&app, &mut page, "Tommy pitches.").await;
    tab.history.push(json!({ "role": "assistant", "content": "<p>Shall I look for Greg's number?</p>" }));
    app.openai.script(vec![Reply::text("303 555 0100")]);

    let turn = tab.say("yes").await;

    assert_eq!(notes(&app), 0);
    assert!(turn.html.contains("303 555"), "{}", turn.html);
}

#[tokio::test]
async fn a_conversation_that_is_named_needs_no_history() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let approval = waiting_note(&app, &mut Page::of(&ada), "Tommy pitches.").await;

    let yes = json!({ "message": "go ahead", "conversation_id": approval["conversation_id"] });
    let turn = Turn::of(&ada.post("/api/chat", yes).await);

    assert_eq!(notes(&app), 1);
    assert!(text(&turn.html).contains("Done: "), "{}", turn.html);
}

#[tokio::test]
async fn what_was_changed_elsewhere_is_not_what_was_shown() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    let mut approval = waiting_note(&app, &mut page, "Tommy pitches.").await;
    approval["action"]["note_body"] = json!("Something else.");
    let path = format!("/api/approvals/{}", approval["id"].as_str().unwrap());
    assert_eq!(ada.post(&path, json!({ "decision": "edit", "action": approval["action"] })).await.status, 200);

    let turn = page.say("yes").await;

    assert_eq!(notes(&app), 0);
    assert!(turn.html.contains("was changed since"), "{}", turn.html);
    assert_eq!(ada.get(&path).await.json()["state"], "pending");
}

#[tokio::test]
async fn an_offer_ends_after_a_day() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    let approval = waiting_note(&app, &mut page, "Tommy pitches.").await;
    app.sql("update actions set expires_at = expires_at - interval '24 hours'").await;

    let turn = page.say("yes").await;

    assert_eq!(notes(&app), 0);
    assert!(text(&turn.html).contains("It has waited too long"), "{}", turn.html);
    let path = format!("/api/approvals/{}", approval["id"].as_str().unwrap());
    let refused = ada.post(&path, json!({ "decision": "approve", "hash": approval["hash"] })).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("expired"), "{}", refused.body);
    assert_eq!(ada.get("/api/approvals").await.json()["items"], json!([]));
    assert_eq!(ada.get("/api/approvals?state=expired").await.json()["items"][0]["id"], approval["id"]);
}

#[tokio::test]
async fn what_fails_is_said_to_have_failed() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    waiting_note(&app, &mut page, "Tommy pitches.").await;
    let kind = fakes::server::FaultKind::Status { status: 403, headers: Default::default(), body: None };
    app.hubspot.control().arm(fakes::server::Fault { method: Some("POST".into()), path: NOTES.into(), times: 1, kind });

    let turn = page.say("yes").await;

    assert!(text(&turn.html).contains("Did not work: Add a note"), "{}", turn.html);
    assert_eq!(turn.of_type("approval_decided")[0]["state"], "failed");
    assert_eq!(turn.kinds().last(), Some(&"finish"));
}
