//! What every endpoint has in common: limits, requests done once, numbers, health.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::support::*;

/// As if the minute of everybody who called had begun this long ago.
async fn let_minutes_pass(app: &TestApp, seconds: u32) {
    app.sql(&format!("update request_windows set started_at = started_at - interval '{seconds} seconds'")).await;
}

mod the_limit_of_a_minute {
    use super::*;

    #[tokio::test]
    async fn is_a_hundred_calls_of_one_address_to_the_call() {
        let app = TestApp::start_with(&[("RATE_LIMIT_PER_MINUTE", "100")]).await;
        let visitor = app.visitor();

        let calls = (0..120).map(|_| visitor.get("/api/auth/me"));
        let answers = futures::future::join_all(calls).await;

        let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
        assert_eq!(refused.len(), 20);
        let wait: u64 = refused[0].header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(refused[0].json()["type"], "rate-limited");
        assert_eq!(refused[0].header("content-type"), "application/problem+json");

        let elsewhere = app.visitor_from("203.0.113.9").get("/api/auth/me").await;
        assert_eq!(elsewhere.status, 200, "another address has its own");
        let_minutes_pass(&app, 60).await;
        assert_eq!(visitor.get("/api/auth/me").await.status, 200);
    }

    #[tokio::test]
    async fn is_one_advisors_wherever_they_call_from() {
        let app = TestApp::start_with(&[("RATE_LIMIT_PER_MINUTE", "20")]).await;
        let mut ada = app.advisor(ADA).await;
        let_minutes_pass(&app, 60).await;

        let mut statuses = Vec::new();
        for call in 0..25 {
            ada.ip = format!("203.0.113.{call}");
            statuses.push(ada.get("/api/tasks").await.status.as_u16());
        }

        assert_eq!(statuses, [vec![200; 20], vec![429; 5]].concat());
        ada.ip = "127.0.0.1".into();
        assert_eq!(app.visitor().get("/api/auth/me").await.status, 200, "nobody else has to wait for her");
    }

    #[tokio::test]
    async fn is_told_with_every_answer() {
        let app = TestApp::start_with(&[("RATE_LIMIT_PER_MINUTE", "20")]).await;
        let ada = app.advisor(ADA).await;
        let_minutes_pass(&app, 60).await;
        ada.get("/api/tasks").await;

        let answer = ada.call(Method::GET, "/api/tasks", &FRONTEND, None).await;

        assert_eq!(answer.header("ratelimit-policy"), r#""ip";q=20;w=60, "user";q=20;w=60"#);
        assert!(answer.header("ratelimit").starts_with(r#""ip";r=18;t="#), "{}", answer.header("ratelimit"));
        assert!(answer.header("ratelimit").contains(r#""user";r=18;t="#), "{}", answer.header("ratelimit"));
        for name in ["RateLimit", "RateLimit-Policy", "Retry-After"] {
            assert!(answer.header("access-control-expose-headers").contains(name), "{name} cannot be read by a page");
        }
        let nobody = app.visitor().get("/api/tasks").await;
        assert_eq!((nobody.status.as_u16(), nobody.header("ratelimit-policy")), (401, r#""ip";q=20;w=60"#));
    }

    /// Whatever a client says about where its call comes from.
    #[tokio::test]
    async fn does_not_look_at_what_the_client_claims() {
        let app = TestApp::start_with(&[("RATE_LIMIT_PER_MINUTE", "3")]).await;
        let visitor = app.visitor();

        let mut last = 0;
        for call in 0..4 {
            let claimed = format!("198.51.100.{call}");
            let headers = [("X-Forwarded-For", claimed.as_str()), ("X-Real-IP", claimed.as_str())];
            last = visitor.call(Method::GET, "/api/auth/me", &headers, None).await.status.as_u16();
        }

        assert_eq!(last, 429);
    }

    #[tokio::test]
    async fn counts_a_network_of_the_new_internet_as_one_address() {
        let app = TestApp::start_with(&[("RATE_LIMIT_PER_MINUTE", "3")]).await;

        let mut last = 0;
        for call in 0..4 {
            let visitor = app.visitor_from(&format!("2001:db8:1:2:{call}::7"));
            last = visitor.get("/api/auth/me").await.status.as_u16();
        }

        assert_eq!(last, 429);
        assert_eq!(app.visitor_from("2001:db8:1:3::7").get("/api/auth/me").await.status, 200);
    }

    #[tokio::test]
    async fn does_not_hold_for_health_and_can_be_switched_off() {
        let app = TestApp::start_with(&[("RATE_LIMIT_PER_MINUTE", "2")]).await;
        for path in ["/", "/health", "/api/health", "/ready", "/api/chat/health"] {
            for _ in 0..4 {
                assert_eq!(app.visitor().get(path).await.status, 200, "{path}");
            }
        }

        let open = TestApp::start_with(&[("RATE_LIMIT_PER_MINUTE", "0")]).await;
        let answer = open.visitor().get("/api/auth/me").await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, ""));
    }

    #[tokio::test]
    async fn is_forgotten_when_it_is_long_over() {
        let app = TestApp::start().await;
        app.visitor().get("/api/auth/me").await;
        let_minutes_pass(&app, 3600).await;

        app.sweep().await;

        assert_eq!(app.count("select count(*) from request_windows").await, 0);
    }
}

mod the_models_budget_of_a_day {
    use super::*;

    const QUESTION: &str = "Who plays baseball?";

    /// Asks what takes one call of the model. Answers how the turn ended.
    async fn ask(app: &TestApp, person: &Person<'_>) -> String {
        app.openai.script(vec![fakes::openai::Reply::text("Nobody.")]);
        (*person.ask(QUESTION).await.kinds().last().unwrap()).to_owned()
    }

    #[tokio::test]
    async fn ends_a_turn_with_a_sentence_when_its_requests_are_used_up() {
        let app = TestApp::start_with(&[("MODEL_REQUESTS_PER_DAY", "1")]).await;
        let ada = app.advisor(ADA).await;
        assert_eq!(ask(&app, &ada).await, "finish");

        let turn = ada.ask(QUESTION).await;

        let said = turn.of_type("error")[0].as_str().unwrap();
        assert!(said.contains("in one day is used up"), "{said}");
        let whole = ada.post("/api/chat", json!({ "message": QUESTION, "stream": false })).await;
        assert_eq!(whole.status, 429);
        assert!(whole.header("retry-after").parse::<u64>().unwrap() <= 24 * 3600);
        let eve = app.advisor(EVE).await;
        assert_eq!(ask(&app, &eve).await, "finish", "everybody has their own");
    }

    #[tokio::test]
    async fn counts_tokens_and_begins_anew_with_the_day() {
        let app = TestApp::start_with(&[("MODEL_TOKENS_PER_DAY", "10")]).await;
        let ada = app.advisor(ADA).await;
        assert_eq!(ask(&app, &ada).await, "finish");
        assert!(app.count("select tokens from model_days").await > 10);
        assert_eq!(ask(&app, &ada).await, "error");

        app.sql("update model_days set day = day - 1").await;

        assert_eq!(ask(&app, &ada).await, "finish");
    }
}

mod a_request_with_an_idempotency_key {
    use super::*;

    async fn begin(person: &Person<'_>, key: &str, title: &str) -> Answer {
        let headers = [FRONTEND.as_slice(), &[("Idempotency-Key", key)]].concat();
        let body = json!({ "title": title }).to_string();
        person.call(Method::POST, "/api/conversations", &headers, Some(body)).await
    }

    #[tokio::test]
    async fn is_done_once_and_answered_the_same() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;

        let first = begin(&ada, "k1", "Tax season").await;
        let again = begin(&ada, "k1", "Tax season").await;

        assert_eq!((first.status.as_u16(), first.header("idempotent-replayed")), (201, ""));
        assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (201, "true"));
        assert_eq!(again.body, first.body);
        assert_eq!(again.header("content-type"), "application/json");
        assert_eq!(ada.get("/api/conversations").await.json().as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn is_refused_when_it_is_another_one() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        begin(&ada, "k1", "Tax season").await;

        let other = begin(&ada, "k1", "Holidays").await;

        assert_eq!(other.status, 422);
        assert_eq!(other.json()["detail"][0]["loc"], json!(["header", "Idempotency-Key"]));
        let too_long = begin(&ada, &"k".repeat(256), "Holidays").await;
        assert_eq!(too_long.json()["detail"][0]["loc"], json!(["header", "Idempotency-Key"]));
        let eve = app.advisor(EVE).await;
        assert_eq!(begin(&eve, "k1", "Holidays").await.status, 201, "keys are each advisor's own");
    }

    #[tokio::test]
    async fn waits_for_the_one_that_is_under_way() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        begin(&ada, "k1", "Tax season").await;
        app.sql("update idempotency_keys set status = null").await;

        let meanwhile = begin(&ada, "k1", "Tax season").await;
        app.sql("update idempotency_keys set created_at = now() - interval '61 seconds'").await;
        let later = begin(&ada, "k1", "Tax season").await;

        assert_eq!((meanwhile.status.as_u16(), meanwhile.header("retry-after")), (409, "1"));
        assert_eq!(later.status, 201, "its function was lost");
    }

    #[tokio::test]
    async fn is_done_once_even_if_ten_come_at_the_same_time() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;

        let answers = futures::future::join_all((0..10).map(|_| begin(&ada, "k1", "Tax season"))).await;

        assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409)));
        assert_eq!(ada.get("/api/conversations").await.json().as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn that_was_refused_may_try_again() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;

        assert_eq!(begin(&ada, "k1", &"long".repeat(100)).await.status, 422);

        assert_eq!(begin(&ada, "k1", "short").await.status, 201);
    }

    #[tokio::test]
    async fn is_forgotten_after_a_day() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        begin(&ada, "k1", "Tax season").await;
        app.sql("update idempotency_keys set created_at = now() - interval '25 hours'").await;

        assert_eq!(begin(&ada, "k1", "Holidays").await.status, 201, "the key is free again");
        app.sql("update idempotency_keys set created_at = now() - interval '25 hours'").await;
        app.sweep().await;

        assert_eq!(app.count("select count(*) from idempotency_keys").await, 0);
    }
}

mod a_list {
    use super::*;

    /// The address in `Link`.
    fn next(answer: &Answer) -> Option<String> {
        let link = answer.header("link");
        link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"").map(str::to_owned)
    }

    #[tokio::test]
    async fn of_conversations_is_read_page_by_page() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        for title in ["one", "two", "three"] {
            ada.post("/api/conversations", json!({ "title": title })).await;
        }

        let first = ada.get("/api/conversations?limit=2").await;
        let second = ada.get(&next(&first).unwrap()).await;

        let titles = |answer: &Answer| -> Vec<String> {
            answer.json().as_array().unwrap().iter().map(|c| c["title"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!([titles(&first), titles(&second)].concat(), ["three", "two", "one"]);
        assert_eq!(next(&second), None);
    }

    #[tokio::test]
    async fn of_messages_is_read_from_its_end() {
        let app = TestApp::start().await;
        let ada = app.advisor(ADA).await;
        let turn = ada.ask("Who plays baseball?").await;
        let id = turn.of_type("conversation")[0]["id"].as_str().unwrap().to_owned();

        let last = ada.get(&format!("/api/conversations/{id}/messages?limit=1")).await;
        let before = ada.get(&next(&last).unwrap()).await;

        assert_eq!(last.json()[0]["role"], "assistant");
        assert_eq!((before.json()[0]["role"].clone(), next(&before)), (json!("user"), None));
        let whole = ada.get(&format!("/api/conversations/{id}/messages")).await;
        assert_eq!(
            (whole.json()[0]["role"].clone(), whole.json()[1]["role"].clone()),
            (json!("user"), json!("assistant"))
        );
    }
}

mod operators {
    use super::*;

    const TOKEN: [(&str, &str); 1] = [("METRICS_TOKEN", "only-operators-know-this")];

    async fn with_token(app: &TestApp, path: &str, token: &str) -> Answer {
        app.visitor().call(Method::GET, path, &[("Authorization", &format!("Bearer {token}"))], None).await
    }

    #[tokio::test]
    async fn see_what_was_counted_by_all_instances() {
        let app = TestApp::start_with(&TOKEN).await;
        let ada = app.ready_advisor(ADA).await;
        app.openai.script(vec![fakes::openai::Reply::text("Nobody.")]);
        ada.ask("Who plays baseball?").await;
        ada.get("/api/tasks/0199d3c0-0000-7000-8000-000000000002").await;

        let text = with_token(&app, "/metrics", TOKEN[0].1).await;

        assert_eq!(text.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        for line in [
            "# TYPE http_requests_total counter",
            r#"http_requests_total{method="POST",endpoint="/api/chat",status="200"} 1"#,
            r#"http_requests_total{method="GET",endpoint="/api/tasks/{id}",status="404"} 1"#,
            r#"http_request_duration_seconds_count{method="POST",endpoint="/api/chat"} 1"#,
            r#"http_request_duration_seconds_bucket{method="POST",endpoint="/api/chat",le="+Inf"} 1"#,
            r#"http_requests_in_progress{method="GET",endpoint="/metrics"} 1"#,
            r#"http_requests_in_progress{method="POST",endpoint="/api/chat"} 0"#,
            r#"rag_searches_total{status="success"} 1"#,
            "rag_search_duration_seconds_count 1",
            r#"tasks_created_total{task_type="hubspot_sync"} 1"#,
            r#"tasks_completed_total{task_type="hubspot_sync",status="done"} 1"#,
            r#"tasks_in_queue{state="pending"} 0"#,
            "# TYPE webhook_events_total counter",
        ] {
            assert!(text.body.lines().any(|found| found == line), "{line} is not in\n{}", text.body);
        }
        for start in ["openai_requests_total{", "openai_tokens_total{", "openai_request_duration_seconds_sum{"] {
            assert!(text.body.lines().any(|line| line.starts_with(start)), "{start} is not in\n{}", text.body);
        }
        assert!(!text.body.contains("0199d3c0"), "a path is not a template");
    }

    #[tokio::test]
    async fn alone_see_it() {
        let app = TestApp::start_with(&TOKEN).await;

        let stranger = app.visitor().get("/metrics").await;
        let guess = with_token(&app, "/metrics", "guess").await;

        assert_eq!((stranger.status.as_u16(), guess.status.as_u16()), (401, 401));
        assert_eq!(stranger.header("www-authenticate"), "Bearer");
        let health = app.visitor().get("/health/database").await;
        assert_eq!((health.status.as_u16(), health.json()), (200, json!({ "status": "healthy" })));
        let health = with_token(&app, "/health/database", TOKEN[0].1).await.json();
        assert_eq!((health["status"].clone(), health["connection"].clone()), (json!("healthy"), json!("connected")));
        assert!(health["version"].as_str().unwrap().starts_with("PostgreSQL "));
        assert!(health["active_connections"].as_str().unwrap().parse::<u32>().unwrap() > 0);
    }
}

mod health {
    use super::*;

    #[tokio::test]
    async fn has_the_seeds_shapes() {
        let app = TestApp::start().await;
        let visitor = app.visitor();

        let healthy = json!({ "status": "healthy", "service": "financial-advisor-ai-backend", "version": "1.0.0" });
        assert_eq!(visitor.get("/health").await.json(), healthy);
        assert_eq!(visitor.get("/api/health").await.json(), healthy);
        assert_eq!(visitor.get("/ready").await.json(), json!({ "database": "healthy", "overall": "ready" }));
        assert_eq!(visitor.get("/api/chat/health").await.json(), json!({ "status": "healthy", "service": "chat" }));
        assert_eq!(
            visitor.get("/").await.json(),
            json!({
                "message": "Financial Advisor AI Backend API", "version": "1.0.0", "docs": "/docs", "health": "/health",
                "ready": "/ready", "metrics": "/metrics",
            })
        );
    }

    #[tokio::test]
    async fn is_told_apart_from_readiness() {
        let app = TestApp::start_with(&[("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")]).await;
        let visitor = app.visitor();

        let (health, ready) = (visitor.get("/health").await, visitor.get("/ready").await);
        let asked = std::time::Instant::now();
        let call = visitor.get("/api/tasks").await;

        assert_eq!(health.status, 200);
        assert_eq!(
            (ready.status.as_u16(), ready.json()),
            (503, json!({ "database": "unhealthy", "overall": "not ready" }))
        );
        assert_eq!(visitor.get("/health/database").await.status, 503);
        assert_eq!((call.status.as_u16(), call.header("retry-after")), (503, "5"));
        assert!(asked.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn google_finds_the_files_it_looks_for() {
    let app = TestApp::start_with(&[("GOOGLE_SITE_VERIFICATION", "google1a2b.html, googlehostedservice.html")]).await;
    let visitor = app.visitor();

    let found = visitor.get("/google1a2b.html").await;

    assert_eq!(found.body, "google-site-verification: google1a2b.html");
    assert!(found.header("content-type").starts_with("text/html"));
    assert_eq!(visitor.get("/googlehostedservice.html").await.status, 200);
    let unknown = visitor.get("/google9.html").await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.json()["detail"].clone()),
        (404, json!("Verification file not found"))
    );
    let nowhere = visitor.get("/nowhere/at/all").await;
    assert_eq!((nowhere.status.as_u16(), nowhere.json()["detail"].clone()), (404, json!("Not Found")));
}
