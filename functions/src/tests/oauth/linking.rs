//! Connecting HubSpot: no portal of an attacker's in a victim's account, and none of a victim's in an attacker's.

use std::time::Duration;

use super::*;

/// Whatever was refused: HubSpot was not asked, and nothing is connected.
async fn assert_not_connected(app: &TestApp, what: &str) {
    assert_eq!(connected(app), 0, "{what}: a code was redeemed");
    assert_eq!(app.count("select count(*) from connections where provider = 'hubspot'").await, 0, "{what}");
    assert_eq!(app.count("select count(*) from tasks where task_type = 'hubspot_sync'").await, 0, "{what}");
}

#[tokio::test]
async fn a_state_without_a_session_connects_nothing() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let link = from_hubspot(&ada, ADA).await;
    let stranger = app.visitor();
    take_cookie(&ada, "oauth_browser", &stranger);

    for visitor in [&app.visitor(), &stranger] {
        let answer = visitor.get(&link).await;

        assert_eq!(
            (answer.status.as_u16(), answer.json()["detail"].as_str()),
            (401, Some("User authentication required"))
        );
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    assert_not_connected(&app, "without a session").await;
}

#[tokio::test]
async fn a_session_without_a_state_connects_nothing() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let link = from_hubspot(&ada, ADA).await;
    let (code, state) = (parameter(&link, "code"), parameter(&link, "state"));
    let cut = &state[1..];

    for (query, status) in [
        (format!("code={code}"), 422),
        (format!("code={code}&state="), 422),
        (format!("state={state}"), 422),
        (format!("code={code}&state=guessed"), 400),
        (format!("code={code}&state={cut}"), 400),
        (format!("code={code}&state={state}x"), 400),
    ] {
        let answer = ada.get(&format!("/api/auth/hubspot/callback?{query}")).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.body);
    }
    assert_not_connected(&app, "without a state").await;
    assert!(
        ada.get(&link).await.location().ends_with("/auth/hubspot/success"),
        "the true one was not spent by guesses"
    );
}

#[tokio::test]
async fn what_one_session_began_no_other_finishes() {
    let app = TestApp::start().await;
    // Eve would like Ada's account to read Eve's portal, or Ada's portal to end in Eve's account.
    for (owner, other) in [(EVE, ADA), (ADA, EVE), (ADA, ADA)] {
        let what = format!("{owner}'s link in a session of {other}");
        let (owner, other) = (app.advisor(owner).await, app.advisor(other).await);
        let link = from_hubspot(&owner, ADA).await;
        other.get("/api/auth/hubspot/start").await;
        let answer = other.get(&link).await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.body);

        take_cookie(&owner, "oauth_browser", &other);
        let answer = other.get(&link).await;
        assert_eq!(answer.status, 403, "{what}, with the browser's cookie planted: {}", answer.body);
        assert_not_connected(&app, &what).await;
    }
}

#[tokio::test]
async fn what_was_begun_before_signing_in_anew_is_void() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let link = from_hubspot(&ada, ADA).await;
    ada.post("/api/auth/logout", serde_json::json!({})).await;
    ada.sign_in(ADA).await;

    assert_eq!(ada.get(&link).await.status, 403);

    let eves = from_hubspot(&ada, ADA).await;
    ada.sign_in(EVE).await;
    assert_eq!(ada.get(&eves).await.status, 403, "somebody else has signed in meanwhile");
    assert_not_connected(&app, "after signing in anew").await;
}

#[tokio::test]
async fn a_state_is_for_its_provider_alone() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let (google, hubspot) = (from_google(&ada, EVE).await, from_hubspot(&ada, ADA).await);
    let before = redeemed(&app);
    let crossed = |to: &str, state_of: &str, code_of: &str| {
        format!("/api/auth/{to}/callback?state={}&code={}", parameter(state_of, "state"), parameter(code_of, "code"))
    };

    for link in [
        crossed("hubspot", &google, &hubspot),
        crossed("hubspot", &google, &google),
        crossed("google", &hubspot, &google),
        crossed("google", &hubspot, &hubspot),
    ] {
        assert_eq!(ada.get(&link).await.status, 400, "{link}");
    }
    assert_not_connected(&app, "crossed").await;
    assert_eq!(redeemed(&app), before);
    assert_eq!(ada.get("/api/auth/me").await.json()["user"]["email"], ADA);
}

#[tokio::test]
async fn a_state_ends_with_its_ten_minutes_and_with_its_session() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let late = from_hubspot(&ada, ADA).await;
    app.advance(Duration::from_secs(601));
    assert_eq!(ada.get(&late).await.status, 400);

    let ended = from_hubspot(&ada, ADA).await;
    ada.delete("/api/auth/sessions").await;
    assert_eq!(ada.get(&ended).await.status, 401);
    assert_not_connected(&app, "too late").await;
}
