use fakes::server::{Fault, FaultKind};
use serde_json::json;

use super::support::*;

fn away(times: u32) -> Fault {
    let kind = FaultKind::Status { status: 500, headers: Default::default(), body: None };
    Fault { method: None, path: "/profile".into(), times, kind }
}

#[tokio::test]
async fn a_task_is_shown_to_its_advisor_and_to_nobody_else() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.advisor(ADA).await, app.advisor(EVE).await);
    let id = ada.post("/api/ingest/gmail", json!({})).await.json()["job_id"].as_str().unwrap().to_owned();

    let task = ada.get(&format!("/api/tasks/{id}")).await.json();

    assert_eq!((task["task_type"].clone(), task["state"].clone()), ("gmail_sync".into(), "pending".into()));
    assert_eq!(eve.get(&format!("/api/tasks/{id}")).await.status, 404);
    assert_eq!(ada.get("/api/tasks/not-a-task").await.status, 404);
    app.work().await;
    assert_eq!(ada.get(&format!("/api/tasks/{id}")).await.json()["state"], "done");
}

#[tokio::test]
async fn the_list_is_paged_and_can_be_narrowed() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    ada.post("/api/ingest/gmail", json!({})).await;

    let first = ada.get("/api/tasks?limit=1").await.json();
    let second = ada.get(&format!("/api/tasks?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await.json();

    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    assert_eq!(ada.get("/api/tasks?state=pending").await.json()["items"].as_array().unwrap().len(), 1);
    let refused = ada.get("/api/tasks?state=asleep").await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["detail"][0]["loc"], json!(["query", "state"]));
}

#[tokio::test]
async fn asking_twice_waits_for_one_task() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;

    let ids: Vec<_> = [ada.post("/api/ingest/gmail", json!({})).await, ada.post("/api/ingest/emails", json!({})).await]
        .iter()
        .map(|answer| answer.json()["job_id"].clone())
        .collect();

    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn what_fails_is_tried_three_times_with_growing_pauses() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.google.control().arm(away(1000));

    for _ in 0..6 {
        app.work_once().await;
        app.sql("update tasks set run_after = now() where state = 'pending'").await;
        app.sql("update tasks set rung_at = null").await;
        app.sweep().await;
    }

    let tasks = ada.get("/api/tasks").await.json()["items"].as_array().unwrap().clone();
    let task = tasks.iter().find(|task| task["task_type"] == "gmail_sync").unwrap();
    assert_eq!((task["state"].clone(), task["attempts"].clone()), ("failed".into(), json!(3)), "{task}");
    assert!(task["last_error"].is_string());
}

#[tokio::test]
async fn a_retry_waits() {
    let app = TestApp::start().await;
    app.advisor(ADA).await;
    app.google.control().arm(away(1000));

    app.work_once().await;

    assert_eq!(
        app.count("select count(*) from tasks where state = 'pending' and attempt = 1 and run_after > now()").await,
        1
    );
}

#[tokio::test]
async fn a_lost_bell_costs_time_and_not_the_task() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.forget_messages().await;
    app.sweep().await;
    assert!(!app.receive().await.is_empty(), "the sweep rings for what nobody rang for");

    app.sweep().await;
    assert!(app.receive().await.is_empty(), "and not again at once");

    app.sql("update tasks set rung_at = now() - interval '2 minutes'").await;
    app.sweep().await;
    app.work().await;
    assert_eq!(ada.get("/api/tasks").await.json()["items"][0]["state"], "done");
}

#[tokio::test]
async fn the_clock_rings_for_one_task_of_each_lane_and_for_none_of_a_lane_that_is_busy() {
    let app = TestApp::start().await;
    app.advisor(ADA).await;
    app.advisor(EVE).await;
    app.sql("delete from tasks").await;
    app.forget_messages().await;
    // Ada has three of one lane and one of another, which is busy; Eve has two of the first.
    app.sql(
        "insert into tasks (user_id, id, task_type, lane, payload, run_after, state, lease_until)
         select u.id, gen_random_uuid(), t.lane, t.lane, jsonb_build_object('type', t.lane), now() - t.ago, t.state,
                case when t.state = 'in_progress' then now() + interval '1 minute' end
           from (select id, row_number() over (order by id) as nth from users) u
           join (values ('watch', interval '3 s', 'pending', 2), ('watch', interval '2 s', 'pending', 2),
                        ('watch', interval '1 s', 'pending', 1), ('embed', interval '9 s', 'in_progress', 1),
                        ('embed', interval '1 s', 'pending', 1)) t(lane, ago, state, those)
             on u.nth <= t.those",
    )
    .await;

    app.sweep().await;

    assert_eq!(app.count("select count(*) from tasks where rung_at is not null").await, 2);
    let first = "select count(*) from tasks where rung_at is not null and lane = 'watch' and run_after < now() - interval '2.5 s'";
    assert_eq!(app.count(first).await, 2, "the oldest of each");
    assert_eq!(app.receive().await.len(), 2);
}

#[tokio::test]
async fn a_task_whose_worker_died_is_taken_back() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.forget_messages().await;
    app.sql(
        "update tasks set state = 'in_progress', attempt = 1, fence = 1, lease_until = now() - interval '1 second'",
    )
    .await;

    app.sweep().await;
    app.work().await;

    let task = ada.get("/api/tasks").await.json()["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(task["state"], "done", "{task}");
}

#[tokio::test]
async fn a_task_whose_worker_died_keeps_its_place() {
    let app = TestApp::start().await;
    app.advisor(ADA).await;
    app.sql("delete from tasks").await;
    app.forget_messages().await;
    app.sql(
        "insert into tasks (user_id, id, task_type, lane, payload, run_after, state, lease_until, attempt)
         select u.id, gen_random_uuid(), 'watch', 'watch', '{\"type\": \"watch\"}', now() - t.ago, t.state, t.lease, t.attempt
           from users u, (values (interval '3 minutes', 'in_progress', now() - interval '1 second', 1),
                                 (interval '2 minutes', 'pending', null, 0)) t(ago, state, lease, attempt)",
    )
    .await;

    app.sweep().await;

    assert_eq!(app.count("select count(*) from tasks where rung_at is not null and attempt = 1").await, 1);
    assert_eq!(app.receive().await.len(), 1);
}

#[tokio::test]
async fn a_task_that_kills_its_worker_ends_as_failed() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.sql(
        "update tasks set state = 'in_progress', attempt = 3, fence = 3, lease_until = now() - interval '1 second'",
    )
    .await;

    app.sweep().await;

    let task = ada.get("/api/tasks").await.json()["items"][0].clone();
    assert_eq!(
        (task["state"].clone(), task["last_error"].clone()),
        ("failed".into(), "The worker stopped while it did this.".into())
    );
}

#[tokio::test]
async fn a_worker_that_lost_its_task_cannot_finish_it() {
    use shared::model::TaskId;
    use shared::store::tasks::{self, Outcome};
    use std::time::Duration;

    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let owner = shared::model::UserId(ada.user_id().await);
    let id: TaskId = app.sql("select id from tasks").await[0][0].parse().unwrap();
    let mut db = app.app.db().await.unwrap();

    let stale = tasks::claim(&db, id, Duration::from_secs(60)).await.unwrap().unwrap();
    app.sql("update tasks set state = 'pending', run_after = now(), lease_until = null").await;
    let fresh = tasks::claim(&db, id, Duration::from_secs(60)).await.unwrap().unwrap();
    let tenant = db.tenant(owner).await.unwrap();
    assert!(!tasks::heartbeat(&tenant, &stale, Duration::from_secs(60)).await.unwrap());
    tenant.commit().await.unwrap();
    assert!(tasks::finish(&db, &stale, &Outcome::Done(json!("stale"))).await.unwrap().is_none());
    assert!(tasks::finish(&db, &fresh, &Outcome::Done(json!("fresh"))).await.unwrap().is_some());

    assert_eq!(app.sql("select result::text from tasks where state = 'done'").await, [["\"fresh\""]]);
}

#[tokio::test]
async fn what_is_left_to_the_next_of_its_lane_is_done_and_the_next_is_rung_for() {
    use shared::model::TaskId;
    use shared::model::task::State;
    use shared::store::tasks::{self, Outcome};
    use std::time::Duration;

    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    ada.post("/api/ingest/gmail", json!({})).await;
    let db = app.app.db().await.unwrap();
    let first: TaskId = app.sql("select id from tasks where lane = 'gmail_sync'").await[0][0].parse().unwrap();
    let claim = tasks::claim(&db, first, Duration::from_secs(60)).await.unwrap().unwrap();
    // The one that is waiting is begun, so this makes another.
    let second = ada.post("/api/ingest/gmail", json!({})).await.json()["job_id"].as_str().unwrap().to_owned();

    let outcome = Outcome::Again { after: Duration::ZERO, progress: json!({}) };
    let ended = tasks::finish(&db, &claim, &outcome).await.unwrap().unwrap();

    assert_eq!((ended.state, ended.next.map(|id| id.to_string())), (State::Done, Some(second)));
}

#[tokio::test]
async fn two_workers_get_one_task_once() {
    let app = TestApp::start().await;
    app.google.deliver(&mail(ADA, ("Nora", "nora@ellison.example"), "Hello", "Hello there."));
    app.advisor(ADA).await;
    let id = app.sql("select id from tasks where task_type = 'gmail_sync'").await[0][0].parse().unwrap();

    let both = futures::future::join_all((0..2).map(|_| shared::domain::tasks::run::run(&app.app, id))).await;

    assert!(both.iter().all(Result::is_ok));
    assert_eq!(
        app.count("select attempt from tasks where task_type = 'gmail_sync' order by created_at limit 1").await,
        1
    );
}

#[tokio::test]
async fn a_message_that_is_no_bell_does_not_hold_up_its_neighbours() {
    let app = TestApp::start().await;
    let (_, consumer) = crate::routes::CONSUMERS[0];
    let mut event = aws_lambda_events::sqs::SqsEvent::default();
    let mut message = aws_lambda_events::sqs::SqsMessage::default();
    message.message_id = Some("m-1".into());
    message.body = Some("not a bell".into());
    event.records = vec![message];

    let answer = consumer.handle(&app.app, event).await;

    assert!(answer.batch_item_failures.is_empty(), "what can never be handled does not come again");
}
