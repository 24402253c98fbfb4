use fakes::world::shared_test_cluster;
use tokio_postgres::{Client, NoTls};

use crate::store::migrate;

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn samples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/samples");
    let mut samples: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    samples.sort();
    samples
}

#[tokio::test]
async fn every_migration_goes_up_and_down_and_up_again_over_data() {
    let cluster = shared_test_cluster().await.unwrap();
    let url = cluster.fresh_database(None).await.unwrap();
    let steps = migrate::up(&url).await.unwrap();
    assert!(steps.iter().all(|step| step.applied));
    assert_eq!(steps.len(), samples().len(), "each migration comes with a sample of the data it makes room for");

    let client = connect(&url).await;
    for round in 0..2 {
        for (name, sample) in samples() {
            client
                .batch_execute(&sample)
                .await
                .unwrap_or_else(|error| panic!("round {round}, sample {name}: {error:?}"));
        }
        // From the newest to the oldest, one at a time, each over the data of those below it.
        for left in (0..steps.len()).rev() {
            let after = migrate::down(&url, 1).await.unwrap();
            assert_eq!(after.iter().filter(|step| step.applied).count(), left);
        }
        let tables = "select count(*) from pg_tables where schemaname = 'public' and tablename <> '_sqlx_migrations'";
        let left: i64 = client.query_one(tables, &[]).await.unwrap().get(0);
        assert_eq!(left, 0, "nothing is left behind");
        migrate::up(&url).await.unwrap();
    }
}

#[tokio::test]
async fn every_table_of_an_advisor_is_protected() {
    let cluster = shared_test_cluster().await.unwrap();
    let url = cluster.fresh_database(None).await.unwrap();
    migrate::up(&url).await.unwrap();
    let client = connect(&url).await;

    assert_eq!(unprotected(&client).await, Vec::<String>::new());

    client.batch_execute("create table forgotten (user_id bigint)").await.unwrap();
    assert_eq!(unprotected(&client).await, ["forgotten"], "the check finds what it is for");
}

/// Tables with an owner that lack row-level security, its enforcement on the table's owner, or a policy.
async fn unprotected(client: &Client) -> Vec<String> {
    let sql = "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = 'public' and c.relkind in ('r', 'p')
                  and (c.relname = 'users' or exists (select from pg_attribute a
                          where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped))
                  and not (c.relrowsecurity and c.relforcerowsecurity
                           and exists (select from pg_policy p where p.polrelid = c.oid))
                order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn the_functions_of_the_lookup_schema_cannot_be_led_astray() {
    let cluster = shared_test_cluster().await.unwrap();
    let url = cluster.fresh_database(None).await.unwrap();
    migrate::up(&url).await.unwrap();
    let client = connect(&url).await;

    let loose = "select p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                  where n.nspname = 'lookup'
                    and (not p.prosecdef or p.proconfig is null or not p.proconfig::text like '%search_path=pg_catalog%'
                         or has_function_privilege('public', p.oid, 'execute'))";
    assert!(client.query(loose, &[]).await.unwrap().is_empty());
    let owned = "select relname::text from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = 'fa_app'";
    assert!(client.query(owned, &[]).await.unwrap().is_empty(), "the functions' role owns nothing");
}

#[tokio::test]
async fn without_an_advisor_there_is_nothing_to_see() {
    let cluster = shared_test_cluster().await.unwrap();
    let url = cluster.fresh_database(None).await.unwrap();
    migrate::up(&url).await.unwrap();
    let client = connect(&url).await;
    for (_, sample) in samples() {
        client.batch_execute(&sample).await.unwrap();
    }

    client.batch_execute("set role fa_app").await.unwrap();
    // On a connection that has been used the setting is an empty string.
    for setting in ["reset app.user_id", "set app.user_id = ''", "set app.user_id = '424242'"] {
        client.batch_execute(setting).await.unwrap();
        for table in ["users", "connections", "emails", "documents", "chunk_text", "chunk_vectors", "tasks", "messages"]
        {
            let count: i64 = client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0);
            assert_eq!(count, 0, "{table} after {setting}");
        }
        let terms =
            "select count(*) from lookup.exact_terms(array['baseball'], array[1.0]::float8[], array[1]::smallint[],
                                                             '-infinity', 'infinity', 20)";
        assert_eq!(client.query_one(terms, &[]).await.unwrap().get::<_, i64>(0), 0, "{setting}");
    }
    client.batch_execute("set app.user_id = '1'").await.unwrap();
    let terms = "select count(*) from lookup.exact_terms(array['basebal'], array[1.0]::float8[], array[1]::smallint[],
                                                         '-infinity', 'infinity', 20)";
    assert_eq!(client.query_one(terms, &[]).await.unwrap().get::<_, i64>(0), 1, "with one there is");
}
