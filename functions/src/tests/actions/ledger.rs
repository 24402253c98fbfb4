//! Quiet periods, dead workers and stale ones.

use std::time::Duration;

use shared::domain::actions::perform;
use shared::domain::tasks::run;
use shared::model::task::Claim;
use shared::model::{ActionId, TaskId};
use shared::store::tasks;

use super::*;

const NOTES: &str = "/crm/objects/2026-09/notes";

fn note() -> Value {
    json!({ "contact_id": "501", "note_body": "Called about bonds." })
}

async fn notes(app: &TestApp, ada: &Person<'_>) -> usize {
    app.in_portal(ada.user_id().await, "notes", "hs_note_body").await.len()
}

/// A note that is to be written and that nobody has begun.
async fn waiting_note(app: &TestApp, ada: &Person<'_>) -> (ActionId, TaskId) {
    // It is refused for now, and waits.
    app.hubspot.control().arm(fault("POST", NOTES, asks_for_patience()));
    ada.tool("create_note", note()).await;
    let row = &app.sql("select id, task_id from actions").await[0];
    app.sql("update tasks set run_after = now(), attempt = 0 where task_type = 'perform_action'").await;
    app.sql("delete from effects").await;
    app.patience_is_over().await;
    app.hubspot.control().forget_requests();
    app.forget_messages().await;
    (row[0].parse().unwrap(), row[1].parse().unwrap())
}

async fn claim(app: &TestApp, task: TaskId) -> Claim {
    tasks::claim(&app.app.db().await.unwrap(), task, Duration::from_secs(90)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_write_nobody_knows_the_end_of_is_left_alone_until_it_cannot_happen_any_more() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.hubspot.control().arm(fault("POST", NOTES, status(500)));

    let answer = ada.tool("create_note", note()).await;

    assert_eq!(answer["result"]["state"], "approved", "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("It goes on by itself"), "{answer}");
    for _ in 0..5 {
        app.at_once().await;
    }
    assert_eq!(asked(app.hubspot.control(), "POST", NOTES), 1, "it is neither done again nor looked for too soon");
    let task = app.sql("select state, attempt from tasks where task_type = 'perform_action'").await;
    assert_eq!(task, [["pending", "0"]], "waiting costs no try");
    let waits =
        app.count("select extract(epoch from run_after - now())::bigint from tasks where state = 'pending'").await;
    assert!((60..=90).contains(&waits), "{waits}");

    app.later().await;
    assert_eq!(app.action().await.0, "done");
    assert_eq!(notes(&app, &ada).await, 1);
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.hubspot.control().arm(many(fault("POST", "/crm/objects/2026-09/notes", status(500))));

    ada.tool("create_note", note()).await;
    for _ in 0..6 {
        app.later().await;
    }

    let (state, error) = app.action().await;
    assert_eq!(state, "failed", "{error}");
    assert!(error.contains("was tried 3 times and did not happen"), "{error}");
    assert_eq!(asked(app.hubspot.control(), "POST", "/crm/objects/2026-09/notes"), 3);
    assert_eq!(app.sql("select state from tasks where task_type = 'perform_action'").await, [["failed"]]);
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_said_to_be_unknown_and_not_done_again() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.hubspot.control().arm(fault("POST", NOTES, FaultKind::AppliedThenDropped));
    app.hubspot.control().arm(many(fault("GET", "/associations/notes", status(500))));

    ada.tool("create_note", note()).await;
    for _ in 0..6 {
        app.later().await;
    }

    let (state, error) = app.action().await;
    assert_eq!(state, "unknown");
    assert!(error.contains("Please have a look before you ask for it again"), "{error}");
    assert_eq!(asked(app.hubspot.control(), "POST", NOTES), 1);
    assert_eq!(app.sql("select state from effects").await, [["unknown"]]);
}

#[tokio::test]
async fn a_worker_that_dies_while_the_provider_works_leaves_one_note() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (_, task) = waiting_note(&app, &ada).await;
    app.hubspot.control().arm(fault("POST", NOTES, FaultKind::Slow { delay_ms: 3_000 }));

    let killed = tokio::time::timeout(Duration::from_millis(1_500), run::run(&app.app, task)).await;
    assert!(killed.is_err(), "it died in the middle of the call");
    app.sql("update tasks set lease_until = now() - interval '1 second' where state = 'in_progress'").await;
    app.at_once().await;
    assert_eq!(app.action().await.0, "approved", "the next one waits");
    app.later().await;

    assert_eq!(app.action().await.0, "done");
    assert_eq!((asked(app.hubspot.control(), "POST", NOTES), notes(&app, &ada).await), (1, 1));
}

#[tokio::test]
async fn a_provider_that_answers_too_late_has_done_it_once() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (_, task) = waiting_note(&app, &ada).await;
    // Longer than any call is waited for.
    app.hubspot.control().arm(fault("POST", NOTES, FaultKind::Slow { delay_ms: 25_000 }));

    run::run(&app.app, task).await.unwrap();
    assert_eq!(
        app.sql("select state, attempt from tasks where task_type = 'perform_action'").await,
        [["pending", "0"]]
    );
    app.later().await;

    assert_eq!(app.action().await.0, "done");
    assert_eq!((asked(app.hubspot.control(), "POST", NOTES), notes(&app, &ada).await), (1, 1));
}

#[tokio::test]
async fn a_worker_that_always_dies_ends_as_unknown() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (id, task) = waiting_note(&app, &ada).await;
    app.sql(&format!(
        "insert into effects (user_id, task_id, step, key, request_hash, state, started_at, started_fence)
         select user_id, id, 0, id || ':0', '\\x00', 'started', now(), fence from tasks where id = '{task}'"
    ))
    .await;
    app.sql(&format!(
        "update tasks set state = 'in_progress', attempt = 3, lease_until = now() - interval '1 second' where id = '{task}'"
    ))
    .await;

    app.sweep().await;

    let mut db = app.app.db().await.unwrap();
    let tenant = db.tenant(UserId(ada.user_id().await)).await.unwrap();
    let kept = shared::store::actions::get(&tenant, id).await.unwrap().unwrap();
    assert_eq!(kept.state.name(), "unknown", "it may have happened");
}

#[tokio::test]
async fn a_worker_that_lost_its_task_writes_nothing() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (id, task) = waiting_note(&app, &ada).await;
    let stale = claim(&app, task).await;
    app.sql("update tasks set state = 'pending', lease_until = null where state = 'in_progress'").await;
    let fresh = claim(&app, task).await;
    assert!(fresh.fence > stale.fence);

    let refused = perform::run(&app.app, &stale, id).await;

    assert!(refused.is_err());
    assert_eq!(asked(app.hubspot.control(), "POST", NOTES), 0, "nothing went out");
    assert_eq!(app.sql("select state, tries from effects").await, [["intended", "0"]]);
    assert_eq!(app.action().await.0, "approved", "it is not for the stale one to say what became of it");
    perform::run(&app.app, &fresh, id).await.unwrap();
    assert_eq!((asked(app.hubspot.control(), "POST", NOTES), notes(&app, &ada).await), (1, 1));
}

#[tokio::test]
async fn a_worker_that_comes_back_after_its_call_does_not_write_over_the_next_one() {
    use shared::store::effects::{self, State};

    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (_, task) = waiting_note(&app, &ada).await;
    let stale = claim(&app, task).await;
    app.sql(&format!(
        "insert into effects (user_id, task_id, step, key, request_hash, state, started_at, started_fence)
         select user_id, id, 0, id || ':0', '\\x00', 'started', now(), {} from tasks where id = '{task}'",
        stale.fence
    ))
    .await;
    app.sql("update tasks set state = 'pending', lease_until = null where state = 'in_progress'").await;
    let fresh = claim(&app, task).await;
    let mut db = app.app.db().await.unwrap();
    let tenant = db.tenant(fresh.owner).await.unwrap();

    assert!(effects::start(&tenant, &fresh, 0, Some(stale.fence), None).await.unwrap());
    assert!(!effects::start(&tenant, &stale, 0, Some(stale.fence), None).await.unwrap(), "somebody else is at it");
    assert!(!effects::finish(&tenant, task, 0, Some(stale.fence), "hubspot:notes:1", &json!({})).await.unwrap());
    assert!(!effects::retract(&tenant, task, 0, Some(stale.fence)).await.unwrap());

    assert_eq!(effects::get(&tenant, task, 0).await.unwrap().unwrap().state, State::Started);
}

#[tokio::test]
async fn what_was_not_approved_or_is_not_what_was_is_not_done() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (id, task) = waiting_note(&app, &ada).await;
    let claim = claim(&app, task).await;

    app.sql("update actions set payload = jsonb_set(payload, '{note_body}', '\"Something else\"')").await;
    assert!(perform::run(&app.app, &claim, id).await.is_err());
    app.sql("update actions set state = 'pending'").await;
    assert!(perform::run(&app.app, &claim, id).await.is_err());

    assert_eq!(asked(app.hubspot.control(), "POST", NOTES), 0);
}

#[tokio::test]
async fn a_worker_that_dies_after_it_wrote_does_not_leave_the_advisor_with_a_failure() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (id, task) = waiting_note(&app, &ada).await;
    app.sql(&format!(
        "insert into effects (user_id, task_id, step, key, request_hash, state, started_at, started_fence, provider_ref, response)
         select user_id, id, 0, id || ':0', '\\x00', 'done', now(), fence, 'hubspot:notes:9', '{{}}' from tasks where id = '{task}'"
    ))
    .await;
    app.sql(&format!(
        "update tasks set state = 'in_progress', attempt = 3, lease_until = now() - interval '1 second' where id = '{task}'"
    ))
    .await;

    app.sweep().await;

    let mut db = app.app.db().await.unwrap();
    let tenant = db.tenant(UserId(ada.user_id().await)).await.unwrap();
    let kept = shared::store::actions::get(&tenant, id).await.unwrap().unwrap();
    assert_eq!(kept.state.name(), "unknown", "the note is there");
    tenant.commit().await.unwrap();
    app.sql("update effects set provider_ref = 'gmail:drafts:9'").await;
    let tenant = db.tenant(UserId(ada.user_id().await)).await.unwrap();
    let kept = shared::store::actions::get(&tenant, id).await.unwrap().unwrap();
    assert_eq!(kept.state.name(), "failed", "a draft has reached nobody");
}

#[tokio::test]
async fn a_worker_that_was_held_up_before_its_call_does_not_call_any_more() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (_, task) = waiting_note(&app, &ada).await;
    // Whatever keeps it: here it is the row that it has to write to first.
    app.sql(
        "create function held_up() returns trigger language plpgsql as
         $$ begin if new.state = 'started' then perform pg_sleep(5.2); end if; return new; end $$",
    )
    .await;
    app.sql("create trigger held_up before update on effects for each row execute function held_up()").await;

    run::run(&app.app, task).await.unwrap();

    assert_eq!(asked(app.hubspot.control(), "POST", NOTES), 0, "by now somebody else may be looking for it");
    assert_eq!(app.sql("select state from effects").await, [["intended"]]);
    app.sql("drop trigger held_up on effects").await;
    app.at_once().await;
    assert_eq!((asked(app.hubspot.control(), "POST", NOTES), notes(&app, &ada).await), (1, 1));
}

#[tokio::test]
async fn a_claim_and_the_end_of_the_task_before_it_do_not_wait_for_each_other() {
    use shared::store::tasks::Outcome;

    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (_, first) = waiting_note(&app, &ada).await;
    let running = claim(&app, first).await;
    let second = app
        .sql(&format!(
            "insert into tasks (user_id, id, task_type, lane, payload)
             select user_id, gen_random_uuid(), task_type, lane, payload from tasks where id = '{first}' returning id"
        ))
        .await[0][0]
        .parse()
        .unwrap();
    // Between the end of the first and the look for the next there is time for somebody to claim that.
    app.sql(
        "create function held_up() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return null; end $$;
         create trigger held_up after update on tasks for each row when (new.state = 'done') execute function held_up()",
    )
    .await;
    let (ending, claiming) = (app.app.db().await.unwrap(), app.app.db().await.unwrap());

    let claimed = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        // It has the row, and waits to see whether the lane becomes free.
        tasks::claim(&claiming, second, Duration::from_secs(90)).await.unwrap()
    };
    let outcome = Outcome::Done(json!({}));
    let ended = tasks::finish(&ending, &running, &outcome);
    let (claimed, ended) = tokio::join!(claimed, ended);

    assert!(claimed.is_some(), "the lane is free");
    assert_eq!(ended.unwrap().unwrap().next, None, "who is claiming it needs no bell");
}
