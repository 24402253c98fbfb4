use fakes::world::shared_test_cluster;
use tokio_postgres::{Client, NoTls};

use crate::store::migrate;

pub(super) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(super) fn samples() -> Vec<(String, String)> {
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
