//! What words count for.

use super::super::pooled;
use crate::model::UserId;
use crate::model::document::Kind;
use crate::store::search::{self, Query};

/// The statement takes how often a word stands in a text from `ts_rank`.
#[tokio::test]
async fn how_often_a_word_stands_in_a_text_is_told_by_its_rank() {
    let (client, _) = pooled(1).await;
    let sql = "select n, 0.6079 / (1 - ts_rank('{1,1,1,1}', setweight(to_tsvector('simple', repeat('word other ', n)), 'D'), 'word')::float8) - 0.55
                 from unnest(array[1, 2, 3, 4, 5, 10, 50, 200]) n";
    for row in client.query(sql, &[]).await.unwrap() {
        let (times, told): (i32, f64) = (row.get(0), row.get(1));
        assert!((told / f64::from(times) - 1.0).abs() < 0.015, "{times} times: {told}");
    }
}

/// The less often it has the word, the nearer it is.
#[tokio::test]
async fn of_texts_about_as_near_the_one_with_more_of_the_words_is_first() {
    let (client, pool) = pooled(1).await;
    client
        .batch_execute(
            "insert into users (google_sub) values ('1');
             insert into documents (user_id, kind, source_id, title, heading, occurred_at, content_hash, chunk_count)
             select 1, 1, name, '', '', now(), '\\x01', 1 from unnest(array['none', 'once', 'thrice']) name;
             insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length, embedded)
             select d.user_id, d.id, 0, '', '\\x01', w.words || array_to_tsvector(array['~u1']), length(w.words), true
               from documents d, to_tsvector('english', case source_id
                    when 'none' then 'a barn, a field and a long road' when 'once' then 'a kiln, a field and a long road'
                    else 'a kiln, a kiln and a kiln' end) w (words);
             insert into chunk_vectors (user_id, chunk_id, kind, occurred_at, bits, embedding)
             select c.user_id, c.chunk_id, 1, now(), binary_quantize(v.v)::bit(1536), v.v
               from chunk_text c join documents d on d.id = c.document_id,
                    lateral (select array_position(array['none', 'once', 'thrice'], d.source_id) * 8 as n) far,
                    lateral (select (array_fill(0.5::real, array[1536 - far.n]) || array_fill(0.1::real, array[far.n]))::halfvec(1536)) v (v)",
        )
        .await
        .unwrap();
    let query = Query {
        embedding: Some(vec![0.5; 1536]),
        words: vec![("kiln".into(), 1.0)],
        rare: Vec::new(),
        kinds: Kind::ALL.to_vec(),
        since: None,
        until: None,
        candidates: 100,
        latest: 0,
        limit: 10,
    };
    let mut db = pool.get().await.unwrap();
    let tenant = db.tenant(UserId(1)).await.unwrap();

    let hits = search::fused(&tenant, &query).await.unwrap();

    let found: Vec<&str> = hits.iter().map(|hit| hit.source_id.as_str()).collect();
    assert_eq!(found, ["thrice", "once", "none"]);
}
