//! Records one by one and in batches, their surroundings, limits and pages.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, PORTAL, http, send, start};

const CONTACTS: &str = "/crm/objects/2026-09/contacts";

#[tokio::test]
async fn a_contact_is_created_read_changed_and_archived() {
    let (hubspot, clock) = start().await;
    let client = Client::connect(&hubspot).await;
    let body = json!({ "properties": { "email": "New@Example.com", "firstname": "New" } });
    let (status, created) = client.post(CONTACTS, &body).await;
    assert_eq!(status, 201);
    assert_eq!(created["properties"]["email"], "new@example.com");
    assert_eq!(created["properties"]["hs_object_id"], created["id"]);
    assert_eq!(created["createdAt"], created["properties"]["createdate"]);

    let path = format!("{CONTACTS}/{}", created["id"].as_str().unwrap());
    clock.advance(Duration::from_secs(5));
    let (status, changed) =
        client.patch(&path, &json!({ "properties": { "lastname": "Person", "firstname": "" } })).await;
    assert_eq!(status, 200);
    assert!(changed["updatedAt"].as_str() > created["updatedAt"].as_str());

    let (_, read) = client.get(&format!("{CONTACTS}/NEW@example.com?idProperty=email")).await;
    assert_eq!(
        read["properties"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]
    );
    assert_eq!(read["properties"]["firstname"], Value::Null);
    let (_, read) = client.get(&format!("{path}?properties=phone,nonsense&propertiesWithHistory=lastname")).await;
    assert_eq!(read["properties"]["phone"], Value::Null);
    assert!(read["properties"].get("nonsense").is_none());
    assert_eq!(read["propertiesWithHistory"]["lastname"][0]["sourceType"], "INTEGRATION");

    assert_eq!(client.delete(&path).await.0, 204);
    let (status, gone) = client.get(&path).await;
    assert_eq!((status, &gone["category"]), (404, &"OBJECT_NOT_FOUND".into()));
    let (status, archived) = client.get(&format!("{path}?archived=true")).await;
    assert_eq!((status, &archived["archived"]), (200, &true.into()));
    assert!(archived["archivedAt"].is_string());
}

#[tokio::test]
async fn a_known_address_is_a_conflict() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let (status, refused) = client.post(CONTACTS, &json!({ "properties": { "email": "BILL@example.com" } })).await;
    assert_eq!(status, 409);
    assert_eq!(refused["category"], "CONFLICT");
    assert_eq!(refused["message"], "Contact already exists. Existing ID: 101");
}

#[tokio::test]
async fn values_are_checked_one_by_one() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let body = json!({ "properties": {
        "nickname": "B", "email": "nonsense", "lifecyclestage": "friend", "lastmodifieddate": "2026-01-01", "hubspot_owner_id": "1",
    } });
    let (status, refused) = client.post(CONTACTS, &body).await;
    assert_eq!((status, &refused["category"]), (400, &"VALIDATION_ERROR".into()));
    let mut codes: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        ["INVALID_EMAIL", "INVALID_OPTION", "INVALID_OPTION", "PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"]
    );
    assert!(refused["message"].as_str().unwrap().starts_with("Property values were not valid: [{"));

    let (status, refused) = client.post("/crm/v3/objects/notes", &json!({ "properties": {} })).await;
    assert_eq!((status, &refused["context"]["properties"]), (400, &json!(["hs_timestamp"])));
    let (status, _) = client.post("/crm/objects/2026-09/dragons", &json!({ "properties": {} })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_note_is_created_with_its_contact() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let note = |type_id: u32, to: &str| {
        json!({
            "properties": { "hs_timestamp": "1767312000000", "hs_note_body": "<b>Call</b> <script>x</script>" },
            "associations": [{
                "to": { "id": to },
                "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id }],
            }],
        })
    };
    let (status, created) = client.post("/crm/objects/2026-09/notes", &note(202, "101")).await;
    assert_eq!(status, 201);
    assert_eq!(created["properties"]["hs_timestamp"], "2026-01-02T00:00:00.000Z");
    let id = created["id"].as_str().unwrap();
    let (_, read) = client.get(&format!("/crm/objects/2026-09/notes/{id}?associations=contacts,companies")).await;
    assert_eq!(
        read["associations"],
        json!({ "contacts": { "results": [{ "id": "101", "type": "note_to_contact" }] } })
    );
    for wrong in [note(202, "999"), note(279, "101")] {
        assert_eq!(client.post("/crm/objects/2026-09/notes", &wrong).await.0, 400);
    }

    let page = send(http().get(format!("{}/contacts/{PORTAL}/record/0-1/101?engagement={id}", hubspot.url()))).await;
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("stand-in") && page.contains("Bill Ross") && page.contains("Plays &amp; coaches baseball"));
    assert!(page.contains(&format!("id=\"engagement-{id}\" class=\"meant\"")) && !page.contains("<script"));
    let page = send(http().get(format!("{}/contacts/{PORTAL}/record/0-1/999", hubspot.url()))).await;
    assert_eq!(page.status(), 404);
}

#[tokio::test]
async fn a_list_is_paged_and_says_how_many_calls_are_left() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    for number in 0..4 {
        client.contact(&format!("p{number}@example.com")).await;
    }
    let (mut after, mut ids) = (String::from("0"), Vec::new());
    loop {
        let (_, page) = client.get(&format!("{CONTACTS}?limit=4&after={after}")).await;
        ids.extend(page["results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        match page["paging"]["next"]["after"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(ids.len(), 6);
    assert_eq!(client.get(&format!("{CONTACTS}?limit=101")).await.0, 400);

    let answer = client.answer(Method::GET, CONTACTS, None).await;
    assert_eq!(answer.headers()["x-hubspot-ratelimit-max"], "110");
    assert_eq!(answer.headers()["x-hubspot-ratelimit-interval-milliseconds"], "10000");
}

#[tokio::test]
async fn limits_bind_when_they_are_enforced() {
    let (hubspot, clock) = start().await;
    let client = Client::connect(&hubspot).await;
    hubspot.enforce_limits(true);
    let mut refused = Value::Null;
    for _ in 0..111 {
        refused = client.get(&format!("{CONTACTS}/101")).await.1;
    }
    assert_eq!(refused["policyName"], "TEN_SECONDLY_ROLLING");
    assert_eq!(refused["errorType"], "RATE_LIMIT");
    clock.advance(Duration::from_secs(10));
    assert_eq!(client.get(&format!("{CONTACTS}/101")).await.0, 200);

    let search = format!("{CONTACTS}/search");
    for _ in 0..5 {
        let answer = client.answer(Method::POST, &search, Some(&json!({}))).await;
        assert!(answer.headers().get("x-hubspot-ratelimit-max").is_none());
    }
    let (status, refused) = client.post(&search, &json!({})).await;
    assert_eq!((status, &refused["policyName"]), (429, &"SECONDLY".into()));
}

#[tokio::test]
async fn batches_say_which_inputs_failed() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let read = json!({ "idProperty": "email", "inputs": [{ "id": "bill@example.com" }, { "id": "no@example.com" }], "properties": ["email"] });
    let (status, partly) = client.post(&format!("{CONTACTS}/batch/read"), &read).await;
    assert_eq!(status, 207);
    assert_eq!(partly["results"][0]["id"], "101");
    assert_eq!(partly["errors"][0]["category"], "OBJECT_NOT_FOUND");
    assert_eq!(partly["errors"][0]["context"]["ids"], json!(["no@example.com"]));

    let two = json!({ "inputs": [{ "properties": { "email": "x@example.com" } }, { "properties": { "email": "bill@example.com" } }] });
    assert_eq!(client.post(&format!("{CONTACTS}/batch/create"), &two).await.0, 409);
    assert_eq!(client.get(&format!("{CONTACTS}/x@example.com?idProperty=email")).await.0, 404);
    let mut traced = two.clone();
    traced["inputs"][0]["objectWriteTraceId"] = "a".into();
    traced["inputs"][1]["objectWriteTraceId"] = "b".into();
    let (status, partly) = client.post(&format!("{CONTACTS}/batch/create"), &traced).await;
    assert_eq!((status, &partly["results"][0]["objectWriteTraceId"]), (207, &"a".into()));
    assert_eq!(partly["errors"][0]["context"]["objectWriteTraceId"], json!(["b"]));

    let update =
        json!({ "inputs": [{ "id": "101", "properties": { "city": "Reno" } }, { "id": "9", "properties": {} }] });
    let (status, partly) = client.post(&format!("{CONTACTS}/batch/update"), &update).await;
    assert_eq!((status, partly["results"].as_array().unwrap().len()), (207, 1));

    let upsert = json!({ "inputs": [
        { "id": "bill@example.com", "idProperty": "email", "properties": { "city": "Ely" } },
        { "id": "fresh@example.com", "idProperty": "email", "properties": { "city": "Elko" } },
    ] });
    let (status, done) = client.post(&format!("{CONTACTS}/batch/upsert"), &upsert).await;
    assert_eq!(status, 200);
    assert_eq!((&done["results"][0]["new"], &done["results"][1]["new"]), (&false.into(), &true.into()));

    let (status, _) =
        client.post(&format!("{CONTACTS}/batch/archive"), &json!({ "inputs": [{ "id": "101" }, { "id": "9" }] })).await;
    assert_eq!(status, 204);
    assert_eq!(client.get(&format!("{CONTACTS}/101")).await.0, 404);
    let many: Vec<_> = (0..101).map(|id| json!({ "id": id.to_string() })).collect();
    assert_eq!(client.post(&format!("{CONTACTS}/batch/read"), &json!({ "inputs": many })).await.0, 400);
}

#[tokio::test]
async fn a_merge_keeps_the_primary_and_leads_the_other_to_it() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let (status, merged) =
        client.post(&format!("{CONTACTS}/merge"), &json!({ "primaryObjectId": "102", "objectIdToMerge": "101" })).await;
    assert_eq!(status, 200);
    assert_eq!(merged["id"], "102");
    assert_eq!(merged["properties"]["lastname"], "Ross");
    assert_eq!(merged["properties"]["hs_additional_emails"], "bill@example.com");
    assert_eq!(client.get(&format!("{CONTACTS}/101")).await.1["id"], "102");
    let (_, notes) = client.get("/crm/v4/objects/contacts/102/associations/notes").await;
    assert_eq!(notes["results"][0]["toObjectId"], 401);

    hubspot.merge_into_new(PORTAL, true).unwrap();
    let other = client.contact("third@example.com").await;
    let id = hubspot.merge(PORTAL, "contacts", 102, other.parse().unwrap()).unwrap();
    assert_ne!(id, 102);
    for old in ["101", "102", &other] {
        assert_eq!(client.get(&format!("{CONTACTS}/{old}")).await.1["id"], id.to_string());
    }
    assert_eq!(client.post(&format!("{CONTACTS}/gdpr-delete"), &json!({ "objectId": id.to_string() })).await.0, 204);
    assert_eq!(client.get(&format!("{CONTACTS}/102")).await.0, 404);
    assert_eq!(client.get("/crm/objects/2026-09/notes/401").await.0, 404, "its note is on nobody else");
}

#[tokio::test]
async fn the_surroundings_of_the_records_are_there() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    for path in ["/crm/owners/2026-09?email=ADA@example.com", "/crm/v3/owners/"] {
        let (_, owners) = client.get(path).await;
        assert_eq!(owners["results"][0]["id"], "9001");
    }
    assert_eq!(client.get("/crm/owners/2026-09/7001?idProperty=userId").await.1["firstName"], "Ada");
    let (_, pipelines) = client.get("/crm/pipelines/2026-09/deals").await;
    assert_eq!(pipelines["results"][0]["stages"][5]["metadata"], json!({ "isClosed": "true", "probability": "1.0" }));
    let (_, properties) = client.get("/crm/properties/2026-09/contacts").await;
    let names: Vec<_> = properties["results"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert!(names.contains(&"email".into()) && names.contains(&"risk_profile".into()));
    let (_, account) = client.get("/account-info/2026-09/details").await;
    assert_eq!((&account["portalId"], &account["timeZone"]), (&PORTAL.into(), &"America/Denver".into()));
    assert_eq!(
        client.get("/crm/objects/2026-09/deals/301?properties=hs_is_closed_won").await.1["properties"]["hs_is_closed_won"],
        "true"
    );
}
