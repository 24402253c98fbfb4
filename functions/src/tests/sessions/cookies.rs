//! The cookie: which ones are somebody's, and what is kept of them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::*;

/// A call with a `Cookie` header just as it is.
async fn with_cookie(app: &TestApp, method: Method, path: &str, cookie: &str) -> Answer {
    let headers = [FRONTEND.as_slice(), &[("Cookie", cookie)]].concat();
    let body = (method == Method::POST).then(|| "{}".to_owned());
    app.visitor().call(method, path, &headers, body).await
}

#[tokio::test]
async fn nothing_but_the_whole_token_under_its_name_is_somebodys() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.advisor(ADA).await, app.advisor(EVE).await);
    let (own, other) = (token(&ada), token(&eve));
    let flipped = format!("{}{}", if own.starts_with('A') { 'B' } else { 'A' }, &own[1..]);
    let broken: Vec<String> = [
        String::new(),
        "session".into(),
        "session=".into(),
        "session=;".into(),
        ";;; ; =; ==".into(),
        "session=%00".into(),
        "session=null".into(),
        "session=garbage.token.value".into(),
        "session=' or '1'='1".into(),
        format!("session={}", &own[..42]),
        format!("session={own}x"),
        format!("session={own}="),
        format!("session=\"{own}\""),
        format!("session={flipped}"),
        format!("session={}", own.to_uppercase()),
        format!("session={}", other.chars().rev().collect::<String>()),
        format!("Session={own}"),
        format!("SESSION={own}"),
        format!("xsession={own}"),
        format!("$session={own}"),
        format!("__Host-session={own}"),
        format!("a=b,session={own}"),
        format!("session={own},session={own}"),
        format!("session={}", "A".repeat(9_000)),
        format!("session={}", "%F0%9F%A6%80".repeat(50)),
        // Two that differ: a neighbour of our domain may have set one of them, in either place.
        format!("session={own}; session={other}"),
        format!("session={other}; session={own}"),
        format!("session=evil; session={own}"),
        format!("session={own}; session="),
    ]
    .into();

    for cookie in &broken {
        for (method, path) in
            [(Method::GET, "/api/tasks"), (Method::POST, "/api/auth/refresh"), (Method::GET, "/api/auth/hubspot/start")]
        {
            let answer = with_cookie(&app, method, path, cookie).await;
            assert_eq!(answer.status, 401, "{path} with {cookie}: {}", answer.body);
        }
        assert_eq!(with_cookie(&app, Method::GET, "/api/auth/me", cookie).await.body, r#"{"user":null}"#, "{cookie}");
    }
    for good in [format!("a=b; session={own}; c=d"), format!("session={own}; session={own}")] {
        assert_eq!(with_cookie(&app, Method::GET, "/api/tasks", &good).await.status, 200, "{good}");
    }
}

/// What API Gateway would not let through, should it come through after all.
#[tokio::test]
async fn letters_of_the_world_are_nobodys() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    for cookie in [
        format!("session={}é", token(&ada)),
        "session=тест".to_owned(),
        format!("ключ=1; session={}", token(&ada)),
        "session=🦀".to_owned(),
    ] {
        let answer = with_cookie(&app, Method::GET, "/api/tasks", &cookie).await;
        assert_eq!(answer.status, 401, "{cookie}");
    }
}

#[tokio::test]
async fn a_cookie_from_before_the_sign_in_is_worth_nothing_after_it() {
    let app = TestApp::start().await;
    let eve = app.advisor(EVE).await;
    let (made_up, eves) = ("A".repeat(43), token(&eve));
    for planted in [&made_up, &eves] {
        let ada = holder(&app, planted);

        let landed = ada.sign_in(ADA).await;

        assert!(landed.ends_with("/auth/success"), "{landed}");
        assert_ne!(&token(&ada), planted, "the token is a new one");
        assert_eq!(ada.get("/api/auth/me").await.json()["user"]["email"], ADA);
        assert!(!works(&app, planted).await, "whoever planted it is not signed in as her, nor as anybody");
    }
}

#[tokio::test]
async fn a_token_is_256_random_bits_and_the_database_has_only_its_hash() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let mut tokens = vec![token(&ada)];
    for _ in 0..5 {
        refresh(&ada).await;
        tokens.push(token(&ada));
    }

    let dump = app.dump().await;

    for token in &tokens {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).unwrap();
        assert_eq!(bytes.len(), 32);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert!(
            !dump.contains(token.as_str()) && !dump.contains(&hex(&bytes)) && !dump.contains(&hex(token.as_bytes()))
        );
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        assert!(dump.contains(&hex(digest.as_ref())), "and that is how it is known");
    }
}
