//! A token that two have: the family ends with the first sign of it.

use super::*;

/// A session with this many generations behind it, oldest first; the last is in use.
async fn family<'a>(app: &'a TestApp, generations: usize) -> (Person<'a>, Vec<String>) {
    let ada = app.advisor(ADA).await;
    let mut tokens = vec![token(&ada)];
    while tokens.len() < generations {
        refresh(&ada).await;
        assert_eq!(ada.get("/api/tasks").await.status, 200);
        tokens.push(token(&ada));
    }
    (ada, tokens)
}

#[tokio::test]
async fn any_ancestor_that_comes_back_ends_the_whole_family_within_one_request() {
    let app = TestApp::start().await;
    let elsewhere = app.advisor(ADA).await;
    for stolen in 0..3 {
        let (_, tokens) = family(&app, 5).await;

        // At once: no grace is given to an ancestor of the one before.
        assert!(!works(&app, &tokens[stolen]).await, "generation {stolen}");

        for (generation, token) in tokens.iter().enumerate() {
            assert!(!works(&app, token).await, "generation {generation} after {stolen} came back");
            assert_eq!(refresh(&holder(&app, token)).await.status, 401);
        }
    }
    assert!(works(&app, &token(&elsewhere)).await, "her other devices have nothing to do with it");
}

#[tokio::test]
async fn the_token_before_ends_it_once_requests_under_way_have_had_their_time() {
    let app = TestApp::start().await;
    let (_, tokens) = family(&app, 2).await;
    assert!(works(&app, &tokens[0]).await, "a request that was under way");
    app.advance(GRACE);

    assert!(!works(&app, &tokens[0]).await);

    assert!(!works(&app, &tokens[1]).await);
}

#[tokio::test]
async fn whoever_uses_a_stolen_token_first_the_second_ends_it_for_both() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.advance(DUE);
    let thief = holder(&app, &token(&ada));
    assert_eq!(thief.get("/api/tasks").await.status, 200);
    assert_eq!(thief.get("/api/tasks").await.status, 200);
    app.advance(GRACE);

    assert_eq!(ada.get("/api/tasks").await.status, 401, "she has to sign in again");

    assert_eq!(thief.get("/api/tasks").await.status, 401, "and the thief is out");
}

/// A thief takes the forgiveness that was meant for a lost answer; the one whose answer was not lost shows it.
#[tokio::test]
async fn forgiveness_is_of_no_use_to_a_thief() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let stolen = token(&ada);
    refresh(&ada).await;
    app.advance(GRACE);
    let thief = holder(&app, &stolen);
    assert_eq!(thief.get("/api/tasks").await.status, 200, "her new token was not used yet: it may have been lost");

    assert_eq!(ada.get("/api/tasks").await.status, 401, "but she has it");

    assert_eq!(thief.get("/api/tasks").await.status, 401, "so somebody else has the other");
}

#[tokio::test]
async fn fifty_thieves_at_once_end_one_session() {
    let app = TestApp::start().await;
    let elsewhere = app.advisor(ADA).await;
    let (ada, tokens) = family(&app, 3).await;
    let thieves: Vec<_> = (0..50).map(|at| holder(&app, &tokens[at % 2])).collect();

    futures::future::join_all(thieves.iter().map(|thief| thief.get("/api/tasks"))).await;

    assert_eq!(ada.get("/api/tasks").await.status, 401);
    for thief in &thieves {
        assert_eq!(thief.get("/api/tasks").await.status, 401);
    }
    assert!(works(&app, &token(&elsewhere)).await);
}
