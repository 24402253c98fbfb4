//! Associations, in both directions.

use serde_json::json;

use super::{Client, start};

#[tokio::test]
async fn both_sides_see_an_association_with_the_type_of_their_own() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let (_, companies) = client.get("/crm/objects/2026-09/contacts/101/associations/companies").await;
    assert_eq!(companies["results"][0]["toObjectId"], 201);
    assert_eq!(
        companies["results"][0]["associationTypes"],
        json!([
            { "category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary" },
            { "category": "HUBSPOT_DEFINED", "typeId": 279, "label": null },
        ])
    );
    let (_, contacts) = client.get("/crm/v4/objects/companies/201/associations/contacts").await;
    assert_eq!(contacts["results"][0]["associationTypes"][0]["typeId"], 2);

    let path = "/crm/objects/2026-09/notes/401/associations";
    let (status, done) = client.put(&format!("{path}/default/contacts/102"), &json!(null)).await;
    assert_eq!(status, 200);
    assert_eq!(done["results"][0]["associationSpec"]["associationTypeId"], 202);
    let (_, notes) = client.get("/crm/objects/2026-09/contacts/102/associations/notes").await;
    assert_eq!(notes["results"][0]["associationTypes"][0]["typeId"], 201);
    assert_eq!(client.delete(&format!("{path}/contacts/102")).await.0, 204);
    let (_, notes) = client.get("/crm/objects/2026-09/contacts/102/associations/notes").await;
    assert_eq!(notes["results"], json!([]));
    assert_eq!(client.put(&format!("{path}/default/contacts/999"), &json!(null)).await.0, 404);
}

#[tokio::test]
async fn a_label_of_the_portals_own_comes_with_the_default() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let labels = "/crm/associations/2026-09/contacts/contacts/labels";
    let (_, made) = client.post(labels, &json!({ "label": "Parent", "inverseLabel": "Child", "name": "family" })).await;
    let type_id = made["results"][0]["typeId"].clone();
    let spec = json!([{ "associationCategory": "USER_DEFINED", "associationTypeId": type_id }]);
    let (status, done) = client.put("/crm/objects/2026-09/contacts/101/associations/contacts/102", &spec).await;
    assert_eq!((status, &done["labels"]), (201, &json!(["Parent"])));
    let (_, back) = client.get("/crm/objects/2026-09/contacts/102/associations/contacts").await;
    let types = back["results"][0]["associationTypes"].as_array().unwrap();
    assert!(types.iter().any(|one| one["label"] == "Child") && types.iter().any(|one| one["typeId"] == 449));

    let wrong = json!([{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202 }]);
    assert_eq!(client.put("/crm/objects/2026-09/contacts/101/associations/contacts/102", &wrong).await.0, 400);
}

#[tokio::test]
async fn batches_read_create_and_archive() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let base = "/crm/associations/2026-09/contacts/notes/batch";
    let both = json!({ "inputs": [{ "id": "101" }, { "id": "102" }] });
    let (status, read) = client.post(&format!("{base}/read"), &both).await;
    assert_eq!(status, 207);
    assert_eq!(read["results"][0]["to"][0]["toObjectId"], 401);
    assert_eq!(read["errors"][0]["subCategory"], "crm.associations.NO_ASSOCIATIONS_FOUND");

    let link = json!({ "inputs": [{ "from": { "id": "102" }, "to": { "id": "401" }, "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 201 }] }] });
    assert_eq!(client.post(&format!("{base}/create"), &link).await.0, 201);
    assert_eq!(client.post(&format!("{base}/read"), &both).await.0, 200);
    let gone = json!({ "inputs": [{ "from": { "id": "102" }, "to": [{ "id": "401" }] }] });
    assert_eq!(client.post(&format!("{base}/archive"), &gone).await.0, 204);
    let again = json!({ "inputs": [{ "from": { "id": "102" }, "to": { "id": "401" } }] });
    let (status, done) = client.post("/crm/v4/associations/contact/note/batch/associate/default", &again).await;
    assert_eq!((status, done["results"].as_array().unwrap().len()), (200, 2));
}

#[tokio::test]
async fn many_associations_come_in_pages() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    for number in 0..3 {
        let id = client.contact(&format!("n{number}@example.com")).await;
        let path = format!("/crm/objects/2026-09/notes/401/associations/default/contacts/{id}");
        client.put(&path, &json!(null)).await;
    }
    let path = "/crm/objects/2026-09/notes/401/associations/contacts?limit=3";
    let (_, first) = client.get(path).await;
    let after = first["paging"]["next"]["after"].as_str().unwrap();
    let (_, rest) = client.get(&format!("{path}&after={after}")).await;
    assert_eq!((first["results"].as_array().unwrap().len(), rest["results"].as_array().unwrap().len()), (3, 1));
    assert!(rest.get("paging").is_none());
}
