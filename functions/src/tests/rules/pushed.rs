//! The same three instructions, told of by the providers' own messages: twice, late, and in the wrong order.

use fakes::google::PushFault;
use fakes::hubspot::Trouble;

use super::*;
use crate::tests::calendar::{event, with};

const PUSHES: &str = "select count(*) from webhook_events where source = 'gmail'";

#[tokio::test]
async fn a_stranger_becomes_a_contact_once_however_the_mail_is_told_of() {
    let app = TestApp::listening().await;
    let ada = app.ready_advisor(ADA).await;
    app.until("select count(*) from watches where source = 'gmail'", "1").await;
    ada.confirmed_rule(STRANGER).await;

    app.google.break_next_push(PushFault::Duplicate);
    app.gets(NORA, "Our retirement", "We would like to talk about retiring in Boise.");
    app.google.break_next_push(PushFault::Reordered);
    app.gets(("Omar Reed", "omar@reed.example"), "Taxes", "Please send the 1099.");
    app.gets(("Greg Hall", "greg@hall.example"), "Hello", "Just saying hello.");
    app.until(PUSHES, "3").await;
    app.work().await;
    app.sweep().await;
    app.work().await;

    assert_eq!(app.actions().await, [["create_contact", "done"]; 3]);
    let contacts = app.sql("select email from contacts order by 1").await;
    assert_eq!(contacts, [["greg@hall.example"], ["nora@ellison.example"], ["omar@reed.example"]]);
    assert_eq!(app.count("select count(*) from notes").await, 3, "a note about each mail, and no more");
}

#[tokio::test]
async fn a_new_client_is_thanked_once_however_often_hubspot_tells_of_them() {
    let app = TestApp::listening().await;
    let ada = app.ready_advisor(ADA).await;
    ada.confirmed_rule(THANKS).await;
    app.hubspot.webhook_trouble(Trouble { duplicate: 2, reorder: 2, lose: 0 });

    app.new_contact("777", "Priya", "Raman", "priya@raman.example");
    let told = "select count(*) > 0 from webhook_events where source = 'hubspot' and event_type like '%creation'";
    app.until(told, "t").await;
    app.work().await;
    // Found again by reading, as if the message had been lost.
    ada.reads_hubspot().await;

    assert_eq!(app.actions().await, [["send_email", "done"]]);
    assert_eq!(app.google.find(ADA, "in:sent to:priya@raman.example").as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn those_who_are_invited_hear_of_the_meeting_once_it_is_in_the_calendar() {
    let app = TestApp::listening().await;
    let ada = app.ready_advisor(ADA).await;
    app.until("select count(*) from watches where source = 'calendar' and confirmed_at is not null", "1").await;
    ada.confirmed_rule(MEETING).await;

    let before = app.count("select count(*) from webhook_events where source = 'calendar'").await;
    app.google
        .put_event(&with(event("review01", "Annual review", "2027-01-12T17:00:00Z", "2027-01-12T18:00:00Z"), NORA));
    app.until(&format!("select count(*) > {before} from webhook_events where source = 'calendar'"), "t").await;
    app.work().await;

    assert_eq!(app.actions().await, [["send_email", "done"]]);
    assert_eq!(app.google.find(ADA, "in:sent to:nora@ellison.example").as_array().unwrap().len(), 1);
}

/// With all three at once: HubSpot tells of the contact a rule made, and nobody thanks them for it.
#[tokio::test]
async fn whom_a_rule_made_a_contact_is_not_one_the_advisor_made() {
    let app = TestApp::listening().await;
    let ada = app.ready_advisor(ADA).await;
    app.until("select count(*) from watches where source = 'gmail'", "1").await;
    for text in [STRANGER, THANKS, MEETING] {
        ada.confirmed_rule(text).await;
    }

    app.gets(NORA, "Our retirement", "We would like to talk about retiring in Boise.");
    app.until(PUSHES, "1").await;
    app.work().await;
    app.until("select count(*) > 0 from webhook_events where source = 'hubspot' and event_type like '%creation'", "t")
        .await;
    app.work().await;
    ada.reads_hubspot().await;

    assert_eq!(app.actions().await, [["create_contact", "done"]]);
    assert_eq!(app.sent().len(), 0);
}
