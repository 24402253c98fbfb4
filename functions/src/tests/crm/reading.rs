use super::*;

#[tokio::test]
async fn a_deal_is_read_with_the_names_of_its_stage_owner_people_and_companies() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let deal = app.document(DEAL, "801").await.unwrap();

    for said in [
        "Deal Hall: concentrated stock plan with Greg Hall",
        "Stage: Contract Sent (open).",
        "Pipeline: Sales Pipeline.",
        "Amount: 4,000.",
        "Expected to close: 15 December 2026.",
        "Companies: Hall Engineering.",
        "Owner: Ada Lovett.",
    ] {
        assert!(deal.contains(said), "{said} is not in {deal}");
    }
    let found = ada
        .post("/api/embeddings/search", json!({ "query": "concentrated stock plan", "source_type": "hubspot_deal" }))
        .await
        .json();
    let hit = &found["results"][0];
    assert_eq!(
        (hit["source_type"].as_str(), hit["source_id"].as_str()),
        (Some("hubspot_deal"), Some("801")),
        "{found}"
    );
    let url = hit["metadata"]["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/contacts/{}/record/0-3/801", app.portal())), "{url}");
    assert!(app.page(url).await.contains("concentrated stock plan"), "the link opens the deal");
    let stats = ada.get("/api/embeddings/stats").await.json();
    assert_eq!((&stats["deal_vectors"], &stats["company_vectors"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_company_is_read_and_its_people_know_it() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    assert!(app.document(COMPANY, "701").await.unwrap().contains("Domain: hall.example."));
    assert!(app.document(CONTACT, "501").await.unwrap().contains("Company: Hall Engineering."));
    assert_eq!(app.metadata(NOTE, "901").await["contacts"], json!(["Greg Hall"]));

    app.change("companies", 701, "name", "Hall & Daughters");
    ada.sync(&app).await;

    assert!(app.document(CONTACT, "501").await.unwrap().contains("Company: Hall & Daughters."));
    assert!(app.document(DEAL, "801").await.unwrap().contains("Companies: Hall & Daughters."));
}

#[tokio::test]
async fn what_changed_is_read_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.advance(Duration::from_secs(600));
    app.hubspot.control().forget_requests();

    app.change("deals", 801, "amount", "5500.50");
    app.change("contacts", 502, "lastname", "Hall-Berg");
    ada.sync(&app).await;

    assert!(app.document(DEAL, "801").await.unwrap().contains("Amount: 5,500.50."));
    let note = app.document(NOTE, "902").await.unwrap();
    assert!(note.starts_with("Note on Greg Hall and Carolyn Hall-Berg"), "{note}");
    let listed = app.hubspot.control().requests();
    let listed = listed.iter().filter(|request| request.uri.contains("archived=false")).count();
    assert_eq!(listed, 1, "only the owners are listed again");
}

#[tokio::test]
async fn a_stage_that_is_called_otherwise_is_called_so_in_every_deal() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    app.hubspot.rename_stage(app.portal(), "contractsent", "Waiting for signature").unwrap();
    ada.sync(&app).await;

    assert!(app.document(DEAL, "801").await.unwrap().contains("Stage: Waiting for signature (open)."));
    assert_eq!(app.metadata(DEAL, "801").await["stage"], "Waiting for signature");
}

#[tokio::test]
async fn a_portal_the_version_before_has_read_is_gone_on_with() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.sql(
        r#"delete from documents where kind in (5, 6); delete from deals; delete from companies; delete from owners;
           delete from pipelines; update contacts set company_ids = '{}', listed_at = null;
           update sync_cursors set cursor = '{"phase": "archived_notes", "contacts": "2026-11-20T10:00:00Z",
                                              "notes": "2026-11-20T10:00:00Z", "after": null}' where source = 'hubspot'"#,
    )
    .await;

    ada.sync(&app).await;

    assert!(app.document(DEAL, "801").await.unwrap().contains("Stage: Contract Sent (open)."));
    assert!(app.document(COMPANY, "701").await.is_some());
    assert_eq!(app.sql("select company_ids[1] from contacts where hubspot_id = '501'").await, [["701"]]);
    assert_eq!(app.told().await, Vec::<String>::new(), "what was there before is no news");
    assert_eq!(ada.get("/api/ingest/status").await.json()["complete"], true);
}

#[tokio::test]
async fn searches_keep_to_the_pace_hubspot_allows() {
    let app = TestApp::start().await;
    app.hubspot.enforce_limits(true);
    let ada = practice(&app).await;
    app.hubspot.control().forget_requests();

    ada.sync(&app).await;
    ada.sync(&app).await;

    let refused = app.hubspot.control().requests().iter().filter(|request| request.status == 429).count();
    assert_eq!(refused, 0);
    assert_eq!(ada.get("/api/ingest/status").await.json()["complete"], true);
}
