//! What one advisor has used up, or what fails for them, is nothing to the other.

use futures::future::join_all;

use super::plant::BEA;
use super::*;

/// Posts the same so often at once. Answers how often it went well, and how often it was too often.
async fn posts(person: &Person<'_>, path: &str, body: &Value, times: usize) -> (usize, usize) {
    let answers = join_all((0..times).map(|_| person.post(path, body.clone()))).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    (count(200), count(429))
}

#[tokio::test]
async fn what_one_has_used_up_the_other_still_has() {
    let app = TestApp::start_with(&[("MODEL_REQUESTS_PER_DAY", "3")]).await;
    let (ada, bea) = (app.advisor(ADA).await, app.advisor(BEA).await);
    app.work().await;

    for (path, body) in [
        ("/api/embeddings/search", json!({ "query": "review" })),
        ("/api/chat/execute-tool", json!({ "tool_name": "list_memory_rules", "arguments": {} })),
        // The bucket is larger than the budget: what is too often is the model's.
        ("/api/chat", json!({ "message": "Who plays baseball?", "stream": false })),
    ] {
        let (_, refused) = posts(&ada, path, &body, 70).await;
        assert!(refused > 0, "{path} is limited");
        assert_eq!(posts(&ada, path, &body, 1).await, (0, 1), "{path} stays so");

        assert_eq!(posts(&bea, path, &body, 1).await, (1, 0), "{path} is limited for Ada alone");
    }

    let spent = "insert into actions (user_id, id, tool, payload, hash, preview, state, origin, recipients, decided_at, expires_at)
        select u.id, gen_random_uuid(), 'send_email', '{\"tool\": \"send_email\", \"to\": [], \"subject\": \"\", \"body\": \"\"}', '\\x01', '',
               'done', 'tool', '{greg@hall.example}', now(), now() from users u, generate_series(1, 10) where u.email = ";
    app.sql(&format!("{spent} '{ADA}'")).await;
    app.sql("delete from rate_limits").await;
    let letter = json!({ "tool_name": "send_email", "arguments": { "to": ["greg@hall.example"], "subject": "Hello", "body": "Hello." } });
    let refused = ada.post("/api/chat/execute-tool", letter.clone()).await.json();
    assert!(refused["error"].as_str().unwrap().contains("10 times within a day"), "{refused}");
    let sent = bea.post("/api/chat/execute-tool", letter).await.json();
    assert_eq!(sent["status"], "success", "{sent}");
}

#[tokio::test]
async fn the_calls_of_one_are_not_the_others() {
    let app = TestApp::start_with(&[("RATE_LIMIT_PER_MINUTE", "30")]).await;
    let (mut ada, mut bea) = (app.advisor(ADA).await, app.advisor(BEA).await);
    (ada.ip, bea.ip) = ("198.51.100.1".into(), "198.51.100.2".into());

    let answers = join_all((0..40).map(|_| ada.get("/api/auth/me"))).await;
    assert!(answers.iter().any(|answer| answer.status == 429));
    ada.ip = "198.51.100.3".into();
    assert_eq!(ada.get("/api/tasks").await.status, 429, "from anywhere");

    let answer = bea.get("/api/tasks").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("ratelimit").contains("\"ip\";r=29;"), "{}", answer.header("ratelimit"));
}

/// One batch, the same lanes: what is broken of one is not waited for by the other.
#[tokio::test]
async fn what_fails_for_one_works_for_the_other() {
    let app = TestApp::start().await;
    for mailbox in [ADA, BEA] {
        app.google.deliver(&mail(mailbox, ("Nora", "nora@ellison.example"), "Review", "On Friday."));
    }
    let (ada, bea) = (app.advisor(ADA).await, app.advisor(BEA).await);
    let id = async |person: &Person<'_>| person.user_id().await;
    let (ada_id, bea_id) = (id(&ada).await, id(&bea).await);
    app.google.revoke_grants(ADA);
    // Somebody works on one of hers, and never ends.
    let stuck = "insert into tasks (user_id, id, task_type, lane, payload, state, attempt, lease_until)
         values ({user}, gen_random_uuid(), 'calendar_sync', 'calendar_sync', '{\"type\": \"calendar_sync\"}', 'in_progress', 1, now() + interval '1 hour')";
    app.sql(&stuck.replace("{user}", &ada_id.to_string())).await;
    app.sql(&format!(
        "update tasks set state = 'pending' where user_id = {ada_id} and task_type = 'calendar_sync' and state = 'done'"
    ))
    .await;

    app.work().await;

    assert_eq!(app.count(&format!("select count(*) from emails where user_id = {ada_id}")).await, 0);
    assert_eq!(app.count(&format!("select count(*) from emails where user_id = {bea_id}")).await, 1);
    let needs = "select needs_reconnect from connections order by user_id";
    assert_eq!(app.sql(needs).await, [["t"], ["f"]]);
    let open = format!("select count(*) from tasks where user_id = {bea_id} and state <> 'done'");
    assert_eq!(app.count(&open).await, 0, "all of hers is done");
    let status = bea.get("/api/ingest/status").await;
    assert!(!status.body.contains("reconnect\":true"), "{}", status.body);
}
