//! Signing out: here, elsewhere, everywhere; on every route with the next request.

use super::*;

/// Every route that needs a session refuses this token.
async fn assert_out_everywhere(app: &TestApp, token: &str) {
    let walk = Walk::describe(app);
    let mut seen = 0;
    for operation in walk.operations(|operation| operation.needs("session")) {
        let answer = walk.look(&holder(app, token), &operation, &FRONTEND, operation.example()).await;
        assert_eq!(answer.status, 401, "{operation}");
        assert!(renewed(&answer).is_none(), "{operation}");
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}

#[tokio::test]
async fn here_ends_this_session_on_every_route_and_no_other() {
    let app = TestApp::start().await;
    let (ada, phone, eve) = (app.advisor(ADA).await, app.advisor(ADA).await, app.advisor(EVE).await);
    let kept = token(&ada);

    let answer = ada.post("/api/auth/logout", json!({})).await;

    assert_eq!(answer.status, 200);
    assert!(!ada.cookies.lock().unwrap().contains_key("session"));
    assert_out_everywhere(&app, &kept).await;
    assert!(works(&app, &token(&phone)).await && works(&app, &token(&eve)).await);
}

#[tokio::test]
async fn everywhere_ends_every_session_of_the_advisor_and_nobody_elses() {
    let app = TestApp::start().await;
    let (ada, phone, eve) = (app.advisor(ADA).await, app.advisor(ADA).await, app.advisor(EVE).await);
    let (kept, phones) = (token(&ada), token(&phone));

    let answer = ada.delete("/api/auth/sessions").await;

    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    assert!(!ada.cookies.lock().unwrap().contains_key("session"), "the browser forgets it");
    assert_out_everywhere(&app, &kept).await;
    assert_out_everywhere(&app, &phones).await;
    assert!(works(&app, &token(&eve)).await);
    assert!(ada.sign_in(ADA).await.ends_with("/auth/success"), "she can come back");
}

#[tokio::test]
async fn elsewhere_ends_the_one_that_was_chosen() {
    let app = TestApp::start().await;
    let (ada, phone, eve) = (app.advisor(ADA).await, app.advisor(ADA).await, app.advisor(EVE).await);
    let listed = ada.get("/api/auth/sessions").await.json();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items.iter().filter(|session| session["current"] == true).count(), 1);
    let other = items.iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap();
    let path = format!("/api/auth/sessions/{other}");

    assert_eq!(eve.delete(&path).await.status, 404, "somebody else's is not there");
    let answer = ada.delete(&path).await;

    assert_eq!((answer.status.as_u16(), answer.headers.contains_key("set-cookie")), (204, false));
    assert!(!works(&app, &token(&phone)).await);
    assert!(works(&app, &token(&ada)).await && works(&app, &token(&eve)).await);
    assert_eq!(ada.delete(&path).await.status, 404, "it is over");
    assert_eq!(ada.get("/api/auth/sessions").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_one_that_asks_can_be_chosen_too() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let kept = token(&ada);
    app.advance(DUE);
    let own = ada.get("/api/auth/sessions").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    app.advance(DUE);

    let answer = ada.delete(&format!("/api/auth/sessions/{own}")).await;

    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 1, "no new token beside the end of it");
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert!(!works(&app, &kept).await);
    assert_eq!(app.count("select count(*) from sessions where revoked_at is null").await, 0);
}

/// A browser that two cookies were put into ends both sessions, and is left with neither.
#[tokio::test]
async fn out_is_out_whichever_cookie_counted() {
    let app = TestApp::start().await;
    let (ada, other) = (app.advisor(ADA).await, app.advisor(ADA).await);
    let both = format!("session={}; session={}", token(&ada), token(&other));
    let headers = [FRONTEND.as_slice(), &[("Cookie", both.as_str())]].concat();

    let answer = app.visitor().call(Method::POST, "/api/auth/logout", &headers, Some("{}".into())).await;

    assert_eq!(answer.status, 200);
    assert!(!works(&app, &token(&ada)).await && !works(&app, &token(&other)).await);
}

#[tokio::test]
async fn signing_in_again_ends_what_the_browser_had_before() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let before = token(&ada);

    ada.sign_in(ADA).await;

    assert_ne!(token(&ada), before);
    assert!(!works(&app, &before).await);
    assert!(works(&app, &token(&ada)).await);
}
