//! Contacts and notes.

use super::*;

const CONTACTS: &str = "/crm/objects/2026-09/contacts";
const NOTES: &str = "/crm/objects/2026-09/notes";

#[tokio::test]
async fn a_note_is_on_its_contact_and_found_at_once() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let body = "Wants to sell <b>AAPL</b> & buy bonds\nbefore May";

    let result = ada.does("create_note", json!({ "contact_id": "501", "note_body": body })).await;

    assert_eq!((result["status"].clone(), result["contact_id"].clone()), ("success".into(), "501".into()));
    assert_eq!(result["body"], body);
    let notes = app.in_portal(ada.user_id().await, "notes", "hs_note_body,hs_timestamp").await;
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0]["id"], result["note_id"]);
    assert_eq!(
        notes[0]["properties"]["hs_note_body"],
        "Wants to sell &lt;b&gt;AAPL&lt;/b&gt; &amp; buy bonds<br>before May"
    );
    assert_eq!(notes[0]["associations"]["contacts"]["results"][0]["id"], "501");
    assert_eq!(notes[0]["associations"]["contacts"]["results"][0]["type"], "note_to_contact");
    let read = ada.does("get_contact_notes", json!({ "contact_id": "501" })).await;
    assert_eq!((read["total"].clone(), read["notes"][0]["body"].clone()), (json!(1), json!(body)));
    let found = ada.post("/api/embeddings/search", json!({ "query": "sell AAPL buy bonds" })).await.json();
    let kinds: Vec<&Value> = found["results"].as_array().unwrap().iter().map(|hit| &hit["source_type"]).collect();
    assert!(kinds.contains(&&json!("hubspot_note")), "{found}");
    let effect = app.sql("select state, provider_ref, tries from effects").await;
    assert_eq!(
        effect,
        [["done".to_owned(), format!("hubspot:notes:{}", result["note_id"].as_str().unwrap()), "1".into()]]
    );
}

#[tokio::test]
async fn a_contact_is_created_with_its_first_note() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let result = ada
        .does(
            "create_contact",
            json!({
                "email": "Sara@Smith.example", "first_name": "Sara", "last_name": "Smith", "job_title": "Pilot",
                "zip_code": "80202", "lifecycle_stage": "Customer", "phone": null, "notes": "Met at the airport.",
            }),
        )
        .await;

    let id = result["contact_id"].as_str().unwrap().to_owned();
    let shown = ["status", "email", "first_name", "job_title", "zip_code", "lifecycle_stage", "note_created"];
    let shown: Vec<Value> = shown.iter().map(|name| result[*name].clone()).collect();
    assert_eq!(
        json!(shown),
        json!(["success", "sara@smith.example", "Sara", "Pilot", "80202", "customer", true]),
        "{result}"
    );
    let notes = app.in_portal(ada.user_id().await, "notes", "hs_note_body").await;
    assert_eq!((notes.len(), &notes[0]["id"]), (1, &result["note_id"]));
    assert_eq!(notes[0]["associations"]["contacts"]["results"][0]["id"], *id);
    let found = ada.does("search_contacts", json!({ "query": "sara smith" })).await;
    assert_eq!(found["contacts"][0]["id"], *id, "nothing has to be read for it: {found}");
    let read = ada.does("get_contact_notes", json!({ "contact_id": id })).await;
    assert_eq!(read["notes"][0]["body"], "Met at the airport.");
}

#[tokio::test]
async fn a_contact_that_is_there_already_is_said_to_be() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    // Nobody has read it yet.
    app.contact("777", "Greg", "Hall", "greg@hall.example");

    let result = ada.does("create_contact", json!({ "email": "greg@hall.example", "notes": "Called." })).await;

    assert_eq!((result["status"].clone(), result["contact_id"].clone()), ("exists".into(), "777".into()));
    assert_eq!(result["contact"]["last_name"], "Hall");
    assert!(result["message"].is_string());
    assert_eq!(app.in_portal(ada.user_id().await, "contacts", "email").await.len(), 1);
    assert_eq!(result["note_created"], true, "the note was wanted whoever made the contact");
    assert_eq!(ada.does("search_contacts", json!({ "query": "greg" })).await["contacts"][0]["id"], "777");
}

#[tokio::test]
async fn only_the_given_fields_of_a_contact_change() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let result = ada
        .does("update_contact", json!({ "contact_id": "501", "phone": "303 555 0100", "company": "Hall LLC" }))
        .await;

    assert_eq!(result["updated_fields"], json!(["company", "phone"]));
    let shown = (&result["status"], &result["first_name"], &result["phone"]);
    assert_eq!(shown, (&json!("success"), &json!("Greg"), &json!("303 555 0100")));
    let contacts = app.in_portal(ada.user_id().await, "contacts", "firstname,phone,company").await;
    assert_eq!(contacts[0]["properties"]["company"], "Hall LLC");
    assert_eq!(contacts[0]["properties"]["firstname"], "Greg");
    let found = ada.does("search_contacts", json!({ "query": "hall llc" })).await;
    assert_eq!(found["contacts"][0]["phone"], "303 555 0100");
    let before =
        app.sql("select before_image->'properties'->>'firstname', before_image->'properties'->>'phone' from effects");
    assert_eq!(before.await, [["Greg", "null"]], "it can be undone");
}

#[tokio::test]
async fn what_hubspot_refuses_is_told_and_not_tried_again() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let error = ada.is_refused("update_contact", json!({ "contact_id": "501", "lifecycle_stage": "demigod" })).await;

    assert!(error.contains("HubSpot refused what was asked (VALIDATION_ERROR)"), "{error}");
    assert_eq!(app.action().await.0, "failed");
    app.at_once().await;
    assert_eq!(asked(app.hubspot.control(), "PATCH", "/crm/objects/2026-09/contacts/501"), 1);
    assert_eq!(app.sql("select state from effects").await, [["intended"]]);
}

#[tokio::test]
async fn an_address_that_is_somebody_elses_is_not_given_to_a_contact() {
    let app = TestApp::start().await;
    app.contact("502", "Greg", "Hill", "greg@hill.example");
    let ada = practice(&app).await;

    let error = ada.is_refused("update_contact", json!({ "contact_id": "501", "email": "greg@hill.example" })).await;

    assert!(error.contains("Another contact") && error.contains("has this address already"), "{error}");
}

#[tokio::test]
async fn a_note_that_fails_leaves_its_contact() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.hubspot.control().arm(fault("POST", NOTES, status(403)));

    let result = ada.does("create_contact", json!({ "email": "sara@smith.example", "notes": "Hello." })).await;

    assert_eq!((result["status"].clone(), result["note_created"].clone()), ("success".into(), json!(false)));
    assert!(result["note_error"].as_str().unwrap().contains("MISSING_SCOPES"), "{result}");
}

mod happens_once {
    use super::*;

    /// Each of the three, and how many of it the portal has when it was done.
    async fn check(kind: FaultKind) {
        let writes = [
            ("create_contact", json!({ "email": "sara@smith.example", "first_name": "Sara" }), "POST", CONTACTS),
            ("update_contact", json!({ "contact_id": "501", "company": "Hall LLC" }), "PATCH", CONTACTS),
            ("create_note", json!({ "contact_id": "501", "note_body": "Called about bonds." }), "POST", NOTES),
        ];
        for (tool, arguments, method, path) in writes {
            let app = TestApp::start().await;
            let ada = practice(&app).await;
            app.hubspot.control().arm(fault(method, path, kind.clone()));

            let answer = ada.tool(tool, arguments).await;
            for _ in 0..3 {
                app.later().await;
            }

            assert_eq!(app.action().await, ("done".into(), String::new()), "{tool} under {kind:?}: {answer}");
            let owner = ada.user_id().await;
            let contacts = app.in_portal(owner, "contacts", "company").await;
            let notes = app.in_portal(owner, "notes", "hs_note_body").await;
            let expected = match tool {
                "create_contact" => (2, 0),
                "update_contact" => (1, 0),
                _ => (1, 1),
            };
            assert_eq!((contacts.len(), notes.len()), expected, "{tool} under {kind:?}");
            if tool == "update_contact" {
                assert_eq!(contacts[0]["properties"]["company"], "Hall LLC");
            }
        }
    }

    #[tokio::test]
    async fn when_the_provider_fails_before_it() {
        check(status(500)).await;
    }

    #[tokio::test]
    async fn when_the_answer_is_lost() {
        check(FaultKind::AppliedThenDropped).await;
    }

    #[tokio::test]
    async fn when_half_of_the_answer_is_lost() {
        check(FaultKind::HalfBody).await;
    }

    #[tokio::test]
    async fn when_the_provider_asks_for_patience() {
        check(asks_for_patience()).await;
    }

    #[tokio::test]
    async fn when_the_token_is_refused() {
        check(status(401)).await;
    }
}

#[tokio::test]
async fn a_contact_whose_note_is_never_taken_is_there_and_that_is_said() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.hubspot.control().arm(many(fault("POST", "/crm/objects/2026-09/notes", asks_for_patience())));

    ada.tool("create_contact", json!({ "email": "sara@smith.example", "notes": "Met at the airport." })).await;
    for _ in 0..4 {
        app.patience_is_over().await;
        app.at_once().await;
    }

    assert_eq!(app.action().await.0, "done", "the contact is there");
    let result = app.sql("select result ->> 'status', result ->> 'note_created' from actions").await;
    assert_eq!(result, [["success", "false"]]);
}
