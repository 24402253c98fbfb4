//! Never more often than allowed, never on our own doing, never too deep.

use super::*;

const ANSWER: &str =
    "when gmail.message.received then send_email to=sender subject=Thanks body=\"Thank you.\" reply=yes";

#[tokio::test]
async fn a_rule_acts_no_more_often_in_a_day_than_it_may() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.confirmed_rule(
        "when gmail.message.received then send_email to=sender subject=Thanks body=\"Thank you.\" max_per_day=2",
    )
    .await;

    for n in 0..3 {
        app.gets(("Nora", &format!("nora{n}@ellison.example")), "Hello", "Hello there.");
    }
    ada.reads_mail().await;

    assert_eq!(app.sent().len(), 2);
    assert_eq!(
        app.sql("select outcome from rule_runs order by event_id").await,
        [["applied"], ["applied"], ["capped"]]
    );
}

#[tokio::test]
async fn two_machines_do_not_answer_each_other_for_ever() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.confirmed_rule(ANSWER).await;
    let first = app.gets(NORA, "Hello", "Hello there.");
    ada.reads_mail().await;

    for n in 1..6 {
        // The other side answers in the same thread.
        let mut letter = mail(ADA, NORA, "Re: Hello", &format!("I am away from my desk ({n})."));
        (letter.date, letter.thread_id) = (app.app.now(), first.clone());
        app.google.deliver(&letter);
        ada.reads_mail().await;
    }

    assert_eq!(app.sent().len(), 3, "never more than three deep");
    let passed = app.handled().await;
    assert_eq!(passed.iter().filter(|handled| handled["passed_over"] == "too_deep").count(), 3, "{passed:?}");
}

#[tokio::test]
async fn an_event_that_came_of_three_of_ours_sets_nothing_off() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.confirmed_rule("when * then log").await;
    app.new_contact("777", "Priya", "Raman", "priya@raman.example");
    ada.post("/api/ingest/hubspot", json!({})).await;
    app.work_once().await;
    app.sql("update events set depth = 3").await;
    app.work().await;

    assert_eq!(app.count("select count(*) from rule_runs").await, 0);
    assert_eq!(app.handled().await[0]["passed_over"], "too_deep");
}

#[tokio::test]
async fn our_own_writes_set_nothing_off() {
    let app = TestApp::start().await;
    app.contact("501", "Greg", "Hall", "greg@hall.example");
    let ada = app.ready_advisor(ADA).await;
    ada.rule("when * then log").await;
    for (tool, arguments) in [
        ("create_contact", json!({ "email": "sara@smith.example", "notes": "Met at the airport." })),
        ("update_contact", json!({ "contact_id": "501", "city": "Boise" })),
        ("create_note", json!({ "contact_id": "501", "note_body": "Called." })),
        (
            "schedule_event",
            json!({ "summary": "Review", "start_time": "2027-01-12T10:00:00-07:00", "end_time": "2027-01-12T11:00:00-07:00" }),
        ),
        ("send_email", json!({ "to": ["ada@firm.example"], "subject": "To myself", "body": "A note." })),
    ] {
        let answer =
            ada.post("/api/chat/execute-tool", json!({ "tool_name": tool, "arguments": arguments })).await.json();
        assert_eq!(answer["status"], "success", "{tool}: {answer}");
    }

    ada.reads_hubspot().await;
    ada.reads_calendar().await;
    ada.reads_mail().await;

    assert_eq!(
        app.sql("select e.event_type from rule_runs r join events e on e.id = r.event_id").await,
        Vec::<Vec<String>>::new()
    );
}

#[tokio::test]
async fn an_event_is_handled_once_however_often_its_bell_rings() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.confirmed_rule(ANSWER).await;
    app.gets(NORA, "Hello", "Hello there.");
    ada.reads_mail().await;

    // Its worker died after the commit, and before it could say that it was done.
    app.sql("update tasks set state = 'pending', run_after = now(), rung_at = null, completed_at = null where task_type = 'handle_event'").await;
    app.sweep().await;
    app.work().await;

    assert_eq!((app.sent().len(), app.count("select count(*) from actions").await), (1, 1));
}

#[tokio::test]
async fn what_happened_before_a_rule_was_made_is_none_of_its_business() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    app.gets(NORA, "Hello", "Hello there.");
    ada.post("/api/ingest/gmail", json!({})).await;
    app.work_once().await;
    assert_eq!(app.count("select count(*) from events").await, 1);

    ada.confirmed_rule(ANSWER).await;
    app.work().await;

    assert_eq!(app.sent().len(), 0);
}

#[tokio::test]
async fn nobody_is_a_stranger_while_hubspot_is_not_read() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    ada.confirmed_rule(STRANGER).await;

    app.gets(NORA, "Hello", "Hello there.");
    ada.reads_mail().await;

    assert_eq!(
        app.count("select count(*) from actions").await,
        0,
        "HubSpot is not connected: who is in it is not known"
    );
}

#[tokio::test]
async fn machines_get_no_answer() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.confirmed_rule(ANSWER).await;

    app.gets(("Bank", "no-reply@bank.example"), "Your statement", "It is ready.");
    ada.reads_mail().await;

    assert_eq!(app.sent().len(), 0);
    let results = app.sql("select results from rule_runs").await;
    assert!(results[0][0].contains("machine"), "{results:?}");
}
