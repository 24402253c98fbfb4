use std::future::poll_fn;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::Poll;

use super::*;
use crate::tests::tenants::pooled;

/// One connection, an advisor, and who watches from outside.
struct Practice {
    pool: Pool,
    advisor: UserId,
    owner: tokio_postgres::Client,
    session: AtomicI32,
}

impl Practice {
    async fn start() -> Self {
        let (owner, pool) = pooled(1).await;
        owner.batch_execute("insert into users (google_sub) values ('1001')").await.unwrap();
        write(&pool, UserId(1)).await.unwrap();
        let session = pool.get().await.unwrap().row("select pg_backend_pid()", &[]).await.unwrap().get(0);
        Self { pool, advisor: UserId(1), owner, session: AtomicI32::new(session) }
    }

    /// The next one finds nobody on the connection, nothing to see, and no transaction. Answers whether the session is the same.
    async fn nobody_is_left(&self, after: &str) -> bool {
        let sql =
            "select pg_backend_pid(), coalesce(current_setting('app.user_id', true), ''), (select count(*) from notes)";
        let row = self.pool.get().await.unwrap().row(sql, &[]).await.unwrap();
        let (session, tenant, notes): (i32, String, i64) = (row.get(0), row.get(1), row.get(2));
        assert_eq!((tenant.as_str(), notes), ("", 0), "after {after}");
        let sql = "select state, xact_start is null from pg_stat_activity where pid = $1";
        let row = self.owner.query_one(sql, &[&session]).await.unwrap();
        assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(1)), ("idle", true), "after {after}");
        self.session.swap(session, Ordering::Relaxed) == session
    }
}

const INSERT: &str = "insert into notes (user_id, hubspot_id, body, noted_at, hubspot_updated_at)
                      values ($1, gen_random_uuid()::text, 'Mine', now(), now())";

/// A transaction with all it takes, of an advisor.
async fn write(pool: &Pool, owner: UserId) -> Result<()> {
    let mut db = pool.get().await?;
    let tenant = db.tenant(owner).await?;
    tenant.execute(INSERT, &[&owner.0]).await?;
    assert!(!tenant.rows("select body from notes", &[]).await?.is_empty());
    tenant.commit().await
}

#[tokio::test]
async fn a_request_that_is_dropped_at_any_point_leaves_nobody_on_its_connection() {
    let practice = Practice::start().await;

    let (mut ended, mut reused) = (false, 0);
    for most in 0..200 {
        let mut writing = Box::pin(write(&practice.pool, practice.advisor));
        let mut polled = 0;
        // Dropped where it waits for the n-th time.
        let outcome = poll_fn(|context| {
            if polled == most {
                return Poll::Ready(None);
            }
            polled += 1;
            writing.as_mut().poll(context).map(Some)
        });
        ended = outcome.await.is_some();
        drop(writing);

        reused += i32::from(practice.nobody_is_left(&format!("{most} steps")).await);
        if ended {
            break;
        }
    }
    assert!(ended, "it comes to its end when it is let");
    assert!(reused > 3, "the same session was gone on with {reused} times");
}

#[tokio::test]
async fn a_panic_or_an_error_inside_a_transaction_leaves_nobody_on_its_connection() {
    let practice = Practice::start().await;
    let (pool, broken, advisor) = (practice.pool.clone(), practice.pool.clone(), practice.advisor);

    let panicked = tokio::spawn(async move {
        let mut db = pool.get().await.unwrap();
        let _tenant = db.tenant(advisor).await.unwrap();
        panic!("on purpose");
    });
    assert!(panicked.await.unwrap_err().is_panic());
    assert!(practice.nobody_is_left("a panic").await, "it is the same session");

    let failed = tokio::spawn(async move {
        let mut db = broken.get().await.unwrap();
        let tenant = db.tenant(advisor).await.unwrap();
        tenant.rows("select 1 / 0", &[]).await.map(|_| ())
    });
    assert!(failed.await.unwrap().is_err());
    assert!(practice.nobody_is_left("an error").await, "it is the same session");
}

#[tokio::test]
async fn many_at_once_are_each_their_own() {
    let (owner, pool) = pooled(2).await;
    owner.batch_execute("insert into users (google_sub) select n::text from generate_series(1, 20) n").await.unwrap();

    let all = (1..=20).cycle().take(200).map(|id| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let sql = "select user_id, current_setting('app.user_id') as tenant from notes";
            let mut db = pool.get().await.unwrap();
            let tenant = db.tenant(UserId(id)).await.unwrap();
            tenant.execute(INSERT, &[&id]).await.unwrap();
            for row in tenant.rows(sql, &[]).await.unwrap() {
                assert_eq!((row.get::<_, i64>("user_id"), row.get::<_, String>("tenant")), (id, id.to_string()));
            }
            // Every third goes away without a word.
            if id % 3 != 0 {
                tenant.commit().await.unwrap();
            }
        })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap();
    }
}
