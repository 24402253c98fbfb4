//! The list of what is held is the database's own.

use shared::store::holdings::{Export, TABLES};

use super::*;

/// A new table is handed out and erased, or it is said why not; a column that is left out exists.
#[tokio::test]
async fn every_table_with_an_owner_is_handed_out_and_erased() {
    let app = TestApp::start().await;
    let mut listed: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    listed.sort_unstable();

    assert_eq!(plant::tables(&app).await, listed, "shared/src/store/holdings.rs lists what is somebody's");
    for table in TABLES {
        let sql = format!(
            "select a.attname, format_type(a.atttypid, null) from pg_index i cross join lateral unnest(i.indkey) with ordinality k (n, at)
               join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n
              where i.indrelid = '{}'::regclass and i.indisprimary and a.attname <> '{}' order by k.at",
            table.name,
            plant::key(table.name)
        );
        if table.name != "oauth_states" {
            let key: Vec<Vec<String>> =
                table.key.iter().map(|(name, kind)| vec![(*name).into(), (*kind).into()]).collect();
            assert_eq!(app.sql(&sql).await, key, "the primary key of {}", table.name);
        }
        match table.export {
            Export::Without(columns) => {
                for column in columns {
                    let sql = format!(
                        "select count(*) from information_schema.columns where table_name = '{}' and column_name = '{column}'",
                        table.name
                    );
                    assert_eq!(app.count(&sql).await, 1, "{}.{column}", table.name);
                }
            }
            Export::Nothing(why) => assert!(why.ends_with('.'), "{}", table.name),
        }
    }
}

/// Bytes are hashes and sealed texts: a column of them that is handed out has to be thought about.
#[tokio::test]
async fn what_opens_a_door_is_not_handed_out() {
    let app = TestApp::start().await;
    let bytes = app
        .sql("select table_name, column_name from information_schema.columns where table_schema = 'public' and data_type = 'bytea'")
        .await;
    let handed = bytes.iter().filter(|column| {
        TABLES.iter().any(|table| match table.export {
            Export::Without(columns) => table.name == column[0] && !columns.contains(&column[1].as_str()),
            Export::Nothing(_) => false,
        })
    });
    let mut handed: Vec<String> = handed.map(|column| column.join(".")).collect();
    handed.sort_unstable();

    // What an action and a request are known again by, and an answer's own words.
    let harmless = ["actions.hash", "effects.request_hash", "idempotency_keys.body", "idempotency_keys.request_hash"];
    assert_eq!(handed, harmless);
}
