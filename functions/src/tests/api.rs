//! Walks through the whole of `/openapi.json`: every endpoint answers as it is described, and every answer that is described
//! is given by some call. An endpoint that is new has its calls in [`calls`] and what they speak of in [`Walk::known`].

pub(super) mod calls;
pub(super) mod walk;

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use super::support::*;
use walk::Walk;

/// As the frontend calls, with one header another or none.
fn with(name: &str, value: Option<&'static str>) -> Vec<(&'static str, &'static str)> {
    let others = FRONTEND.into_iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name));
    let name = FRONTEND.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap().0;
    others.chain(value.map(|value| (name, value))).collect()
}

#[test]
fn every_group_of_operations_is_named_once() {
    let document = crate::openapi::document("https://api.example.com");
    let tags: Vec<&str> = document["tags"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();

    assert!(tags.len() > 5, "{tags:?}");
    assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), tags.len(), "{tags:?}");
}

#[tokio::test]
async fn everything_that_is_described_is_so() {
    let app =
        TestApp::start_with(&[("METRICS_TOKEN", "operator"), ("GOOGLE_SITE_VERIFICATION", "google1a.html")]).await;
    let mut walk = Walk::start(&app).await;

    without_a_session(&mut walk).await;
    from_another_site(&mut walk).await;
    with_bad_bodies(&mut walk).await;
    with_bad_queries(&mut walk).await;
    with_keys_of_other_requests(&mut walk).await;
    with_ids_of_others(&mut walk).await;
    // On the heap: it is as large as the largest of all calls.
    Box::pin(calls::make(&mut walk)).await;
    too_often(&mut walk).await;

    walk.finish();
}

/// 401, with a `detail`.
async fn without_a_session(walk: &mut Walk<'_>) {
    let visitor = walk.app.visitor();
    for operation in walk.operations(|operation| operation.needs("session") || operation.needs("operator")) {
        let answer = walk.call(&visitor, &operation, &FRONTEND, operation.example()).await;
        if operation.refuses(401) {
            assert_eq!(answer.status, 401, "{operation}");
            assert!(answer.json()["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{operation}");
        }
    }
}

/// 403 for what a page of another site could send.
async fn from_another_site(walk: &mut Walk<'_>) {
    let ada = walk.person(ADA);
    for operation in walk.operations(|operation| operation.needs("session") && operation.method != Method::GET) {
        for headers in [
            with("origin", None),
            with("origin", Some("null")),
            with("origin", Some("https://evil.example")),
            with("x-requested-with", None),
            with("content-type", None),
            with("content-type", Some("text/plain")),
        ] {
            let answer = walk.call(&ada, &operation, &headers, operation.example()).await;
            assert_eq!(answer.status, 403, "{operation} with {headers:?}");
        }
    }
}

/// 422 that names what is wrong, and 413.
async fn with_bad_bodies(walk: &mut Walk<'_>) {
    let ada = walk.person(ADA);
    for operation in walk.operations(|operation| operation.body().is_some() && operation.needs("session")) {
        let broken = walk.call(&ada, &operation, &FRONTEND, Some("{\"".into())).await;
        assert_eq!(
            (broken.status.as_u16(), broken.json()["detail"][0]["loc"][0].clone()),
            (422, json!("body")),
            "{operation}"
        );
        let large = format!("{{\"x\": \"{}\"}}", "x".repeat(1 << 20));
        assert_eq!(walk.call(&ada, &operation, &FRONTEND, Some(large)).await.status, 413, "{operation}");

        let example: Value = serde_json::from_str(&operation.example().unwrap()).unwrap();
        for field in operation.fields_of_one_type() {
            let mut body = example.clone();
            body[&field] = json!({ "of": ["another", "type"] });
            let answer = walk.call(&ada, &operation, &FRONTEND, Some(body.to_string())).await;
            assert_eq!(answer.status, 422, "{operation}: {field} of another type answers {}", answer.body);
            assert_eq!(answer.json()["detail"][0]["loc"][1], json!(field), "{operation}: {}", answer.body);
        }
    }
}

/// 422 that names the parameter.
async fn with_bad_queries(walk: &mut Walk<'_>) {
    let ada = walk.person(ADA);
    for operation in walk.operations(|_| true) {
        for (name, most) in operation.numbers() {
            for wrong in ["many".to_owned(), "-1".to_owned(), (most + 1).to_string()] {
                let answer = walk.call_at(&ada, &operation, &format!("?{name}={wrong}")).await;
                assert_eq!(answer.status, 422, "{operation}: {name}={wrong}");
                assert_eq!(answer.json()["detail"][0]["loc"], json!(["query", name]), "{operation}");
            }
        }
        if operation.has_query("cursor") {
            let answer = walk.call_at(&ada, &operation, "?cursor=elsewhere").await;
            assert_eq!(answer.json()["detail"][0]["loc"], json!(["query", "cursor"]), "{operation}");
        }
    }
}

/// 422 for another request with a key that was used, 409 while the first is under way.
async fn with_keys_of_other_requests(walk: &mut Walk<'_>) {
    let ada = walk.person(ADA);
    for operation in walk.operations(|operation| operation.has_header("Idempotency-Key")) {
        let key = operation.id.clone();
        walk.app
            .sql(&format!(
                "insert into idempotency_keys (user_id, key, request_hash, claim)
                 select id, '{key}', '\\x00', gen_random_uuid() from users where email = '{ADA}'"
            ))
            .await;
        let headers = [FRONTEND.as_slice(), &[("Idempotency-Key", key.as_str())]].concat();
        let other = walk.call(&ada, &operation, &headers, operation.example()).await;
        assert_eq!(other.status, 422, "{operation}");
        assert_eq!(other.json()["detail"][0]["loc"], json!(["header", "Idempotency-Key"]), "{operation}");

        walk.app.sql("delete from idempotency_keys").await;
        let first = walk.call(&ada, &operation, &headers, operation.example()).await;
        walk.app.sql("update idempotency_keys set status = null").await;
        if first.status.is_success() {
            let meanwhile = walk.call(&ada, &operation, &headers, operation.example()).await;
            assert_eq!(meanwhile.status, 409, "{operation}");
        }
        walk.app.sql("delete from idempotency_keys").await;
    }
}

/// 404: what is not mine is not there. Nor is what cannot be an id.
async fn with_ids_of_others(walk: &mut Walk<'_>) {
    let eve = walk.person(EVE);
    for operation in walk.operations(|operation| operation.path.contains('{') && operation.needs("session")) {
        // A provider is not somebody's.
        if !operation.path.contains("{provider}") {
            let answer = walk.call(&eve, &operation, &FRONTEND, operation.example()).await;
            assert_eq!(answer.status, 404, "{operation} of somebody else answers {}", answer.body);
        }
        let answer = walk.call_with(&eve, &operation, "not-an-id", &FRONTEND, operation.example()).await;
        assert_eq!(answer.status, 404, "{operation} of nothing answers {}", answer.body);
    }
}

/// 429, everywhere but where it is not described.
async fn too_often(walk: &mut Walk<'_>) {
    for operation in walk.operations(|operation| operation.refuses(429)) {
        let visitor = walk.app.visitor_from("198.51.100.7");
        walk.call(&visitor, &operation, &FRONTEND, operation.example()).await;
        walk.app.sql("update request_windows set spent = 2000000000, started_at = now()").await;
        let answer = walk.call(&visitor, &operation, &FRONTEND, operation.example()).await;
        walk.app.sql("delete from request_windows").await;
        assert_eq!(answer.status, 429, "{operation}");
        assert!(answer.header("retry-after").parse::<u64>().is_ok(), "{operation}");
        assert!(!answer.header("ratelimit").is_empty(), "{operation}");
    }
}

#[tokio::test]
async fn without_the_database_what_needs_none_still_answers() {
    let app = TestApp::start_with(&[("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")]).await;
    let walk = Walk::describe(&app);
    let visitor = app.visitor();

    for operation in walk.operations(|_| true) {
        let answer = walk.look(&visitor, &operation, &FRONTEND, operation.example()).await;
        let expected = match operation.id.as_str() {
            "health-ready" | "health-database" => 503,
            _ if operation.refuses(429) => 503,
            "domain-verify" => 404,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{operation} answers {}", answer.body);
    }
}

/// The frontend asks before every call, and is told which headers it may read.
#[tokio::test]
async fn the_frontend_may_call_everything() {
    let app = TestApp::start().await;
    let walk = Walk::describe(&app);
    let asked = [
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,x-requested-with,idempotency-key,if-match"),
    ];
    let paths: BTreeSet<String> = walk.operations(|_| true).iter().map(|operation| operation.path.clone()).collect();
    for path in paths {
        let answer = app.visitor().call(Method::OPTIONS, &path, &asked, None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN, "{path}");
        let allowed = answer.header("access-control-allow-headers").to_ascii_lowercase();
        for header in ["content-type", "x-requested-with", "idempotency-key", "if-match"] {
            assert!(allowed.split(", ").any(|known| known == header), "{header} is not in {allowed}");
        }
    }
}
