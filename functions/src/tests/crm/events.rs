use super::*;

#[tokio::test]
async fn a_new_contact_is_told_once_by_whichever_way_it_is_heard_of() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.advance(Duration::from_secs(60));

    app.make("contacts", "601", &[("firstname", "Nora"), ("email", "nora@ellison.example")]);
    let made = event(&app, ObjectType::Contact, "creation", "601");
    ada.hear(&app, vec![made.clone(), made.clone()]).await;
    ada.sync(&app).await;
    app.make("contacts", "602", &[("firstname", "Omar"), ("email", "omar@reed.example")]);
    ada.sync(&app).await;
    ada.hear(&app, vec![event(&app, ObjectType::Contact, "creation", "602"), made]).await;

    assert_eq!(app.told().await, ["hubspot.contact.creation 601", "hubspot.contact.creation 602"]);
    let facts =
        app.sql("select facts->>'name', facts->>'email', facts->>'change_source' from events order by id").await;
    assert_eq!(facts, [["Nora", "nora@ellison.example", "CRM_UI"], ["Omar", "omar@reed.example", "CRM_UI"]]);
    assert_eq!(app.count("select count(*) from tasks where task_type = 'handle_event'").await, 2);
}

#[tokio::test]
async fn what_was_there_before_the_advisor_came_is_no_news() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    ada.sync(&app).await;

    assert_eq!(app.told().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_changed_property_is_told_with_what_it_was_changed_to_then() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let change = |value: &str| {
        app.advance(Duration::from_secs(60));
        app.change("deals", 801, "dealstage", value);
        HubspotEvent { property: Some("dealstage".into()), ..event(&app, ObjectType::Deal, "propertyChange", "801") }
    };
    let first = change("closedwon");
    let second = change("closedlost");

    // They come late and in reverse.
    ada.hear(&app, vec![second.clone()]).await;
    ada.hear(&app, vec![first, second]).await;

    let facts = app.sql("select event_type, facts->>'property', facts->>'value' from events order by id").await;
    assert_eq!(
        facts,
        [
            ["hubspot.deal.propertyChange", "dealstage", "closedlost"],
            ["hubspot.deal.propertyChange", "dealstage", "closedwon"]
        ]
    );
    assert!(app.document(DEAL, "801").await.unwrap().contains("Stage: Closed Lost (closed, lost)."));
}

#[tokio::test]
async fn a_deletion_is_told_once_and_one_that_was_taken_back_is_not() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.advance(Duration::from_secs(60));
    app.hubspot.archive(app.portal(), "contacts", 502).unwrap();
    let deleted = event(&app, ObjectType::Contact, "deletion", "502");

    ada.sync(&app).await;
    ada.hear(&app, vec![deleted.clone()]).await;
    assert_eq!(app.told().await, ["hubspot.contact.deletion 502"]);

    app.advance(Duration::from_secs(60));
    app.hubspot.restore(app.portal(), "contacts", 502).unwrap();
    ada.hear(&app, vec![event(&app, ObjectType::Contact, "restore", "502"), deleted]).await;

    assert_eq!(app.told().await, ["hubspot.contact.deletion 502", "hubspot.contact.restore 502"]);
    assert!(app.document(NOTE, "902").await.unwrap().starts_with("Note on Greg Hall and Carolyn Hall"));
}

#[tokio::test]
async fn a_new_association_is_read_and_told() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.advance(Duration::from_secs(60));
    app.hubspot.associate(app.portal(), ("contacts", 502), ("deals", 801)).unwrap();

    let linked = HubspotEvent {
        associated: Some((ObjectType::Deal, "801".into())),
        ..event(&app, ObjectType::Contact, "associationChange", "502")
    };
    ada.hear(&app, vec![linked]).await;

    assert!(app.document(DEAL, "801").await.unwrap().contains("Contacts: Greg Hall, Carolyn Hall."));
    let facts = app.sql("select event_type, facts->>'property', facts->>'value' from events").await;
    assert_eq!(facts, [["hubspot.contact.associationChange", "deal", "801"]]);
}

#[tokio::test]
async fn our_own_writes_are_never_news() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.advance(Duration::from_secs(60));
    // Connected before HubSpot's number of the application was kept.
    app.sql("update connections set app_id = null").await;

    let made = ada.does("create_contact", json!({ "email": "nora@ellison.example", "first_name": "Nora" })).await;
    let id = made["contact_id"].as_str().unwrap();
    let own = |change: &str| HubspotEvent {
        change_source: "INTEGRATION".into(),
        source_id: Some("1160452".into()),
        property: (change == "propertyChange").then(|| "firstname".into()),
        ..event(&app, ObjectType::Contact, change, id)
    };
    ada.hear(&app, vec![own("creation"), own("propertyChange")]).await;
    assert_eq!(app.sql("select app_id from connections where provider = 'hubspot'").await, [["1160452"]]);
    // The row is lost, and found again by reading.
    app.sql("delete from contacts where first_name = 'Nora'").await;
    app.advance(Duration::from_secs(25 * 60 * 60));
    ada.sync(&app).await;

    assert_eq!(app.count("select count(*) from contacts where first_name = 'Nora'").await, 1);
    assert_eq!(app.told().await, Vec::<String>::new());

    // Another application is somebody else.
    let other = HubspotEvent { source_id: Some("77".into()), ..own("propertyChange") };
    ada.hear(&app, vec![other]).await;
    assert_eq!(app.sql("select facts->>'change_source' from events").await, [["INTEGRATION"]]);
}

#[tokio::test]
async fn that_we_changed_a_record_does_not_hide_that_somebody_made_it() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.advance(Duration::from_secs(60));
    app.make("contacts", "601", &[("firstname", "Nora"), ("email", "nora@ellison.example")]);

    let own = HubspotEvent {
        change_source: "INTEGRATION".into(),
        source_id: Some("1160452".into()),
        property: Some("city".into()),
        ..event(&app, ObjectType::Contact, "propertyChange", "601")
    };
    ada.hear(&app, vec![own]).await;

    assert_eq!(app.told().await, ["hubspot.contact.creation 601"]);
}

#[tokio::test]
async fn what_nobody_knows_of_any_more_tells_nothing() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    ada.hear(
        &app,
        vec![
            event(&app, ObjectType::Contact, "creation", "99999"),
            event(&app, ObjectType::Deal, "somethingNew", "801"),
            HubspotEvent { property: None, ..event(&app, ObjectType::Contact, "propertyChange", "501") },
        ],
    )
    .await;

    assert_eq!(app.told().await, Vec::<String>::new());
}
