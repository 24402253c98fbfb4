//! Mail.

use shared::domain::limits;

use super::*;

const DRAFTS: &str = "/gmail/v1/users/me/drafts";
const SEND: &str = "/gmail/v1/users/me/drafts/send";
const NORA: (&str, &str) = ("Nora Ellison", "nora@ellison.example");
const BEA: &str = "bea@firm.example";

fn letter() -> Value {
    json!({ "to": ["Nora@Ellison.example"], "subject": "Your bonds", "body": "Dear Nora,\n\nthey are fine.\n\nAda" })
}

fn sent(app: &TestApp) -> Vec<Value> {
    app.google.find(ADA, "in:sent").as_array().unwrap().clone()
}

impl TestApp {
    /// A message as Gmail gives it.
    #[expect(clippy::disallowed_methods, reason = "a test looks into the mailbox as anybody would")]
    pub async fn message(&self, owner: i64, id: &Value) -> Value {
        let access = tokens::access(&self.app, UserId(owner), Provider::Google).await.unwrap();
        let url = format!("{}/gmail/v1/users/me/messages/{}", self.google.url(), id.as_str().unwrap());
        let answer =
            reqwest::Client::builder().build().unwrap().get(url).bearer_auth(access.token).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

fn header(message: &Value, name: &str) -> String {
    let headers = message["payload"]["headers"].as_array().unwrap();
    let values: Vec<&str> = headers
        .iter()
        .filter(|header| header["name"] == name)
        .map(|header| header["value"].as_str().unwrap())
        .collect();
    values.join(" | ")
}

#[tokio::test]
async fn a_mail_goes_out_under_the_advisors_name_and_is_found_at_once() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;

    let result = ada
        .does(
            "send_email",
            json!({
                "to": ["Nora@Ellison.example"], "cc": [BEA], "bcc": ["nora@ellison.example"], "subject": "Größe & Ruhe",
                "body": "Dear Nora,\n\nthe sailboat is sold.\n\nAda",
            }),
        )
        .await;

    assert_eq!(result["status"], "success");
    assert_eq!(result["recipients"], json!(["nora@ellison.example", BEA]), "nobody gets it twice");
    let sent = sent(&app);
    assert_eq!((sent.len(), &sent[0]["id"], &sent[0]["threadId"]), (1, &result["message_id"], &result["thread_id"]));
    let message = app.message(ada.user_id().await, &result["message_id"]).await;
    assert_eq!(header(&message, "From"), "\"Ada Lovett\" <ada@firm.example>");
    assert!(header(&message, "Message-ID").ends_with("@firm.example>"), "{message}");
    assert!(app.google.find(ADA, "in:drafts").as_array().unwrap().is_empty());
    assert_eq!(app.google.find(BEA, "subject:Ruhe").as_array().unwrap().len(), 1, "the colleague got a copy");
    let found = ada.does("search_emails", json!({ "sender_filter": "ada@firm.example" })).await;
    assert_eq!(found["emails"][0]["subject"], "Größe & Ruhe", "{found}");
    app.work().await;
    ada.post("/api/ingest/gmail", json!({})).await;
    app.work().await;
    assert_eq!(app.count("select count(*) from emails where outbound").await, 1, "reading it again adds nothing");
}

#[tokio::test]
async fn an_answer_stays_in_its_thread() {
    let app = TestApp::start().await;
    let first = mail(ADA, NORA, "Saturday", "Does Saturday suit you?");
    let id = app.google.deliver(&first);
    let ada = app.ready_advisor(ADA).await;

    let answer = ada.does("send_email", json!({ "body": "It does.", "reply_to_email_id": id })).await;
    let again =
        json!({ "subject": "Something else", "body": "And Sunday, too.", "reply_to_email_id": answer["message_id"] });
    let second = ada.does("send_email", again).await;

    assert_eq!(answer["recipients"], json!(["nora@ellison.example"]));
    assert_eq!((&answer["thread_id"], &second["thread_id"]), (&json!(first.thread_id), &json!(first.thread_id)));
    let owner = ada.user_id().await;
    let answer = app.message(owner, &answer["message_id"]).await;
    let second = app.message(owner, &second["message_id"]).await;
    assert_eq!(header(&answer, "Subject"), "Re: Saturday");
    assert_eq!(header(&answer, "In-Reply-To"), first.message_id);
    assert_eq!(header(&answer, "References"), first.message_id);
    let ours = header(&answer, "Message-ID");
    assert_eq!(header(&second, "Subject"), "Re: Saturday", "another subject would begin another thread");
    assert_eq!(header(&second, "In-Reply-To"), ours);
    assert_eq!(
        header(&second, "References").split_whitespace().collect::<Vec<_>>(),
        [first.message_id.as_str(), &ours]
    );
    assert_eq!(header(&second, "To"), "<nora@ellison.example>", "an answer to oneself goes where the first one went");
}

#[tokio::test]
async fn a_subject_cannot_smuggle_headers() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let mut letter = letter();
    letter["subject"] = json!(format!("Hello\r\nBcc: {EVE}\r\n\r\nBody"));

    let result = ada.does("send_email", letter).await;

    let message = app.message(ada.user_id().await, &result["message_id"]).await;
    assert_eq!(header(&message, "Bcc"), "");
    assert_eq!(header(&message, "Subject"), format!("Hello Bcc: {EVE} Body"));
    assert!(app.google.find(EVE, "").as_array().unwrap().is_empty(), "she got nothing");
}

#[tokio::test]
async fn a_mail_to_nobody_or_about_nothing_is_refused() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let cases = [
        (json!({ "to": [], "subject": "x", "body": "x" }), "to: must name somebody."),
        (json!({ "to": ["Sara"], "subject": "x", "body": "x" }), "to.0: `Sara` is not an e-mail address."),
        (
            json!({ "to": ["a@b.example\r\nBcc: eve@c.example"], "subject": "x", "body": "x" }),
            "is not an e-mail address",
        ),
        (json!({ "to": ["a@b.example"], "body": "x" }), "subject: must not be left out."),
        (json!({ "to": ["a@b.example"], "subject": "x", "body": "\n" }), "body: must not be blank."),
        (json!({ "body": "x", "reply_to_email_id": "nowhere" }), "search_emails gives the email_id of one"),
    ];
    for (arguments, message) in cases {
        let error = ada.is_refused("send_email", arguments.clone()).await;

        assert!(error.contains(message), "{arguments}: {error}");
    }
    assert!(sent(&app).is_empty());
}

#[tokio::test]
async fn there_is_an_end_to_the_mails_of_an_hour() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let owner = ada.user_id().await.to_string();
    let db = app.app.db().await.unwrap();
    let take = || limits::take_hourly(&db, limits::MAIL, &owner);
    for _ in 0..50 {
        take().await.unwrap();
    }
    // However the hour passes, no stretch of it holds more than fifty.
    for minutes in [20, 20, 15] {
        app.sql(&earlier(minutes)).await;
        assert!(take().await.is_err(), "the first fifty are less than an hour old");
    }

    let error = ada.is_refused("send_email", letter()).await;

    assert!(error.contains("No more than 50 e-mails can be sent within an hour. Nothing was sent"), "{error}");
    assert_eq!(app.action().await.0, "failed");
    assert_eq!(asked(app.google.control(), "POST", DRAFTS), 0);
}

fn earlier(minutes: u32) -> String {
    format!("update rate_limits set taken = array(select at - interval '{minutes} minutes' from unnest(taken) at)")
}

#[tokio::test]
async fn the_mails_of_an_hour_are_counted_one_by_one_also_at_once() {
    let app = TestApp::start().await;
    let owner = app.advisor(ADA).await.user_id().await.to_string();
    let take = async || {
        let db = app.app.db().await.unwrap();
        limits::take_hourly(&db, limits::MAIL, &owner).await.is_ok()
    };
    let taken = async |n: usize| {
        let all = futures::future::join_all((0..n).map(|_| take())).await;
        all.into_iter().filter(|ok| *ok).count()
    };

    assert_eq!(taken(20).await, 20);
    app.sql(&earlier(40)).await;
    assert_eq!(taken(60).await, 30, "fifty in all");
    app.sql(&earlier(21)).await;
    assert_eq!(taken(60).await, 20, "the first twenty are over, and only those");
}

#[tokio::test]
async fn one_person_is_not_written_to_without_end() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.does("send_email", letter()).await;
    app.sql(
        "insert into actions (user_id, id, tool, payload, hash, preview, state, origin, recipients, expires_at, decided_at)
         select user_id, gen_random_uuid(), tool, payload, hash, preview, 'done', origin, recipients, now(), now()
           from actions, generate_series(1, 9)",
    )
    .await;

    let error = ada.is_refused("send_email", letter()).await;

    assert!(error.contains("cannot be written to more than 10 times within a day"), "{error}");
    assert_eq!(sent(&app).len(), 1);
}

mod goes_out_once {
    use super::*;

    async fn check(path: &str, kind: FaultKind) {
        let app = TestApp::start().await;
        let ada = app.ready_advisor(ADA).await;
        app.google.control().arm(fault("POST", path, kind.clone()));

        let answer = ada.tool("send_email", letter()).await;
        for _ in 0..4 {
            app.later().await;
        }

        assert_eq!(app.action().await, ("done".into(), String::new()), "{path} under {kind:?}: {answer}");
        let sent = sent(&app);
        assert_eq!(sent.len(), 1, "{path} under {kind:?}");
        let result = app.sql("select result->>'message_id', result->>'thread_id' from actions").await;
        assert_eq!(result[0], [sent[0]["id"].as_str().unwrap(), sent[0]["threadId"].as_str().unwrap()]);
        assert!(app.google.find(ADA, "in:drafts").as_array().unwrap().is_empty(), "no draft is left behind");
        assert_eq!(app.count("select count(*) from emails where outbound").await, 1);
    }

    #[tokio::test]
    async fn when_gmail_fails_before_it() {
        check(SEND, status(500)).await;
        check("/users/me/drafts", status(503)).await;
    }

    #[tokio::test]
    async fn when_the_answer_is_lost() {
        check(SEND, FaultKind::AppliedThenDropped).await;
        check("/users/me/drafts", FaultKind::AppliedThenDropped).await;
    }

    #[tokio::test]
    async fn when_half_of_the_answer_is_lost() {
        check(SEND, FaultKind::HalfBody).await;
    }

    #[tokio::test]
    async fn when_gmail_asks_for_patience_or_refuses_the_token() {
        check(SEND, asks_for_patience()).await;
        check(SEND, status(401)).await;
    }
}

#[tokio::test]
async fn a_draft_that_is_gone_and_a_mail_that_is_not_there_are_told_of() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    app.google.control().arm(fault("POST", SEND, FaultKind::AppliedThenDropped));

    ada.tool("send_email", letter()).await;
    let id = sent(&app)[0]["id"].as_str().unwrap().to_owned();
    app.google.delete_message(ADA, &id);
    for _ in 0..3 {
        app.later().await;
    }

    let (state, error) = app.action().await;
    assert_eq!(state, "unknown");
    assert!(error.contains("most likely sent") && error.contains("look among the sent"), "{error}");
    assert_eq!(asked(app.google.control(), "POST", SEND), 1);
}
