//! Requests a browser does not make, but somebody between could: headers twice, in other letters, paths with a slash more.

use super::*;

async fn refresh(person: &Person<'_>, headers: &[(&str, &str)]) -> u16 {
    person.call(Method::POST, "/api/auth/refresh", headers, Some("{}".into())).await.status.as_u16()
}

/// No browser sends one twice. Of two the gateway's event has the last, and that one is what both the guard and the answer's
/// headers go by.
#[tokio::test]
async fn of_a_header_that_comes_twice_the_last_counts_for_everything() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let [origin, kind, requested] = FRONTEND;
    let (evil, plain) = (("Origin", "https://evil.example"), ("Content-Type", "text/plain"));

    for headers in [vec![origin, evil, kind, requested], vec![origin, kind, plain, requested]] {
        let answer = ada.call(Method::POST, "/api/auth/refresh", &headers, Some("{}".into())).await;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    let answer = ada.call(Method::GET, "/api/tasks", &[origin, evil], None).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn the_letters_of_a_headers_name_do_not_matter() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let spelled = |spell: fn(&str) -> String| FRONTEND.map(|(name, value)| (spell(name), value));

    for headers in [spelled(str::to_lowercase), spelled(str::to_uppercase)] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(refresh(&ada, &headers).await, 200, "{headers:?}");
    }
    for name in ["oRiGiN", "ORIGIN", "origin"] {
        let headers = [(name, "https://evil.example"), FRONTEND[1], FRONTEND[2]];
        assert_eq!(refresh(&ada, &headers).await, 403, "{name}");
    }
}

/// What else says where a request comes from does not stand in for the origin, nor another name for the header.
#[tokio::test]
async fn no_other_header_stands_in_for_one_that_is_missing() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let [origin, kind, requested] = FRONTEND;
    for other in [
        ("Referer", "http://localhost:5173/financial-advisor-ai-app"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Host", "localhost:8000"),
        ("X-Forwarded-Host", "localhost:5173"),
        ("X-Origin", ORIGIN),
    ] {
        assert_eq!(refresh(&ada, &[other, kind, requested]).await, 403, "{other:?}");
    }
    for other in [("X-Requested_With", "XMLHttpRequest"), ("Requested-With", "XMLHttpRequest"), ("X-CSRF-Token", "x")] {
        assert_eq!(refresh(&ada, &[origin, kind, other]).await, 403, "{other:?}");
    }
}

#[tokio::test]
async fn a_slash_more_is_the_same_path_behind_the_same_guard() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let evil = [("Origin", "https://evil.example"), FRONTEND[1], FRONTEND[2]];
    for path in ["/api/auth/logout/", "/api/auth/sessions/", "//api/auth/logout", "/api/conversations/", "/api/rules//"]
    {
        let method = if path.contains("sessions") { Method::DELETE } else { Method::POST };
        let answer = ada.call(method, path, &evil, Some("{}".into())).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    assert_eq!(ada.get("/api/tasks").await.status, 200, "she is still signed in");
}

/// Another method in a header or in a form is no method.
#[tokio::test]
async fn a_method_is_the_one_of_the_request() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let conversation = ada.post("/api/conversations", serde_json::json!({ "title": "Mine" })).await.json();
    let path = format!("/api/conversations/{}/messages?_method=DELETE", conversation["id"].as_str().unwrap());
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        ada.call(Method::GET, &path, &[(name, "DELETE"), ("Origin", ORIGIN)], Some("_method=DELETE".into())).await;
        let headers = [FRONTEND.as_slice(), &[(name, "DELETE")]].concat();
        let made = ada.call(Method::POST, "/api/conversations", &headers, Some("{}".into())).await;
        assert_eq!(made.status, 201, "{name}");
    }
    assert_eq!(ada.get("/api/conversations").await.json().as_array().unwrap().len(), 4, "nothing was deleted");
}

/// Nobody answers HEAD, TRACE and their like: the gateway does, by saying no.
#[test]
fn there_are_no_other_methods() {
    for (binary, route) in crate::routes::ROUTES {
        assert!(["GET", "POST", "PUT", "DELETE", "OPTIONS"].contains(&route.method), "{binary}");
        assert_eq!(route.changes(), !["GET", "OPTIONS"].contains(&route.method), "{binary}");
        let guarded = route.doc.access == shared::edge::route::Access::Advisor;
        let proven_otherwise = route.path.starts_with("/api/webhooks/") || route.path == "/api/auth/logout";
        assert!(!route.changes() || guarded || proven_otherwise, "{binary} changes something for anybody");
    }
}
