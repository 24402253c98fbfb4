//! That the database keeps the advisors apart, whatever the code above it does: by its catalogue, and by its rows.

mod catalogue;
mod plans;
mod retrieval;
mod rows;

use fakes::world::shared_test_cluster;
use tokio::sync::OnceCell;
use tokio_postgres::Client;

use super::migrations::{connect, samples};
use crate::store::db::Address;
use crate::store::{Pool, migrate};

/// The address of a fresh copy of the migrated database, as its owner.
pub(super) async fn migrated() -> String {
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    let cluster = shared_test_cluster().await.unwrap();
    TEMPLATE
        .get_or_init(|| async {
            let url = cluster.create_database("template_tenants", None).await.unwrap();
            migrate::up(&url).await.unwrap();
        })
        .await;
    cluster.fresh_database(Some("template_tenants")).await.unwrap()
}

/// The same, as its owner and as the functions reach it: by a role that owns nothing.
pub(crate) async fn pooled(size: usize) -> (Client, Pool) {
    static ROLE: OnceCell<()> = OnceCell::const_new();
    let owner = migrated().await;
    let cluster = shared_test_cluster().await.unwrap();
    let role = "create role fa_tenants login password 'only-for-tests' in role fa_app";
    ROLE.get_or_init(|| async { cluster.execute("postgres", role).await.unwrap() }).await;
    let url = cluster.url("fa_tenants", "only-for-tests", owner.rsplit('/').next().unwrap()).into();
    let address = Address {
        url: &url,
        user: None,
        password: None,
        authorities: None,
        require_tls: false,
        size,
        slow: std::time::Duration::MAX,
    };
    (connect(&owner).await, Pool::new(&address).unwrap())
}

/// The same with a row of an advisor in every table: the migrations' samples.
async fn populated() -> Client {
    let client = connect(&migrated().await).await;
    for (_, sample) in samples() {
        client.batch_execute(&sample).await.unwrap();
    }
    client
}

/// Every table whose rows are somebody's, with the column that says whose.
async fn tenant_tables(client: &Client) -> Vec<(String, String)> {
    let sql = "select c.relname::text, case c.relname when 'users' then 'id' else 'user_id' end
                 from pg_class c
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                  and (c.relname = 'users'
                       or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped))
                order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}
