//! Many requests with one token: one gets the next, and nobody is signed out.

use super::*;

const AT_ONCE: usize = 50;

/// Every token the answers carried is one and the same.
fn the_one(answers: &[Answer]) -> String {
    let tokens: Vec<String> = answers.iter().filter_map(renewed).collect();
    assert_eq!(tokens.len(), 1, "one answer carries the next token");
    tokens.into_iter().next().unwrap()
}

/// Live heads: tokens no other has replaced.
async fn heads(app: &TestApp) -> i64 {
    app.count(
        "select count(*) from session_tokens t join sessions s on s.id = t.session_id
          where s.revoked_at is null and t.generation > 0 and t.superseded_at is null",
    )
    .await
}

#[tokio::test]
async fn fifty_requests_with_a_token_that_is_due_get_one_next_token() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.advance(DUE);
    let old = token(&ada);
    let browsers: Vec<_> = (0..AT_ONCE).map(|_| holder(&app, &old)).collect();

    // Half of them ask for it, as a client may.
    let calls = browsers.iter().enumerate().map(|(at, browser)| async move {
        if at % 2 == 0 { browser.get("/api/tasks").await } else { refresh(browser).await }
    });
    let answers = futures::future::join_all(calls).await;

    assert!(answers.iter().all(|answer| answer.status == 200));
    let next = the_one(&answers);
    assert_eq!(heads(&app).await, 1);
    assert!(works(&app, &next).await, "and she is still signed in");
    app.advance(GRACE);
    assert!(works(&app, &next).await);
}

#[tokio::test]
async fn ten_generations_in_a_row_are_one_session() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let mut seen = vec![token(&ada)];

    for _ in 0..10 {
        let answers = futures::future::join_all((0..10).map(|_| refresh(&ada))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(ada.get("/api/tasks").await.status, 200);
        assert!(!seen.contains(&token(&ada)), "a new one each time");
        seen.push(token(&ada));
        app.advance(GRACE);
    }

    assert_eq!(app.count("select max(generation) from session_tokens").await, 11);
    assert_eq!((heads(&app).await, app.count("select count(*) from sessions").await), (1, 1));
}

/// The answer with the new token was lost on its way to a page that has many requests in hand.
#[tokio::test]
async fn after_a_lost_answer_fifty_requests_get_one_token_more() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let old = token(&ada);
    let lost = renewed(&refresh(&ada).await).unwrap();
    app.advance(GRACE);
    let browsers: Vec<_> = (0..AT_ONCE).map(|_| holder(&app, &old)).collect();

    let answers = futures::future::join_all(browsers.iter().map(|browser| browser.get("/api/tasks"))).await;

    assert!(answers.iter().all(|answer| answer.status == 200), "nobody is taken for a thief");
    let next = the_one(&answers);
    assert_ne!(next, lost);
    assert!(works(&app, &next).await, "the token the browser has is the one that counts");
    assert_eq!(heads(&app).await, 1);
}

#[tokio::test]
async fn a_second_lost_answer_is_not_forgiven() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let old = token(&ada);
    refresh(&ada).await;
    app.advance(GRACE);
    let again = renewed(&holder(&app, &old).get("/api/tasks").await).unwrap();
    app.advance(GRACE);

    assert!(!works(&app, &old).await);
    assert!(!works(&app, &again).await, "the whole family is ended");
}
