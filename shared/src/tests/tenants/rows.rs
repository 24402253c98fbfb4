use super::{populated, tenant_tables};

/// On a connection that has been used the setting is an empty string.
const NOBODY: [&str; 3] = ["reset app.user_id", "set app.user_id = ''", "set app.user_id = '424242'"];

#[tokio::test]
async fn without_an_advisor_there_is_nothing_to_see_and_nothing_to_change() {
    let client = populated().await;
    let tables = tenant_tables(&client).await;
    assert!(tables.len() > 30, "{tables:?}");
    for (table, _) in &tables {
        let count: i64 = client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0);
        assert!(count > 0, "{table} has no row in migrations/samples");
    }

    client.batch_execute("set role fa_app").await.unwrap();
    for setting in NOBODY {
        client.batch_execute(setting).await.unwrap();
        for (table, key) in tables.iter().filter(|(table, _)| table != "oauth_states") {
            let count: i64 = client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0);
            assert_eq!(count, 0, "{table} after {setting}");
            let changed = client.execute(&format!("update {table} set {key} = {key}"), &[]).await;
            // An id that is generated cannot be set at all.
            assert!(matches!(changed, Ok(0)) || table == "users", "{table} after {setting}: {changed:?}");
            let deleted = client.execute(&format!("delete from {table}"), &[]).await.unwrap();
            assert_eq!(deleted, 0, "{table} after {setting}");
        }
        let terms =
            "select count(*) from lookup.exact_terms(array['basebal'], array[1.0]::float8[], array[1]::smallint[],
                                                             '-infinity', 'infinity', 20)";
        assert_eq!(client.query_one(terms, &[]).await.unwrap().get::<_, i64>(0), 0, "{setting}");
    }
    client.batch_execute("set app.user_id = '1'").await.unwrap();
    for (table, _) in tables.iter().filter(|(table, _)| table != "oauth_states") {
        let count: i64 = client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0);
        assert!(count > 0, "{table}: its advisor sees it");
    }
}

#[tokio::test]
async fn nobody_can_write_a_row_for_somebody_else() {
    let client = populated().await;
    let insert = "insert into notes (user_id, hubspot_id, body, noted_at, hubspot_updated_at) values (1, '902', 'Mine', now(), now())";

    client.batch_execute("set role fa_app").await.unwrap();
    for setting in NOBODY {
        client.batch_execute(setting).await.unwrap();
        let refused = client.execute(insert, &[]).await.unwrap_err();
        let code = refused.code().unwrap_or_else(|| panic!("{refused:?}")).code();
        assert_eq!(code, "42501", "{setting}: {refused:?}");
    }
    client.batch_execute("set app.user_id = '1'").await.unwrap();
    assert_eq!(client.execute(insert, &[]).await.unwrap(), 1);
    let given_away = client.execute("update notes set user_id = 424242", &[]).await.unwrap_err();
    assert_eq!(given_away.code().unwrap().code(), "42501", "a row cannot be given away");
}

/// The policy's expression has to be worked out once for each query, and not for each row.
#[tokio::test]
async fn the_tenant_is_asked_for_once_in_each_query() {
    let client = populated().await;
    let tables = tenant_tables(&client).await;
    client.batch_execute("set role fa_app; set app.user_id = '1'").await.unwrap();

    for (table, key) in tables.iter().filter(|(table, _)| table != "oauth_states") {
        let sql = format!("explain (verbose, costs off) select * from {table}");
        let plan: Vec<String> = client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("NULLIF(current_setting('app.user_id'::text, true), ''::text)"), "{table}: {plan}");
        assert!(plan.contains(&format!("{key} = (InitPlan")), "{table}: {plan}");
    }
}

#[tokio::test]
async fn an_advisor_who_is_deleted_leaves_nothing() {
    for delete in [
        "delete from users where google_sub = '1001'",
        "begin; set local role fa_app; select set_config('app.user_id', '1', true); delete from users; commit",
    ] {
        let client = populated().await;
        client.batch_execute("update oauth_states set user_id = 1, provider = 'hubspot'").await.unwrap();

        client.batch_execute(delete).await.unwrap();

        for (table, _) in tenant_tables(&client).await {
            let left: i64 = client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0);
            assert_eq!(left, 0, "{table} after {delete}");
        }
    }
}

#[tokio::test]
async fn what_is_counted_of_words_goes_with_them() {
    let client = populated().await;
    client.batch_execute("delete from documents where source_id = 'quoted'").await.unwrap();
    let counted = async || {
        let sql = "select lexeme, chunks from term_stats order by 1";
        let rows = client.query(sql, &[]).await.unwrap();
        rows.iter()
            .map(|row| format!("{}:{}", row.get::<_, &str>(0), row.get::<_, i32>(1)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(counted().await, ":1 basebal:1 play:1 tommi:1");
    let another = "insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length)
        select user_id, id, n, '', '\\x02', to_tsvector('english', 'Tommy pitches') || array_to_tsvector(array['~u' || user_id]), 2
          from documents, generate_series(1, 2) n";
    client.batch_execute(another).await.unwrap();
    assert_eq!(counted().await, ":3 basebal:1 pitch:2 play:1 tommi:3");

    client.batch_execute("delete from chunk_text where ordinal = 0").await.unwrap();
    assert_eq!(counted().await, ":2 pitch:2 tommi:2");

    client.batch_execute("delete from documents").await.unwrap();
    assert_eq!(counted().await, "");
}
