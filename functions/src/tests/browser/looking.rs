//! A GET shows something and changes nothing: a link and an image can make one.

use super::*;

/// What somebody would add who hopes that a GET is taken for something else.
const OVERRIDES: [(&str, &str); 5] = [
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-HTTP-Method", "DELETE"),
    ("X-Method-Override", "POST"),
    ("X-Original-Method", "DELETE"),
    ("Content-Type", "application/json"),
];

#[tokio::test]
async fn changes_nothing_whatever_it_is_told_to_be() {
    let app =
        TestApp::start_with(&[("METRICS_TOKEN", "operator"), ("GOOGLE_SITE_VERIFICATION", "google1a.html")]).await;
    let walk = settled(&app).await;
    let ada = walk.person(ADA);
    let mut seen = 0;

    for operation in walk.operations(|operation| operation.method == Method::GET) {
        let headers = [FRONTEND.as_slice(), &OVERRIDES[..4], &[("Authorization", "Bearer operator")]].concat();
        let (before, out) = (app.rows().await, app.requests_out());

        let answer = walk.call(&ada, &operation, &headers, operation.example()).await;
        walk.call_at(&ada, &operation, "?_method=DELETE&method=POST").await;

        let changed = changed(&before, &app.rows().await);
        // A sign-in that begins is remembered for ten minutes; nothing of anybody's is touched.
        let begins: &[&str] = match operation.id.as_str() {
            "auth-google-start" => &["oauth_states", "rate_limits"],
            "auth-hubspot-start" => &["oauth_states"],
            "account-export-volume" => &["rate_limits"],
            _ => &[],
        };
        assert_eq!(changed, begins, "{operation} answers {}", answer.status);
        assert_eq!(app.requests_out(), out, "{operation}: something was asked of a provider");
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}

/// As an image of another site: with the cookie, and without anything a page of ours would add.
#[tokio::test]
async fn of_another_site_is_answered_but_not_readable() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    for origin in ["https://evil.example", "null", "http://localhost:5173.evil.example"] {
        let answer = ada.call(Method::GET, "/api/tasks", &[("Origin", origin)], None).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{origin}");
    }
}
