//! How long a session lasts: a week without a call, thirty days with as many as there may be.

use super::*;

#[tokio::test]
async fn a_week_without_a_call_ends_it_and_not_a_minute_before() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;

    app.advance(7 * DAY - MINUTE);
    assert_eq!(ada.get("/api/tasks").await.status, 200);
    app.advance(7 * DAY - MINUTE);
    assert_eq!(ada.get("/api/tasks").await.status, 200, "the week begins anew with each token");
    let last = token(&ada);
    app.advance(7 * DAY + MINUTE);

    assert!(!works(&app, &last).await);
    assert_eq!(refresh(&holder(&app, &last)).await.status, 401, "nor can it be refreshed");
}

#[tokio::test]
async fn thirty_days_end_it_however_much_it_is_used() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    for _ in 0..29 {
        app.advance(DAY);
        assert_eq!(ada.get("/api/tasks").await.status, 200);
    }
    app.advance(DAY - MINUTE);
    assert_eq!(refresh(&ada).await.status, 200);
    let fresh = token(&ada);
    app.advance(2 * MINUTE);

    assert!(!works(&app, &fresh).await, "although the token is two minutes old");
    assert_eq!(ada.sign_in(ADA).await, format!("{ORIGIN}/financial-advisor-ai-app/auth/success"));
}

#[tokio::test]
async fn what_is_over_is_listed_no_more_and_forgotten_after_a_day() {
    let app = TestApp::start().await;
    let (ada, phone, left) = (app.advisor(ADA).await, app.advisor(ADA).await, app.advisor(ADA).await);
    phone.post("/api/auth/logout", json!({})).await;
    app.advance(6 * DAY);
    ada.get("/api/tasks").await;
    app.advance(2 * DAY);
    assert!(!works(&app, &token(&left)).await, "a week without a call");

    let items = ada.get("/api/auth/sessions").await.json()["items"].clone();

    assert_eq!(items.as_array().unwrap().len(), 1, "{items}");
    app.sweep().await;
    assert_eq!(app.count("select count(*) from sessions").await, 2, "the one that was ended a week ago is forgotten");
    app.advance(30 * DAY);
    app.sweep().await;
    assert_eq!(app.count("select count(*) from sessions").await, 0);
    assert_eq!(app.count("select count(*) from session_tokens").await, 0, "with all of their tokens");
}
