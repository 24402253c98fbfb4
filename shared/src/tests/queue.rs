//! What begins, ends and sweeps tasks: that it finds them by an index however many there have been, and sees one advisor's only.

use std::future::poll_fn;

use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, NoTls, SimpleQueryMessage};

use super::tenants::migrated;

/// Fifty advisors with two thousand tasks each that are over, and some that wait.
const CROWD: &str = "
    insert into users (google_sub) select n::text from generate_series(1, 50) n order by n;
    set session_replication_role = replica;
    insert into tasks (user_id, id, task_type, lane, payload, state, attempt, fence, completed_at)
        select u.id, md5(u.id || '.' || n)::uuid, 'embed', 'embed', '{\"type\": \"embed\"}',
               case n % 100 when 0 then 'failed' else 'done' end, 1, 1, now() - n * interval '1 minute'
          from users u, generate_series(1, 2000) n;
    insert into tasks (user_id, id, task_type, lane, payload, run_after)
        select u.id, gen_random_uuid(), 'embed', 'embed', '{\"type\": \"embed\"}', now() - n * interval '1 second'
          from users u, generate_series(1, 20) n where n <= 5 or u.id = 1;
    set session_replication_role = default; analyze";

/// The task of each of three advisors that is the next of its lane.
const FIRST: &str = "
    insert into users (google_sub) select n::text from generate_series(1, 3) n where not exists (select from users);
    insert into tasks (user_id, id, task_type, lane, payload, run_after)
        select id, ('00000000-0000-7000-8000-' || lpad(id::text, 12, '0'))::uuid, 'embed', 'embed', '{\"type\": \"embed\"}',
               now() - interval '1 hour'
          from users where id <= 3";

/// A database connection that tells the plan of every statement, those within functions too.
struct Told {
    client: Client,
    plans: mpsc::UnboundedReceiver<String>,
}

impl Told {
    async fn to(url: &str) -> Self {
        let (client, mut connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        let (told, plans) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notice(notice) = message {
                    let _nobody_asks_any_more = told.send(notice.message().to_owned());
                }
            }
        });
        client
            .batch_execute(
                "load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
                 set client_min_messages = log; set role fa_app",
            )
            .await
            .unwrap();
        Self { client, plans }
    }

    /// The first row, as text, and the plans.
    async fn ask(&mut self, sql: &str) -> (Vec<Option<String>>, String) {
        while self.plans.try_recv().is_ok() {}
        let answer = self.client.simple_query(sql).await.unwrap();
        let first = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        });
        let mut plans = String::new();
        while let Ok(plan) = self.plans.try_recv() {
            plans += &plan;
        }
        (first.unwrap_or_default(), plans)
    }
}

fn task(of: u64) -> String {
    format!("00000000-0000-7000-8000-{of:0>12}")
}

#[tokio::test]
async fn what_is_over_is_not_looked_through_to_begin_end_or_sweep_a_task() {
    let url = migrated().await;
    let owner = super::migrations::connect(&url).await;
    owner.batch_execute(CROWD).await.unwrap();
    owner.batch_execute(FIRST).await.unwrap();
    let mut functions = Told::to(&url).await;
    let begin = format!("select fence from begin_task('{}', 90)", task(1));
    let end = format!("select ended, next from end_task(1, '{}', 1, 'done', 0, '{{}}', null, 1)", task(1));
    let sweep = "select count(*) from lookup.sweep_counted(interval '1 minute', 500)";

    for (sql, answer, indexes) in [
        (begin.as_str(), "1", &["tasks_id_key"][..]),
        (&end, "done", &["tasks_one_running", "tasks_waiting"]),
        (sweep, "49", &["tasks_leased", "tasks_due", "tasks_lost"]),
    ] {
        let (first, plans) = functions.ask(sql).await;

        assert_eq!(first[0].as_deref(), Some(answer), "{sql}");
        assert!(plans.contains("tasks t") && !plans.contains("Seq Scan on tasks"), "{sql}\n{plans}");
        for index in indexes {
            assert!(plans.contains(index), "{sql} does not use {index}:\n{plans}");
        }
    }
    let rung: i64 = owner
        .query_one("select count(*) from tasks where rung_at is not null and state = 'pending'", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(rung, 50, "one of each lane: the first of them by the end of the one before it");
}

#[tokio::test]
async fn a_task_is_begun_and_ended_as_its_advisor_and_nothing_of_that_is_left_behind() {
    let url = migrated().await;
    let owner = super::migrations::connect(&url).await;
    owner.batch_execute(FIRST).await.unwrap();
    owner.batch_execute("update users set is_active = false where id = 3").await.unwrap();
    let mut functions = Told::to(&url).await;
    let begin = |of| format!("select owner from begin_task('{}', 90)", task(of));
    let end =
        |as_who, of| format!("select ended from end_task({as_who}, '{}', 1, 'done', 0, '{{}}', null, 1)", task(of));

    assert_eq!(functions.ask(&begin(2)).await.0, [Some("2".to_owned())]);
    assert_eq!(functions.ask("select count(*) from tasks").await.0, [Some("0".to_owned())], "no tenant is left");
    assert_eq!(functions.ask(&begin(2)).await.0, [], "it is taken");
    assert_eq!(functions.ask(&begin(3)).await.0, [], "of a closed account nothing is done");
    assert_eq!(functions.ask(&end(1, 2)).await.0, [None], "somebody else's task is not found");
    assert_eq!(functions.ask(&end(2, 2)).await.0, [Some("done".to_owned())]);
    assert_eq!(functions.ask(&end(2, 2)).await.0, [None], "it is over");
    assert_eq!(functions.ask("select count(*) from tasks").await.0, [Some("0".to_owned())]);
}
