use super::*;

/// Everything in the database that is searched or told, as text.
async fn everything(app: &TestApp) -> String {
    let mut all = String::new();
    for table in ["contacts", "notes", "deals", "documents", "chunk_text", "events", "effects", "webhook_events"] {
        all += &app.sql(&format!("select t::text from {table} t")).await.concat().join("\n");
    }
    all
}

/// Greg is erased; what is left knows neither his name nor his address nor what was noted on him alone.
async fn is_erased(app: &TestApp) {
    assert_eq!(app.sql("select hubspot_id from contacts").await, [["502"]]);
    assert_eq!(app.sql("select hubspot_id from notes").await, [["902"]], "the note on both stays");
    assert_eq!(
        app.document(NOTE, "902").await.unwrap(),
        "Note on Carolyn Hall, written on 5 May 2026\nThey plan a trip to Norway."
    );
    assert_eq!(app.sql("select contact_ids from deals").await, [["{}"]]);
    let documents = app.count("select count(*) from documents").await;
    assert_eq!(documents, 4, "one contact, one note, one deal, one company");
    assert_eq!(app.count("select count(*) from chunk_text").await, documents);
    assert_eq!(app.count("select count(*) from chunk_vectors").await, documents);
    let left = everything(app).await;
    for word in ["greg@hall.example", "Greg Hall", "AAPL"] {
        assert!(!left.contains(word), "{word} is left");
    }
}

#[tokio::test]
async fn a_privacy_deletion_erases_the_person_and_what_was_made_of_them() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    ada.does("update_contact", json!({ "contact_id": "501", "city": "Denver" })).await;
    assert!(everything(&app).await.contains("greg@hall.example"));
    app.advance(Duration::from_secs(60));
    app.change("contacts", 501, "jobtitle", "Engineer");
    let changed =
        HubspotEvent { property: Some("jobtitle".into()), ..event(&app, ObjectType::Contact, "propertyChange", "501") };
    ada.hear(&app, vec![changed]).await;
    assert_eq!(app.told().await, ["hubspot.contact.propertyChange 501"]);

    app.hubspot.gdpr_delete(app.portal(), 501).unwrap();
    let erased = event(&app, ObjectType::Contact, "privacyDeletion", "501");
    let deleted = event(&app, ObjectType::Contact, "deletion", "501");
    ada.hear(&app, vec![erased.clone(), deleted]).await;
    ada.hear(&app, vec![erased]).await;
    app.work().await;

    is_erased(&app).await;
    assert_eq!(app.told().await, ["hubspot.contact.privacyDeletion 501", "hubspot.contact.deletion 501"]);
}

#[tokio::test]
async fn one_nobody_told_of_is_found_within_a_day() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.hubspot.gdpr_delete(app.portal(), 501).unwrap();
    ada.sync(&app).await;
    assert_eq!(app.count("select count(*) from contacts").await, 2, "nothing tells of it");

    app.advance(Duration::from_secs(25 * 60 * 60));
    ada.sync(&app).await;

    is_erased(&app).await;
}

#[tokio::test]
async fn somebody_elses_records_are_left_alone() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.ready_advisor("bea@firm.example").await;
    app.hubspot.gdpr_delete(app.portal(), 501).unwrap();

    ada.hear(&app, vec![event(&app, ObjectType::Contact, "privacyDeletion", "501")]).await;

    let left =
        app.sql("select u.email from contacts c join users u on u.id = c.user_id where c.hubspot_id = '501'").await;
    assert_eq!(left, [["bea@firm.example"]], "Bea hears of it herself");
}
