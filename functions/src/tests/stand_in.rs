//! What advisors ask for, word for word, with the stand-in as the model and nothing scripted: it finds whom it concerns, calls
//! the right tool with the right arguments, and says what came of it.

use jiff::civil::{Date, Weekday};
use serde_json::{Value, json};

use super::calendar::{NORA, denver, event, every, today, with};
use super::support::*;

/// A practice of a few people, and an advisor who knows them.
async fn practice(app: &TestApp) -> Person<'_> {
    for (id, first, last, email, job) in [
        ("501", "Nora", "Ellison", NORA.1, "Nurse"),
        ("502", "Greg", "Hall", "greg.hall@inboxly.example", "Retired electrical engineer"),
        ("503", "Greg", "Novak", "greg@novakbrewing.example", "Owner of Novak Brewing"),
        ("504", "Bill", "Thornton", "bill@thorntonranch.example", "Rancher"),
        ("505", "Sara", "Smith", "sara.smith@smiledenver.example", "Dentist"),
    ] {
        let properties = [("firstname", first), ("lastname", last), ("email", email), ("jobtitle", job)];
        app.hubspot.put_object(app.portal(), "contacts", &record(id, &properties, &[])).unwrap();
    }
    app.ready_advisor(ADA).await
}

/// The one write there is: its tool, where it stands, and what it does.
async fn only(app: &TestApp) -> (String, String, Value) {
    let kept = app.sql("select tool, state, payload from actions").await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    (kept[0][0].clone(), kept[0][1].clone(), serde_json::from_str(&kept[0][2]).unwrap())
}

/// The next such day after today, at an hour of Denver, in UTC.
fn next(app: &TestApp, day: Weekday, hour: i8, minute: i8) -> String {
    let date = today(app).nth_weekday(1, day).unwrap();
    utc(date, hour, minute)
}

fn utc(date: Date, hour: i8, minute: i8) -> String {
    date.at(hour, minute, 0, 0).to_zoned(denver()).unwrap().timestamp().to_string()
}

async fn goes_on(ada: &Person<'_>, turn: &Turn, message: &str) -> Turn {
    let id = &turn.of_type("conversation")[0]["id"];
    Turn::of(&ada.post("/api/chat", json!({ "message": message, "conversation_id": id })).await)
}

#[tokio::test]
async fn an_appointment_is_made_on_the_advisors_clock() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let turn = ada.ask("Schedule an appointment with Sara Smith on Thursday at 3pm").await;

    let (tool, _, action) = only(&app).await;
    assert_eq!(
        (tool.as_str(), &action["summary"]),
        ("schedule_event", &json!("Appointment with Sara Smith")),
        "{}",
        turn.html
    );
    assert_eq!(action["attendees"], json!(["sara.smith@smiledenver.example"]));
    assert_eq!(action["start"], json!(next(&app, Weekday::Thursday, 15, 0)));
    assert_eq!(action["end"], json!(next(&app, Weekday::Thursday, 16, 0)));
}

#[tokio::test]
async fn without_a_time_free_ones_are_offered() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let offer = ada.ask("Schedule an appointment with Sara Smith").await;
    let taken = goes_on(&ada, &offer, "the first one").await;

    assert!(offer.html.contains("When should it be?"), "{}", offer.html);
    let (tool, _, action) = only(&app).await;
    assert_eq!(
        (tool.as_str(), &action["summary"]),
        ("schedule_event", &json!("Appointment with Sara Smith")),
        "{}",
        taken.html
    );
}

#[tokio::test]
async fn a_meeting_is_moved_and_keeps_its_length() {
    let app = TestApp::start().await;
    let day = today(&app).saturating_add(jiff::Span::new().days(9));
    app.google
        .put_event(&with(event("nora0001", "Planning call: Nora Ellison", &utc(day, 14, 0), &utc(day, 14, 30)), NORA));
    let ada = practice(&app).await;

    let turn = ada.ask("Move my meeting with Nora to Friday 10:30").await;

    let (tool, state, action) = only(&app).await;
    assert_eq!((tool.as_str(), &action["event_id"]), ("update_event", &json!("nora0001")), "{}", turn.html);
    assert_eq!(state, "done", "the event is the advisor's own");
    assert_eq!(action["start"], json!(next(&app, Weekday::Friday, 10, 30)));
    assert_eq!(action["end"], json!(next(&app, Weekday::Friday, 11, 0)));
    assert!(turn.html.contains("Done: The change of the event, beginning on Friday"), "{}", turn.html);
}

#[tokio::test]
async fn one_date_of_a_series_is_cancelled() {
    let app = TestApp::start().await;
    let begun = today(&app).saturating_sub(jiff::Span::new().days(6));
    let weekly = event("weekly01", "Check-in: Bill Thornton", &utc(begun, 9, 0), &utc(begun, 9, 30));
    app.google.put_event(&with(every(weekly, "FREQ=WEEKLY"), ("Bill Thornton", "bill@thorntonranch.example")));
    let ada = practice(&app).await;

    let turn = ada.ask("Cancel tomorrow's check-in with Bill").await;

    let (tool, _, action) = only(&app).await;
    assert_eq!(tool, "cancel_event", "{}", turn.html);
    let id = action["event_id"].as_str().unwrap();
    assert!(
        id.starts_with("weekly01_") && id.contains(&utc(today(&app).tomorrow().unwrap(), 9, 0)[..10].replace('-', "")),
        "{id}"
    );
}

#[tokio::test]
async fn which_greg_is_asked_and_the_answer_understood() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let which = ada.ask("Change Greg's phone number to 970-555-0199").await;
    let done = goes_on(&ada, &which, "the retired engineer").await;

    let asked = which.html.contains("Which Greg do you mean: ");
    assert!(asked && which.html.contains("Greg Hall (Retired electrical engineer"), "{}", which.html);
    let (tool, state, action) = only(&app).await;
    assert_eq!((tool.as_str(), state.as_str()), ("update_contact", "done"), "{}", done.html);
    assert_eq!((&action["contact_id"], &action["properties"]), (&json!("502"), &json!({ "phone": "970-555-0199" })));
    assert!(done.html.contains("Done: The change of the contact."), "{}", done.html);
}

#[tokio::test]
async fn a_note_is_written_at_once() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let turn = ada.ask("Add a note to Bill's record: sold the herd, wants bonds").await;

    let (tool, state, action) = only(&app).await;
    assert_eq!(
        (tool.as_str(), state.as_str(), &action["contact_id"]),
        ("create_note", "done", &json!("504")),
        "{}",
        turn.html
    );
    assert_eq!(action["note_body"], "Sold the herd, wants bonds");
}

#[tokio::test]
async fn a_reply_goes_to_the_last_mail_in_its_thread() {
    let app = TestApp::start().await;
    let mut old = mail(ADA, NORA, "Roof", "The roof leaks.");
    old.date = app.app.now() - jiff::SignedDuration::from_hours(72);
    app.google.deliver(&old);
    let mut last = mail(ADA, NORA, "Saturday", "Are you coming on Saturday?");
    last.date = app.app.now() - jiff::SignedDuration::from_hours(2);
    app.google.deliver(&last);
    let ada = practice(&app).await;

    let turn = ada.ask("Reply to Nora's last mail that I will be there").await;

    let (tool, state, action) = only(&app).await;
    assert_eq!((tool.as_str(), state.as_str()), ("send_email", "pending"), "{}", turn.html);
    assert_eq!((&action["subject"], &action["to"]), (&json!("Re: Saturday"), &json!([NORA.1])));
    assert_eq!(
        (&action["reply"]["thread_id"], &action["reply"]["message_id"]),
        (&json!(last.thread_id), &json!(last.message_id))
    );
    assert_eq!(action["body"], "Hi Nora,\n\nI will be there.\n\nBest regards,\nAda Lovett");
}

#[tokio::test]
async fn the_calendar_is_told() {
    let app = TestApp::start().await;
    let tomorrow = today(&app).tomorrow().unwrap();
    app.google
        .put_event(&with(event("nora0001", "Review: Nora Ellison", &utc(tomorrow, 9, 0), &utc(tomorrow, 10, 0)), NORA));
    app.google.put_event(&event("dentist1", "Dentist", &utc(tomorrow, 16, 0), &utc(tomorrow, 17, 0)));
    let ada = practice(&app).await;

    let day = ada.ask("What do I have tomorrow?").await;
    let next = ada.ask("When is my next meeting with Nora?").await;
    let free = ada.ask("When am I free tomorrow for 30 minutes?").await;

    assert!(
        day.html.contains("09:00–10:00 Review: Nora Ellison") && day.html.contains("16:00–17:00 Dentist"),
        "{}",
        day.html
    );
    assert!(next.html.contains("Your next meeting with Nora is Review: Nora Ellison on"), "{}", next.html);
    assert!(free.html.contains("free times of 30 minutes"), "{}", free.html);
}

#[tokio::test]
async fn a_mail_is_written_in_the_advisors_words() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let turn = ada.ask("Email Sara Smith that her papers are ready").await;

    let (tool, _, action) = only(&app).await;
    assert_eq!(
        (tool.as_str(), &action["to"]),
        ("send_email", &json!(["sara.smith@smiledenver.example"])),
        "{}",
        turn.html
    );
    assert_eq!(action["body"], "Hi Sara,\n\nYour papers are ready.\n\nBest regards,\nAda Lovett");
}

#[tokio::test]
async fn somebody_new_is_created_and_somebody_known_is_not() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let known = ada.ask("Create a contact for bill@thorntonranch.example named Bill Thornton").await;
    assert!(known.html.contains("is in your CRM already"), "{}", known.html);
    let new =
        ada.ask("Create a contact for jane@acme.example named Jane Doe with a note that she met us at the fair").await;

    let (tool, state, action) = only(&app).await;
    assert_eq!(
        (tool.as_str(), state.as_str(), &action["email"]),
        ("create_contact", "done", &json!("jane@acme.example")),
        "{}",
        new.html
    );
    assert_eq!(action["properties"]["lastname"], "Doe");
    assert_eq!(action["note"], "She met us at the fair");
}

#[tokio::test]
async fn deals_are_told() {
    let app = TestApp::start().await;
    let closes = format!("{}T18:00:00Z", today(&app).saturating_add(jiff::Span::new().days(40)));
    for (id, name, amount, stage) in
        [("901", "Hall: stock plan", "4000", "contractsent"), ("902", "Novak Brewing: plan", "5200", "closedwon")]
    {
        let properties = [
            ("dealname", name),
            ("amount", amount),
            ("pipeline", "default"),
            ("dealstage", stage),
            ("closedate", closes.as_str()),
        ];
        app.hubspot.put_object(app.portal(), "deals", &record(id, &properties, &[])).unwrap();
    }
    let ada = practice(&app).await;

    let worth = ada.ask("What is the Hall deal worth?").await;
    let open = ada.ask("Which open deals do I have?").await;

    assert!(worth.html.contains("Hall: stock plan: amount 4,000"), "{}", worth.html);
    assert!(open.html.contains("Hall: stock plan") && !open.html.contains("Novak"), "{}", open.html);
}

#[tokio::test]
async fn an_instruction_is_remembered_and_listed() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let asked = ada.ask("Remember: when someone emails me who is not in HubSpot, create a contact").await;
    let (tool, _, action) = only(&app).await;
    assert_eq!(tool, "create_memory_rule", "{}", asked.html);
    assert_eq!(action["rule_text"], "When someone emails me who is not in HubSpot, create a contact");
    goes_on(&ada, &asked, "yes").await;
    let listed = ada.ask("What rules do I have?").await;

    assert!(listed.html.contains("When someone emails me who is not in HubSpot"), "{}", listed.html);
}
