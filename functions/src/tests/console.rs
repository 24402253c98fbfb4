use http::Method;

use super::support::*;

#[tokio::test]
async fn the_page_and_its_files_are_served_under_a_strict_policy() {
    let app = TestApp::start().await;
    let visitor = app.visitor();

    let page = visitor.get("/console").await;
    let script = visitor.get("/console/main.js").await;

    assert_eq!((page.status.as_u16(), script.status.as_u16()), (200, 200));
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(script.header("content-type").starts_with("text/javascript"));
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
        assert!(page.header("content-security-policy").contains(part), "{part}");
    }
    assert_eq!(visitor.get("/console/unknown.js").await.status, 404);
}

#[tokio::test]
async fn what_the_browser_has_already_is_not_sent_again() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let tag = visitor.get("/console/main.js").await.header("etag").to_owned();

    let again = visitor.call(Method::GET, "/console/main.js", &[("If-None-Match", &tag)], None).await;

    assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
}
