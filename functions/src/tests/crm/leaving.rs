use super::*;

#[tokio::test]
async fn a_deal_that_is_deleted_goes_and_one_that_is_restored_comes_back() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    app.hubspot.archive(app.portal(), "deals", 801).unwrap();
    ada.sync(&app).await;
    assert_eq!(app.count("select count(*) from deals").await, 0);
    assert_eq!(app.document(DEAL, "801").await, None);

    app.hubspot.restore(app.portal(), "deals", 801).unwrap();
    ada.sync(&app).await;
    assert!(app.document(DEAL, "801").await.unwrap().contains("Contacts: Greg Hall."));
}

#[tokio::test]
async fn a_contact_that_is_restored_has_its_notes_and_deals_again() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.hubspot.archive(app.portal(), "contacts", 501).unwrap();
    // The notes are changed while the contact is away, and then name nobody.
    app.change("notes", 901, "hs_note_body", "Greg wants to sell AAPL soon.");
    app.change("deals", 801, "amount", "4100");
    ada.sync(&app).await;
    assert_eq!(app.metadata(NOTE, "901").await["contacts"], json!([]));
    assert_eq!(app.document(CONTACT, "501").await, None);

    app.hubspot.restore(app.portal(), "contacts", 501).unwrap();
    ada.sync(&app).await;

    assert_eq!(app.metadata(NOTE, "901").await["contacts"], json!(["Greg Hall"]));
    assert!(app.document(DEAL, "801").await.unwrap().contains("Contacts: Greg Hall."));
    assert!(app.document(CONTACT, "501").await.is_some());
}

#[tokio::test]
async fn an_empty_or_failing_answer_deletes_nothing() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let empty = |path: &str| fakes::server::Fault {
        method: None,
        path: path.into(),
        times: 100,
        kind: fakes::server::FaultKind::Status {
            status: 200,
            headers: BTreeMap::new(),
            body: Some(json!({ "results": [] })),
        },
    };
    for object in ObjectType::ALL {
        app.hubspot.control().arm(empty(&format!("/crm/objects/2026-09/{}", object.plural())));
        app.hubspot.control().arm(empty(&format!("/crm/objects/2026-09/{}/batch/read", object.plural())));
    }

    // A day later everything is listed again, and nothing is listed.
    app.advance(Duration::from_secs(25 * 60 * 60));
    ada.sync(&app).await;

    let left = "select (select count(*) from contacts) + (select count(*) from notes) + (select count(*) from deals)";
    assert_eq!(app.count(left).await, 5);
    assert_eq!(app.count("select count(*) from documents").await, 6);
}

mod a_merge {
    use super::*;

    /// A second record of Greg, with a note of its own.
    async fn doubled(app: &TestApp) -> Person<'_> {
        app.contact("503", "Gregory", "Hall", "g.hall@old.example");
        app.note("903", "503", "Gregory likes trains.");
        practice(app).await
    }

    #[tokio::test]
    async fn leaves_one_contact_with_the_notes_and_addresses_of_both() {
        let app = TestApp::start().await;
        let ada = doubled(&app).await;

        app.hubspot.merge(app.portal(), "contacts", 501, 503).unwrap();
        ada.sync(&app).await;

        assert_eq!(app.sql("select hubspot_id from contacts order by 1").await.concat(), ["501", "502"]);
        assert_eq!(app.document(CONTACT, "503").await, None);
        assert_eq!(app.sql("select contact_ids[1] from notes where hubspot_id = '903'").await, [["501"]]);
        assert!(app.document(NOTE, "903").await.unwrap().starts_with("Note on Greg Hall"));
        assert!(app.metadata(NOTE, "903").await["url"].as_str().unwrap().contains("/record/0-1/501?"));
        let known = ada.does("search_contacts", json!({ "query": "g.hall@old.example" })).await;
        assert_eq!(known["contacts"][0]["id"], "501");
    }

    #[tokio::test]
    async fn into_a_record_with_an_id_of_its_own_moves_everything_there() {
        let app = TestApp::start().await;
        let ada = doubled(&app).await;

        app.hubspot.merge_into_new(app.portal(), true).unwrap();
        let new = app.hubspot.merge(app.portal(), "contacts", 501, 503).unwrap().to_string();
        ada.sync(&app).await;

        assert_eq!(app.sql("select hubspot_id from contacts order by 1").await.concat(), [new.clone(), "502".into()]);
        let on =
            app.sql("select distinct unnest(contact_ids) from notes union select unnest(contact_ids) from deals").await;
        assert_eq!(on.len(), 2, "{on:?}");
        assert!(on.concat().contains(&new));
        assert_eq!(app.metadata(NOTE, "901").await["contact_id"], *new);
        assert_eq!(app.metadata(DEAL, "801").await["contacts"], json!(["Greg Hall"]));
        let notes = ada.does("get_contact_notes", json!({ "contact_id": new })).await;
        assert_eq!(notes["total"], 3);
    }

    #[tokio::test]
    async fn that_a_webhook_tells_of_is_told_once() {
        let app = TestApp::start().await;
        let ada = doubled(&app).await;
        app.advance(Duration::from_secs(60));
        app.hubspot.merge(app.portal(), "contacts", 501, 503).unwrap();

        let merge = HubspotEvent {
            merged_ids: vec!["501".into(), "503".into()],
            ..event(&app, ObjectType::Contact, "merge", "501")
        };
        ada.hear(&app, vec![merge.clone()]).await;
        ada.hear(&app, vec![merge]).await;
        ada.sync(&app).await;

        assert_eq!(app.told().await, ["hubspot.contact.merge 501"]);
        assert_eq!(app.document(CONTACT, "503").await, None);
        assert!(app.document(NOTE, "903").await.unwrap().starts_with("Note on Greg Hall"));
    }

    #[tokio::test]
    async fn of_companies_moves_their_people_and_deals() {
        let app = TestApp::start().await;
        app.put("companies", "702", &[("name", "Hall Engineers Ltd")], &[]);
        let ada = practice(&app).await;

        app.hubspot.merge(app.portal(), "companies", 702, 701).unwrap();
        ada.sync(&app).await;

        assert_eq!(app.document(COMPANY, "701").await, None);
        assert!(app.document(CONTACT, "501").await.unwrap().contains("Company: Hall Engineers Ltd."));
        assert_eq!(app.sql("select company_ids[1] from deals").await, [["702"]]);
    }
}
