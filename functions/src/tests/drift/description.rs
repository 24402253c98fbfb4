//! `openapi.json` says what the routes are.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::openapi::{document, template};
use crate::routes::ROUTES;

#[test]
fn every_route_says_what_it_is() {
    for (binary, route) in ROUTES.iter().filter(|(_, route)| route.method != "OPTIONS") {
        let (name, doc) = (format!("{binary}: {} {}", route.method, route.path), &route.doc);
        assert!(!doc.tag.is_empty() && doc.summary.ends_with('.'), "{name} needs .about(tag, sentence)");
        assert!(doc.successes.iter().next().is_some(), "{name} needs .ok::<T>() or another way to go well");
        if let Some(body) = &doc.body {
            let example: Result<Value, _> = serde_json::from_str(body.example);
            assert!(example.is_ok_and(|example| example.is_object()), "{name}: the example of a body is not JSON");
        }
    }
}

#[test]
fn the_description_has_every_route_once() {
    let document = document("http://localhost:8000");
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|m| (m.to_uppercase(), path.clone())))
        .collect();
    let routes = ROUTES.iter().map(|(_, route)| (route.method.to_owned(), template(route.path)));

    assert_eq!(described, routes.filter(|(method, _)| method != "OPTIONS").collect());

    let mut ids = BTreeSet::new();
    for operation in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "two operations are called {id}");
    }
}

/// Two types of one name would be told apart by a number nobody understands.
#[test]
fn every_schema_has_a_name_and_is_there() {
    let document = document("http://localhost:8000");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        assert!(!name.ends_with(|c: char| c.is_ascii_digit()), "{name}: use #[schemars(rename = \"…\")]");
    }
    let text = document.to_string();
    for name in text.split("\"$ref\":\"#/components/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document["components"].pointer(&format!("/{name}")).is_some(), "{name} is not there");
    }
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    document["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap().values())
}
