//! Many writes while everything goes wrong at once: none is lost, none happens twice.

use std::time::Duration;

use shared::domain::actions::policy::Context;
use shared::domain::actions::{self, Proposal, Proposed};
use shared::domain::tasks::run;
use shared::model::action::{Action, Origin};
use shared::model::{ActionId, TaskId};

use super::*;

const NOTES: &str = "/crm/objects/2026-09/notes";
const MANY: usize = 5;

/// The same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn trouble(&mut self) -> Option<FaultKind> {
        match self.roll(6) {
            0 => Some(status(500)),
            1 => Some(FaultKind::AppliedThenDropped),
            2 => Some(FaultKind::HalfBody),
            3 => Some(asks_for_patience()),
            4 => Some(FaultKind::Slow { delay_ms: 400 }),
            _ => None,
        }
    }
}

async fn wanted(app: &TestApp, owner: i64) -> Vec<TaskId> {
    let mut db = app.app.db().await.unwrap();
    let tenant = db.tenant(UserId(owner)).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..MANY {
        let action = Action::CreateNote {
            contact_id: "501".into(),
            name: "Greg".into(),
            note_body: format!("Note number {number}."),
        };
        let origin = Origin::Tool { session: uuid::Uuid::new_v4() };
        let context = Context::default();
        let proposal = Proposal { id: ActionId::random(), action: &action, origin: &origin, context, cause: None };
        match actions::propose(&tenant, &proposal).await.unwrap() {
            Proposed::Going(_, task) => tasks.push(task),
            Proposed::Waiting(kept) => panic!("it waits: {:?}", kept.reasons),
        }
    }
    tenant.commit().await.unwrap();
    tasks
}

async fn weather(seed: u64) {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let owner = ada.user_id().await;
    let tasks = wanted(&app, owner).await;
    let mut dice = Dice(seed);

    for _ in 0..10 {
        for task in &tasks {
            if let Some(kind) = dice.trouble() {
                app.hubspot.control().arm(fault("POST", NOTES, kind));
            }
            // Two workers hear the same bell, and both may die at any moment.
            let patience = Duration::from_millis(50 + dice.roll(600));
            let both = futures::future::join(run::run(&app.app, *task), run::run(&app.app, *task));
            let _ = tokio::time::timeout(patience, both).await;
            app.hubspot.control().disarm();
        }
        app.sql("update tasks set lease_until = now() - interval '1 second' where state = 'in_progress'").await;
        app.sql("update effects set started_at = started_at - interval '10 minutes' where state = 'started'").await;
        app.sql("update tasks set run_after = now(), rung_at = null where state = 'pending'").await;
        app.sweep().await;
        app.forget_messages().await;
        app.patience_is_over().await;
        // Whoever was cut off may still be on its way at the provider.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    app.work().await;

    let ends = app.sql("select state, payload->>'note_body' from actions order by id").await;
    let there = app.in_portal(owner, "notes", "hs_note_body").await;
    for (number, end) in (0..MANY).zip(&ends) {
        let body = format!("Note number {number}.");
        let times = there.iter().filter(|note| note["properties"]["hs_note_body"] == *body).count();
        assert!(times <= 1, "seed {seed}: {body} was written {times} times");
        if end[0] == "done" {
            assert_eq!(times, 1, "seed {seed}: {body} is said to be done");
        }
    }
    let ended = "select count(*) from tasks where task_type = 'perform_action' and state in ('done', 'failed')";
    assert_eq!(app.count(ended).await, i64::try_from(MANY).unwrap(), "seed {seed}: every task ends");
    assert_eq!(
        app.count("select count(*) from actions a join tasks t on t.id = a.task_id where t.state = 'done' and a.state <> 'done'").await,
        0
    );
}

#[tokio::test]
async fn nothing_happens_twice() {
    weather(7).await;
}

#[tokio::test]
async fn and_not_in_other_weather_either() {
    weather(2026).await;
}
