//! Search: operators, limits, and an index that is behind.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Client, PORTAL, object, start};

async fn ids(client: &Client, kind: &str, body: Value) -> Vec<String> {
    let (status, found) = client.post(&format!("/crm/objects/2026-09/{kind}/search"), &body).await;
    assert_eq!(status, 200, "{found}");
    found["results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn by(name: &str, operator: &str, more: &Value) -> Value {
    let mut filter = json!({ "propertyName": name, "operator": operator });
    filter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "filterGroups": [{ "filters": [filter] }] })
}

#[tokio::test]
async fn every_operator_finds_what_it_should() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let none: [&str; 0] = [];
    for (name, operator, more, expected) in [
        ("email", "EQ", json!({ "value": "BILL@example.com" }), &["101"][..]),
        ("email", "NEQ", json!({ "value": "bill@example.com" }), &["102"]),
        ("lastname", "HAS_PROPERTY", json!({}), &["101"]),
        ("lastname", "NOT_HAS_PROPERTY", json!({}), &["102"]),
        ("firstname", "IN", json!({ "values": ["bill", "ann"] }), &["101"]),
        ("firstname", "IN", json!({ "values": ["Bill"] }), &none),
        ("firstname", "NOT_IN", json!({ "values": ["bill"] }), &["102"]),
        ("email", "CONTAINS_TOKEN", json!({ "value": "*@example.org" }), &["102"]),
        ("email", "NOT_CONTAINS_TOKEN", json!({ "value": "bill" }), &["102"]),
        ("lastmodifieddate", "GTE", json!({ "value": "1767607200000" }), &["101", "102"]),
        ("lastmodifieddate", "GT", json!({ "value": "2026-01-05T10:00:00Z" }), &none),
        ("createdate", "BETWEEN", json!({ "value": "2026-01-01", "highValue": "2026-02-01" }), &["101", "102"]),
        // Contacts have no value for it, which has surprised many.
        ("hs_lastmodifieddate", "GT", json!({ "value": "0" }), &none),
        ("associations.company", "EQ", json!({ "value": "201" }), &["101"]),
    ] {
        assert_eq!(ids(&client, "contacts", by(name, operator, &more)).await, expected, "{name} {operator}");
    }
    assert_eq!(ids(&client, "deals", by("hs_is_closed_won", "EQ", &json!({ "value": "true" }))).await, ["301"]);
    assert_eq!(ids(&client, "contacts", json!({ "query": "sar" })).await, ["102"]);
    assert_eq!(ids(&client, "notes", json!({ "query": "BASEBALL coaches" })).await, ["401"]);
    let sorted = json!({ "sorts": [{ "propertyName": "firstname", "direction": "DESCENDING" }] });
    assert_eq!(ids(&client, "contacts", sorted).await, ["102", "101"]);
    assert_eq!(ids(&client, "contacts", json!({ "sorts": ["-email"], "limit": 1, "after": "1" })).await, ["101"]);
}

#[tokio::test]
async fn too_much_is_refused() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let filters = |count: usize| vec![json!({ "propertyName": "email", "operator": "HAS_PROPERTY" }); count];
    let group = |count: usize| json!({ "filters": filters(count) });
    for body in [
        json!({ "filterGroups": vec![group(1); 6] }),
        json!({ "filterGroups": [group(7)] }),
        json!({ "filterGroups": vec![group(5); 4] }),
        json!({ "limit": 201 }),
        json!({ "limit": 100, "after": 9901 }),
        json!({ "query": "x".repeat(3001) }),
        json!({ "sorts": ["email", "firstname"] }),
        by("nonsense", "EQ", &json!({ "value": "1" })),
        by("email", "LIKE", &json!({ "value": "1" })),
        by("email", "EQ", &json!({})),
    ] {
        let (status, refused) = client.post("/crm/objects/2026-09/contacts/search", &body).await;
        assert_eq!((status, &refused["category"]), (400, &"VALIDATION_ERROR".into()), "{body}");
    }
}

#[tokio::test]
async fn the_index_can_be_behind() {
    let (hubspot, clock) = start().await;
    let client = Client::connect(&hubspot).await;
    hubspot.search_lag(Duration::from_secs(30));
    let id = client.contact("late@example.com").await;
    hubspot.put_object(PORTAL, "contacts", &object("101", &[("email", "moved@example.com")], &[])).unwrap();
    hubspot.archive(PORTAL, "contacts", 102).unwrap();

    let all = json!({ "query": "example" });
    assert_eq!(ids(&client, "contacts", all.clone()).await, ["101", "102"]);
    let old = by("email", "EQ", &json!({ "value": "bill@example.com" }));
    assert_eq!(ids(&client, "contacts", old.clone()).await, ["101"]);
    clock.advance(Duration::from_secs(31));
    assert_eq!(ids(&client, "contacts", all).await, ["101".to_owned(), id]);
    assert!(ids(&client, "contacts", old).await.is_empty());
}
