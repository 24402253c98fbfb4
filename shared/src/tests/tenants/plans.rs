//! Statements that run for every mail and every call of a model read the rows they are about, however many there are: by the
//! plan that is kept for any value.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::pooled;
use crate::store::request_windows::TAKE_ALL;
use crate::store::{documents, emails};

/// Two advisors with some thousand mails each, of which the last wait for their vectors.
const FILL: &str = "
    insert into users (google_sub) select n::text from generate_series(1, 2) n order by n;
    insert into documents (user_id, kind, source_id, title, heading, occurred_at, content_hash, chunk_count)
    select 1 + n % 2, 1, n::text, '', '', now(), sha256(n::text::bytea), 1 from generate_series(1, 8000) n;
    insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length, embedded)
    select user_id, id, 0, '', content_hash, array_to_tsvector(array['~u' || user_id]), 0, id % 100 > 0 from documents order by id;
    insert into chunk_vectors (user_id, chunk_id, kind, occurred_at, bits, embedding)
    select user_id, chunk_id, 1, now(), binary_quantize(v)::bit(1536), v
      from chunk_text, (select array_fill(0.5::real, array[1536])::halfvec(1536) as v) one where embedded;
    insert into request_windows (key, started_at, spent) select n::text, now(), 1 from generate_series(1, 8000) n;
    insert into rate_limits (key, arrives_at) select n::text, now() from generate_series(1, 8000) n";

async fn filled() -> Client {
    let (client, _pool) = pooled(1).await;
    client.batch_execute(FILL).await.unwrap();
    for table in ["documents", "chunk_text", "chunk_vectors", "request_windows", "rate_limits"] {
        client.batch_execute(&format!("vacuum analyze {table}")).await.unwrap();
    }
    client
}

/// The plan for any value, as an advisor's connection has it.
async fn plan(client: &Client, types: &str, sql: &str, values: &str) -> String {
    // As it is sent: the server has to find out the types by itself.
    let asked = client.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    assert_eq!(asked.params().len(), types.split(", ").count(), "{sql}");
    let sql = format!(
        "begin; set local role fa_app; set local plan_cache_mode = force_generic_plan; select set_config('app.user_id', '1', true);
         prepare asked ({types}) as {sql}; explain (costs off) execute asked ({values}); deallocate asked; rollback"
    );
    let lines = client.simple_query(&sql).await.unwrap().into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_is_done_for_every_mail_and_every_model_call_reads_no_table_from_end_to_end() {
    let client = filled().await;
    for (name, types, sql, values, uses) in [
        (
            "limits of a model",
            "text, text[], integer[], integer[]",
            TAKE_ALL,
            "'w', '{1,2}', '{1,1}', '{9,9}'",
            &["request_windows_pkey", "rate_limits_pkey"][..],
        ),
        ("hashes", "bigint, smallint[], text[]", documents::HASHES, "1, '{1}', '{7}'", &["documents_source_key"]),
        (
            "what is shown",
            "bigint, smallint[], text[], jsonb[], timestamptz[]",
            documents::PUT_SHOWN,
            "1, '{1}', '{7}', array['{}'::jsonb], array[now()]",
            &["documents_source_key", "chunk_text_document", "chunk_vectors_pkey"],
        ),
        (
            "mails",
            "bigint, text[], text[], bigint[], text[], text[], text[], text[], text[], jsonb[], jsonb[], jsonb[], jsonb[], jsonb[], \
             text[], text[], text[], boolean[], timestamptz[], bigint",
            emails::PUT_ALL,
            "1, '{7}', '{7}', '{7}', '{7}', '{7}', '{7}', '{7}', '{7}', '{}', '{}', '{}', '{}', '{}', '{7}', '{7}', '{7}', '{t}', \
             array[now()], null",
            &[],
        ),
        (
            "documents",
            "bigint, smallint[], text[], text[], text[], timestamptz[], jsonb[], bytea[], int[]",
            documents::PUT_ALL,
            "1, '{1}', '{7}', '{7}', '{7}', array[now()], '{}', '{7}', '{1}'",
            &[],
        ),
        (
            "new chunks",
            "bigint, bigint[], int[], text[], bytea[], text[], bigint[]",
            documents::PUT_CHUNKS,
            "1, '{7}', '{0}', '{a}', '{a}', '{a}', '{7}'",
            &[],
        ),
        (
            "chunks that are no more",
            "bigint, bigint[], bigint[], bytea[]",
            documents::FORGET_CHUNKS,
            "1, '{7}', '{7}', '{a}'",
            &["chunk_text_document"],
        ),
        (
            "chunks that moved",
            "bigint, bigint[], int[], bytea[]",
            documents::MOVE_CHUNKS,
            "1, '{7}', '{0}', '{a}'",
            &["chunk_text_"],
        ),
        (
            "dates of vectors",
            "bigint, bigint[], timestamptz[]",
            documents::DATE_VECTORS,
            "1, '{7}', array[now()]",
            &["chunk_text_document", "chunk_vectors_pkey"],
        ),
        (
            "vectors of equal chunks",
            "bigint, bigint",
            documents::REUSE,
            "1, 96",
            &["chunk_text_waiting", "chunk_text_hash", "chunk_vectors_pkey"],
        ),
    ] {
        let plan = plan(&client, types, sql, values).await;
        for index in uses {
            assert!(plan.contains(index), "{name} does not use {index}:\n{plan}");
        }
        assert!(!plan.contains("Seq Scan on"), "{name}:\n{plan}");
    }
}
