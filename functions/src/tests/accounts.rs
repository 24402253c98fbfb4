use std::time::Duration;

use super::support::*;

mod signing_in {
    use super::*;

    #[tokio::test]
    async fn ends_on_the_frontend_with_a_session() {
        let app = TestApp::start().await;
        let ada = app.visitor();

        let landed = ada.sign_in(ADA).await;

        assert_eq!(landed, "http://localhost:5173/financial-advisor-ai-app/auth/success");
        let me = ada.get("/api/auth/me").await.json();
        assert_eq!(me["user"]["email"], ADA);
        assert_eq!(me["user"]["name"], "Ada Lovett");
        assert_eq!(me["user"]["is_active"], true);
        assert_eq!(me["user"]["hubspot_connected"], false);
        assert!(me["user"]["id"].is_i64());
    }

    #[tokio::test]
    async fn sets_the_cookie_the_frontend_expects() {
        let app = TestApp::start().await;
        let ada = app.visitor();
        let consent = ada.get("/api/auth/google/start").await.location();
        let callback = ada.callback(&consent, "approve").await;

        let answer = ada.get(callback.strip_prefix("http://localhost:8000").unwrap()).await;

        let cookies: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        let session = cookies.iter().find(|cookie| cookie.starts_with("session=")).unwrap();
        for attribute in ["HttpOnly", "Secure", "SameSite=None", "Path=/", "Max-Age=604800"] {
            assert!(session.contains(attribute), "{attribute} is not in {session}");
        }
    }

    #[tokio::test]
    async fn asks_google_for_a_code_with_pkce_and_a_nonce() {
        let app = TestApp::start().await;

        let consent = app.visitor().get("/api/auth/google/start").await.location();

        for part in [
            "response_type=code",
            "code_challenge=",
            "code_challenge_method=S256",
            "nonce=",
            "access_type=offline",
            "prompt=consent",
            "include_granted_scopes=true",
        ] {
            assert!(consent.contains(part), "{part} is not in {consent}");
        }
    }

    #[tokio::test]
    async fn a_denied_consent_lands_on_the_frontends_error_page() {
        let app = TestApp::start().await;
        let ada = app.visitor();
        let consent = ada.get("/api/auth/google/start").await.location();

        let landed = ada.consent(&consent, "deny").await;

        assert_eq!(landed, "http://localhost:5173/financial-advisor-ai-app/auth/error?error=access_denied");
        assert_eq!(ada.get("/api/auth/me").await.json()["user"], serde_json::Value::Null);
    }

    #[tokio::test]
    async fn an_error_in_the_address_cannot_lead_elsewhere() {
        let app = TestApp::start().await;

        let answer =
            app.visitor().get("/api/auth/google/callback?error=x%0d%0aSet-Cookie:%20a=b%26next=//evil.example").await;

        assert_eq!(
            answer.location(),
            "http://localhost:5173/financial-advisor-ai-app/auth/error?error=xSetCookieabnextevilexample"
        );
    }

    #[tokio::test]
    async fn a_state_is_good_once_even_for_ten_at_a_time() {
        let app = TestApp::start().await;
        let ada = app.visitor();
        let consent = ada.get("/api/auth/google/start").await.location();
        let callback = ada.callback(&consent, "approve").await;
        let path = callback.strip_prefix("http://localhost:8000").unwrap();

        let answers = futures_join(10, || ada.get(path)).await;

        let landed =
            answers.iter().filter(|answer| answer.status == 302 && answer.location().ends_with("/auth/success"));
        assert_eq!(landed.count(), 1);
        let refused = answers.iter().find(|answer| answer.status == 400).unwrap();
        assert_eq!(refused.json()["detail"], "Invalid or expired state token");
    }

    #[tokio::test]
    async fn somebody_elses_link_does_not_sign_me_in() {
        let app = TestApp::start().await;
        let (eve, ada) = (app.visitor(), app.visitor());
        let consent = eve.get("/api/auth/google/start").await.location();
        let callback = eve.callback(&format!("{consent}&account={EVE}"), "approve").await;
        ada.get("/api/auth/google/start").await;

        let answer = ada.get(callback.strip_prefix("http://localhost:8000").unwrap()).await;

        assert_eq!(answer.status, 400);
        assert!(!ada.cookies.lock().unwrap().contains_key("session"));
        let asked = app.google.control().requests();
        assert!(!asked.iter().any(|request| request.uri.starts_with("/token")), "no code was redeemed");
    }

    #[tokio::test]
    async fn a_state_expires_after_ten_minutes() {
        let app = TestApp::start().await;
        let ada = app.visitor();
        let consent = ada.get("/api/auth/google/start").await.location();
        let callback = ada.callback(&consent, "approve").await;
        app.app.clock.advance(Duration::from_secs(601));

        let answer = ada.get(callback.strip_prefix("http://localhost:8000").unwrap()).await;

        assert_eq!(answer.status, 400);
    }

    #[tokio::test]
    async fn the_account_is_googles_id_and_not_the_address() {
        let app = TestApp::start().await;
        let first = app.advisor(ADA).await.user_id().await;
        let again = app.advisor(ADA).await.user_id().await;
        app.sql("update users set google_sub = 'somebody-else'").await;
        let other = app.advisor(ADA).await.user_id().await;

        assert_eq!(first, again);
        assert_ne!(first, other);
    }

    #[tokio::test]
    async fn tokens_are_not_readable_in_the_database() {
        let app = TestApp::start().await;
        app.advisor(ADA).await;

        let dump = app.sql("select string_agg(c::text, ' ') from connections c").await;
        let sealed = app.sql("select encode(sealed_tokens, 'escape') from connections").await;

        for text in [&dump[0][0], &sealed[0][0]] {
            assert!(!text.contains("ya29") && !text.contains("1//") && !text.contains("access_token"), "{text}");
        }
    }
}

mod sessions {
    use super::*;

    #[tokio::test]
    async fn a_visitor_is_nobody_and_not_an_error() {
        let app = TestApp::start().await;

        let answer = app.visitor().get("/api/auth/me").await;

        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, r#"{"user":null}"#));
    }

    #[tokio::test]
    async fn a_garbage_cookie_is_nobody_too() {
        let app = TestApp::start().await;
        let ada = app.visitor();
        ada.cookies.lock().unwrap().insert("session".into(), "garbage.token.value".into());

        assert_eq!(ada.get("/api/auth/me").await.body, r#"{"user":null}"#);
        let refused = ada.get("/api/auth/hubspot/start").await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["detail"].clone()),
            (401, "Invalid or expired session".into())
        );
        assert_eq!(
            app.visitor().get("/api/auth/hubspot/start").await.json()["detail"],
            "Must be authenticated with Google first"
        );
    }

    #[tokio::test]
    async fn logging_out_ends_the_session_on_this_side_too() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        let kept = ada.cookies.lock().unwrap()["session"].clone();

        let answer = ada.post("/api/auth/logout", serde_json::json!({})).await;

        assert_eq!(answer.json()["message"], "Logged out successfully");
        assert!(!ada.cookies.lock().unwrap().contains_key("session"));
        ada.cookies.lock().unwrap().insert("session".into(), kept);
        assert_eq!(ada.get("/api/tasks").await.status, 401);
        assert_eq!(app.visitor().post("/api/auth/logout", serde_json::json!({})).await.status, 200);
    }

    #[tokio::test]
    async fn a_token_older_than_a_quarter_of_an_hour_is_replaced_in_passing() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        let first = session(&ada);
        ada.get("/api/tasks").await;
        assert_eq!(session(&ada), first);

        app.advance(Duration::from_secs(16 * 60));
        ada.get("/api/tasks").await;

        assert_ne!(session(&ada), first);
        assert_eq!(ada.get("/api/tasks").await.status, 200);
    }

    #[tokio::test]
    async fn a_spent_token_that_comes_back_ends_the_session() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        let stolen = session(&ada);
        ada.post("/api/auth/refresh", serde_json::json!({})).await;
        ada.get("/api/tasks").await;
        app.advance(Duration::from_secs(11));

        let thief = app.visitor();
        thief.cookies.lock().unwrap().insert("session".into(), stolen);
        assert_eq!(thief.get("/api/tasks").await.status, 401);

        assert_eq!(ada.get("/api/tasks").await.status, 401, "the whole family is ended");
    }

    #[tokio::test]
    async fn refreshing_with_a_spent_token_ends_the_session_at_once() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        let stolen = session(&ada);
        ada.post("/api/auth/refresh", serde_json::json!({})).await;
        ada.get("/api/tasks").await;

        let thief = app.visitor();
        thief.cookies.lock().unwrap().insert("session".into(), stolen);
        assert_eq!(thief.post("/api/auth/refresh", serde_json::json!({})).await.status, 401);

        assert_eq!(ada.get("/api/tasks").await.status, 401);
    }

    #[tokio::test]
    async fn one_lost_answer_is_forgiven() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        let old = session(&ada);
        ada.post("/api/auth/refresh", serde_json::json!({})).await;
        app.advance(Duration::from_secs(60));

        ada.cookies.lock().unwrap().insert("session".into(), old.clone());
        assert_eq!(ada.get("/api/tasks").await.status, 200, "the answer with the new token was lost");
        assert_ne!(session(&ada), old);
        assert_eq!(ada.get("/api/tasks").await.status, 200);

        app.advance(Duration::from_secs(60));
        ada.cookies.lock().unwrap().insert("session".into(), old);
        assert_eq!(ada.get("/api/tasks").await.status, 401, "and only once");
    }

    #[tokio::test]
    async fn fifty_refreshes_at_once_leave_one_session_that_works() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;

        let answers = futures_join(50, || ada.post("/api/auth/refresh", serde_json::json!({}))).await;

        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(answers.iter().filter(|answer| answer.json()["renewed"] == true).count(), 1);
        assert_eq!(ada.get("/api/tasks").await.status, 200);
        assert_eq!(app.count("select max(generation) from session_tokens").await, 2);
    }

    #[tokio::test]
    async fn a_session_ends_after_a_week_without_a_call() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;

        app.advance(Duration::from_secs(7 * 24 * 3600 + 60));

        assert_eq!(ada.get("/api/tasks").await.status, 401);
    }
}

mod another_site {
    use super::*;
    use http::Method;

    #[tokio::test]
    async fn cannot_change_anything_with_my_cookie() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        let good = FRONTEND.to_vec();
        let without = |name: &str| good.iter().filter(|(n, _)| *n != name).copied().collect::<Vec<_>>();
        let with = |name, value| [without(name), vec![(name, value)]].concat();

        for headers in [
            without("Origin"),
            with("Origin", "null"),
            with("Origin", "https://evil.example"),
            with("Origin", "http://localhost:5173.evil.example"),
            without("Content-Type"),
            with("Content-Type", "text/plain"),
            with("Content-Type", "application/x-www-form-urlencoded"),
            without("X-Requested-With"),
        ] {
            let answer = ada.call(Method::POST, "/api/auth/refresh", &headers, Some("{}".into())).await;
            assert_eq!(answer.status, 403, "{headers:?}");
        }
        assert_eq!(ada.call(Method::POST, "/api/auth/refresh", &good, Some("{}".into())).await.status, 200);
    }

    #[tokio::test]
    async fn is_told_no_before_it_asks() {
        let app = TestApp::start().await;
        let preflight =
            async |origin| app.visitor().call(Method::OPTIONS, "/api/chat", &[("Origin", origin)], None).await;

        let ours = preflight(ORIGIN).await;
        let theirs = preflight("https://evil.example").await;

        assert_eq!(ours.status, 200);
        assert_eq!(ours.header("access-control-allow-origin"), ORIGIN);
        assert_eq!(ours.header("access-control-allow-credentials"), "true");
        assert!(ours.header("access-control-allow-headers").contains("X-Requested-With"));
        assert_eq!(theirs.status, 400);
        assert_eq!(theirs.header("access-control-allow-origin"), "");
    }

    #[tokio::test]
    async fn every_answer_carries_the_headers_that_protect_it() {
        let app = TestApp::start().await;
        for answer in [app.visitor().get("/api/auth/me").await, app.visitor().get("/api/tasks").await] {
            assert!(answer.header("strict-transport-security").contains("max-age="));
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("x-frame-options"), "DENY");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
            assert!(!answer.header("x-correlation-id").is_empty());
        }
    }
}

mod connecting_hubspot {
    use super::*;

    #[tokio::test]
    async fn is_done_for_the_session_that_asked() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;

        let landed = ada.connect_hubspot().await;

        assert_eq!(landed, "http://localhost:5173/financial-advisor-ai-app/auth/hubspot/success");
        assert_eq!(ada.get("/api/auth/me").await.json()["user"]["hubspot_connected"], true);
    }

    #[tokio::test]
    async fn does_not_put_a_victims_portal_into_my_account() {
        let app = TestApp::start().await;
        let (eve, ada) = (app.advisor(EVE).await, app.advisor(ADA).await);
        let consent = eve.get("/api/auth/hubspot/start").await.location();
        let callback = eve.callback(&consent, "approve").await;
        ada.get("/api/auth/hubspot/start").await;

        let answer = ada.get(callback.strip_prefix("http://localhost:8000").unwrap()).await;

        assert!(answer.status.is_client_error());
        assert_eq!(app.count("select count(*) from connections where provider = 'hubspot'").await, 0);
    }

    #[tokio::test]
    async fn needs_somebody_who_is_signed_in_to_come_back() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        let consent = ada.get("/api/auth/hubspot/start").await.location();
        let callback = ada.callback(&consent, "approve").await;
        let path = callback.strip_prefix("http://localhost:8000").unwrap();

        assert_eq!(app.visitor().get(path).await.json()["detail"], "User authentication required");
        let denied = ada.get("/api/auth/hubspot/callback?error=access_denied").await.location();
        assert!(denied.ends_with("/auth/hubspot/error?error=access_denied"));
    }
}

mod tokens {
    use super::*;

    #[tokio::test]
    async fn are_refreshed_once_by_whoever_comes_first() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        app.work().await;
        app.advance(Duration::from_secs(3600));
        app.google.control().forget_requests();
        let user = shared::model::UserId(ada.user_id().await);

        let access = || shared::domain::accounts::tokens::access(&app.app, user, shared::model::user::Provider::Google);
        let taken = futures_join(8, access).await;

        let first = taken[0].as_ref().unwrap().token.clone();
        assert!(taken.iter().all(|access| access.as_ref().unwrap().token == first));
        let refreshes = app.google.control().requests().into_iter().filter(|request| request.uri == "/token").count();
        assert_eq!(refreshes, 1);
    }

    #[tokio::test]
    async fn that_are_gone_for_good_ask_the_advisor_to_connect_again() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        app.google.revoke_grants(ADA);
        app.advance(Duration::from_secs(3600));

        app.work().await;

        let me = ada.get("/api/auth/me").await.json();
        assert_eq!(me["user"]["needs_reconnect"], serde_json::json!(["google"]));
        let refused = ada.post("/api/ingest/gmail", serde_json::json!({})).await;
        assert_eq!((refused.status.as_u16(), refused.json()["type"].clone()), (409, "reconnect".into()));

        assert!(
            app.advisor(ADA).await.get("/api/auth/me").await.json()["user"]["needs_reconnect"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    }

    #[tokio::test]
    async fn are_kept_when_google_is_merely_away() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        app.work().await;
        app.advance(Duration::from_secs(3600));
        let fault = fakes::server::Fault {
            method: None,
            path: "/token".into(),
            times: 3,
            kind: fakes::server::FaultKind::Status { status: 503, headers: Default::default(), body: None },
        };
        app.google.control().arm(fault);
        let user = shared::model::UserId(ada.user_id().await);

        let access = || shared::domain::accounts::tokens::access(&app.app, user, shared::model::user::Provider::Google);
        assert!(access().await.is_err());

        assert!(access().await.is_ok());
    }
}

fn session(person: &Person<'_>) -> String {
    person.cookies.lock().unwrap()["session"].clone()
}

async fn futures_join<F: Future>(count: usize, make: impl Fn() -> F) -> Vec<F::Output> {
    futures::future::join_all((0..count).map(|_| make())).await
}
