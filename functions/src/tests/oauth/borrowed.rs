//! Signing in with what was meant for another browser: links, codes, verifiers.

use super::*;

#[tokio::test]
async fn a_link_to_somebody_elses_sign_in_signs_nobody_in() {
    let app = TestApp::start().await;
    let eve = app.visitor();
    let link = from_google(&eve, EVE).await;
    let (fresh, begun) = (app.visitor(), app.visitor());
    begun.get("/api/auth/google/start").await;
    let garbled = app.visitor();
    garbled.cookies.lock().unwrap().insert("oauth_browser".into(), "x".repeat(43));

    for victim in [&fresh, &begun, &garbled] {
        let answer = victim.get(&link).await;

        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(!answer.headers.contains_key("set-cookie"));
        assert!(!has_session(victim));
    }
    assert_eq!(redeemed(&app), 0, "no code was redeemed");
    assert_nobody(&app, "a borrowed link").await;

    let landed = eve.get(&link).await.location();
    assert!(landed.ends_with("/auth/success"), "it is still good where it was begun: {landed}");
}

#[tokio::test]
async fn nor_does_it_change_who_is_signed_in_already() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let link = from_google(&app.visitor(), EVE).await;
    let (before, redeemed_before) = (app.rows().await, redeemed(&app));

    let answer = ada.get(&link).await;

    assert_eq!(answer.status, 400);
    assert_eq!(ada.get("/api/auth/me").await.json()["user"]["email"], ADA);
    assert_eq!(redeemed(&app), redeemed_before);
    let changed = changed(&before, &app.rows().await);
    assert!(changed.is_empty() || changed == ["session_tokens"], "{changed:?}");
}

#[tokio::test]
async fn a_stolen_code_is_worth_nothing_in_the_thiefs_own_sign_in() {
    let app = TestApp::start().await;
    let (ada, thief) = (app.visitor(), app.visitor());
    let code = parameter(&from_google(&ada, ADA).await, "code");
    let own = parameter(&from_google(&thief, EVE).await, "state");

    let landed = thief.get(&format!("/api/auth/google/callback?state={own}&code={code}")).await.location();

    assert!(landed.ends_with("/auth/error?error=code_exchange_failed"), "Google refuses the verifier: {landed}");
    assert!(!has_session(&thief));
    assert_nobody(&app, "a stolen code").await;
}

/// Verifier and nonce are made of what the browser brings back; so it is Google that is asked for something else here.
#[tokio::test]
async fn a_code_needs_the_verifier_and_the_nonce_it_was_asked_for_with() {
    let app = TestApp::start().await;
    for (changed, ends) in [("code_challenge", Some("/auth/error?error=code_exchange_failed")), ("nonce", None)] {
        let ada = app.visitor();
        let consent = ada.get("/api/auth/google/start").await.location();
        let asked = parameter(&consent, changed);
        let other: String = asked.chars().rev().collect();
        let consent = format!("{}&account={ADA}", consent.replace(&asked, &other));
        let link = path(&ada.callback(&consent, "approve").await);

        let answer = ada.get(&link).await;

        match ends {
            Some(end) => assert!(answer.location().ends_with(end), "{changed}: {}", answer.location()),
            None => assert_eq!(answer.status, 400, "{changed}"),
        }
        assert!(!has_session(&ada), "{changed}");
        assert_nobody(&app, changed).await;
    }
}

#[tokio::test]
async fn a_state_has_256_bits_of_which_the_database_has_only_the_hash() {
    let app = TestApp::start().await;
    let ada = app.visitor();

    let consent = ada.get("/api/auth/google/start").await.location();

    let (state, browser) = (parameter(&consent, "state"), ada.cookies.lock().unwrap()["oauth_browser"].clone());
    let dump = app.dump().await;
    for secret in [&state, &browser] {
        assert_eq!(secret.len(), 43, "{secret}");
        assert!(!dump.contains(secret.as_str()), "in clear");
        assert!(dump.contains(&hex(secret)), "the hash is how it is known");
    }
}

/// Where the API is reached by HTTPS, no neighbour of its domain can set the cookie that ties a sign-in to its browser.
#[tokio::test]
async fn the_browsers_cookie_is_this_hosts_alone_when_deployed() {
    let app = TestApp::start_with(&[
        ("API_BASE_URL", "https://api.example.com"),
        ("GOOGLE_OAUTH_REDIRECT_URI", "http://localhost:8000/api/auth/google/callback"),
    ])
    .await;
    let ada = app.visitor();
    let link = from_google(&ada, ADA).await;
    let cookie = ada.cookies.lock().unwrap()["__Host-oauth_browser"].clone();

    let planted = app.visitor();
    planted.cookies.lock().unwrap().insert("oauth_browser".into(), cookie);
    assert_eq!(planted.get(&link).await.status, 400, "another name is another cookie");

    assert!(ada.get(&link).await.location().ends_with("/auth/success"));
}

#[tokio::test]
async fn two_cookies_of_one_name_tie_a_sign_in_to_no_browser() {
    let app = TestApp::start().await;
    let (eve, ada) = (app.visitor(), app.visitor());
    let link = from_google(&eve, EVE).await;
    ada.get("/api/auth/google/start").await;
    let (theirs, own) =
        (eve.cookies.lock().unwrap()["oauth_browser"].clone(), ada.cookies.lock().unwrap()["oauth_browser"].clone());

    for cookies in
        [format!("oauth_browser={theirs}; oauth_browser={own}"), format!("oauth_browser={own}; oauth_browser={theirs}")]
    {
        let answer = app.visitor().call(http::Method::GET, &link, &[("Cookie", &cookies)], None).await;
        assert_eq!(answer.status, 400);
    }
    assert_eq!(redeemed(&app), 0);
}

fn hex(token: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
