//! The `documents`, `chunk_text` and `chunk_vectors` tables: what can be searched.

use pgvector::HalfVector;

use super::Tenant;
use crate::error::Result;
use crate::model::document::{Chunk, Document, Kind};

/// A chunk with the hash of what is embedded for it.
pub struct Hashed {
    pub chunk: Chunk,
    pub hash: Vec<u8>,
}

/// The hash a document was stored with.
pub async fn hash(db: &Tenant<'_>, kind: Kind, source_id: &str) -> Result<Option<Vec<u8>>> {
    let sql = "-- documents::hash
        select content_hash from documents where user_id = $1 and kind = $2 and source_id = $3";
    let row = db.maybe(sql, &[&db.owner.0, &kind.code(), &source_id]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Puts a document and its chunks in the place of what was there. A chunk whose hash is known keeps its vector.
pub async fn put(db: &Tenant<'_>, document: &Document, hash: &[u8], chunks: &[Hashed]) -> Result<()> {
    let id = put_document(db, document, hash, chunks.len()).await?;

    let sql = "-- documents::put (forget)
        delete from chunk_text where user_id = $1 and document_id = $2 and content_hash <> all($3)";
    let hashes: Vec<&[u8]> = chunks.iter().map(|c| c.hash.as_slice()).collect();
    db.execute(sql, &[&db.owner.0, &id, &hashes]).await?;

    let sql = "-- documents::put (chunks)
        with kept as (
            update chunk_text c set ordinal = n.ordinal
              from unnest($3::int[], $4::text[], $5::bytea[]) as n (ordinal, body, hash)
             where c.user_id = $1 and c.document_id = $2 and c.content_hash = n.hash
            returning n.hash)
        insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length)
        select $1, $2, n.ordinal, n.body, n.hash, w.words || array_to_tsvector(array['~u' || $1]), length(w.words)
          from unnest($3::int[], $4::text[], $5::bytea[]) as n (ordinal, body, hash),
               to_tsvector('english', $6 || ' ' || n.body) as w (words)
         where n.hash not in (select hash from kept)";
    let ordinals: Vec<i32> = chunks.iter().map(|c| c.chunk.ordinal).collect();
    let bodies: Vec<&str> = chunks.iter().map(|c| c.chunk.text.as_str()).collect();
    db.execute(sql, &[&db.owner.0, &id, &ordinals, &bodies, &hashes, &document.heading]).await?;

    let sql = "-- documents::put (date)
        update chunk_vectors v set occurred_at = $3 from chunk_text c
         where v.user_id = $1 and c.user_id = $1 and c.document_id = $2 and v.chunk_id = c.chunk_id and v.occurred_at <> $3";
    db.execute(sql, &[&db.owner.0, &id, &document.occurred_at]).await?;
    Ok(())
}

/// Puts what is shown of a document whose words did not change, and when it is from.
pub async fn put_shown(db: &Tenant<'_>, document: &Document) -> Result<()> {
    let Document { kind, source_id, occurred_at, metadata, .. } = document;
    let sql = "-- documents::put_shown
        update documents set metadata = $4, occurred_at = $5, updated_at = now()
         where user_id = $1 and kind = $2 and source_id = $3 and (metadata, occurred_at) is distinct from ($4, $5)";
    if db.execute(sql, &[&db.owner.0, &kind.code(), source_id, metadata, occurred_at]).await? == 0 {
        return Ok(());
    }
    let sql = "-- documents::put_shown (date)
        update chunk_vectors v set occurred_at = d.occurred_at
          from documents d join chunk_text c on c.user_id = $1 and c.document_id = d.id
         where d.user_id = $1 and d.kind = $2 and d.source_id = $3
           and v.user_id = $1 and v.chunk_id = c.chunk_id and v.occurred_at <> d.occurred_at";
    db.execute(sql, &[&db.owner.0, &kind.code(), source_id]).await?;
    Ok(())
}

async fn put_document(db: &Tenant<'_>, document: &Document, hash: &[u8], chunks: usize) -> Result<i64> {
    let sql = "-- documents::put
        insert into documents (user_id, kind, source_id, title, heading, occurred_at, metadata, content_hash, chunk_count)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict on constraint documents_source_key do update
           set title = excluded.title, heading = excluded.heading, occurred_at = excluded.occurred_at,
               metadata = excluded.metadata, content_hash = excluded.content_hash, chunk_count = excluded.chunk_count,
               updated_at = now()
        returning id";
    let Document { kind, source_id, title, heading, occurred_at, metadata, .. } = document;
    let chunks = i32::try_from(chunks).unwrap_or(i32::MAX);
    let row = db
        .row(sql, &[&db.owner.0, &kind.code(), source_id, title, heading, occurred_at, metadata, &hash, &chunks])
        .await?;
    Ok(row.try_get("id")?)
}

/// Forgets documents with their chunks and vectors. Answers how many there were.
pub async fn delete(db: &Tenant<'_>, kind: Kind, source_ids: &[String]) -> Result<u64> {
    let sql = "-- documents::delete
        delete from documents where user_id = $1 and kind = $2 and source_id = any($3)";
    db.execute(sql, &[&db.owner.0, &kind.code(), &source_ids]).await
}

/// Gives waiting chunks the vector of an equal chunk, where there is one. Answers how many were served so.
pub async fn reuse_vectors(db: &Tenant<'_>) -> Result<u64> {
    let sql = "-- documents::reuse_vectors
        with same as (
            select distinct on (w.chunk_id) w.chunk_id, d.kind, d.occurred_at, v.bits, v.embedding
              from chunk_text w
              join documents d on d.user_id = $1 and d.id = w.document_id
              join chunk_text k on k.user_id = $1 and k.content_hash = w.content_hash and k.embedded
              join chunk_vectors v on v.user_id = $1 and v.chunk_id = k.chunk_id
             where w.user_id = $1 and not w.embedded),
        put as (
            insert into chunk_vectors (user_id, chunk_id, kind, occurred_at, bits, embedding)
            select $1, chunk_id, kind, occurred_at, bits, embedding from same)
        update chunk_text set embedded = true where user_id = $1 and chunk_id in (select chunk_id from same)";
    db.execute(sql, &[&db.owner.0]).await
}

/// A chunk that has no vector yet, with what is to be embedded.
pub struct Waiting {
    pub chunk_id: i64,
    pub text: String,
}

/// The longest waiting first.
pub async fn waiting(db: &Tenant<'_>, limit: i64) -> Result<Vec<Waiting>> {
    let sql = "-- documents::waiting
        select c.chunk_id, d.heading, c.body from chunk_text c
          join documents d on d.user_id = $1 and d.id = c.document_id
         where c.user_id = $1 and not c.embedded order by c.chunk_id limit $2";
    let rows = db.rows(sql, &[&db.owner.0, &limit]).await?;
    rows.iter()
        .map(|row| {
            let (heading, body): (&str, &str) = (row.try_get("heading")?, row.try_get("body")?);
            Ok(Waiting { chunk_id: row.try_get("chunk_id")?, text: embedded_text(heading, body) })
        })
        .collect()
}

/// What is embedded for a chunk: who and when, then what.
pub fn embedded_text(heading: &str, body: &str) -> String {
    format!("{heading}\n\n{body}").trim().to_owned()
}

/// Puts vectors of 1,536 dimensions. Chunks that are gone by now are passed over. Answers how many were put.
pub async fn put_vectors(db: &Tenant<'_>, chunk_ids: &[i64], vectors: &[Vec<f32>]) -> Result<u64> {
    let sql = "-- documents::put_vectors
        with put as (
            insert into chunk_vectors (user_id, chunk_id, kind, occurred_at, bits, embedding)
            select $1, c.chunk_id, d.kind, d.occurred_at, binary_quantize(n.embedding)::bit(1536), n.embedding
              from unnest($2::bigint[], $3::halfvec[]) as n (chunk_id, embedding)
              join chunk_text c on c.user_id = $1 and c.chunk_id = n.chunk_id
              join documents d on d.user_id = $1 and d.id = c.document_id
            on conflict (user_id, chunk_id) do update set bits = excluded.bits, embedding = excluded.embedding
            returning chunk_id)
        update chunk_text set embedded = true where user_id = $1 and chunk_id in (select chunk_id from put)";
    let vectors: Vec<HalfVector> = vectors.iter().map(|v| HalfVector::from_f32_slice(v)).collect();
    db.execute(sql, &[&db.owner.0, &chunk_ids, &vectors]).await
}

/// Chunks by kind: all, and those with a vector.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    pub kind: Kind,
    pub documents: i64,
    pub chunks: i64,
    pub embedded: i64,
}

pub async fn counts(db: &Tenant<'_>) -> Result<Vec<Count>> {
    let sql = "-- documents::counts
        select d.kind, count(distinct d.id) as documents, count(c.chunk_id) as chunks,
               count(c.chunk_id) filter (where c.embedded) as embedded
          from documents d left join chunk_text c on c.user_id = $1 and c.document_id = d.id
         where d.user_id = $1 group by d.kind order by d.kind";
    let rows = db.rows(sql, &[&db.owner.0]).await?;
    let counts = rows.iter().map(|row| {
        let Some(kind) = Kind::from_code(row.try_get("kind")?) else { return Ok(None) };
        let (documents, chunks) = (row.try_get("documents")?, row.try_get("chunks")?);
        Ok(Some(Count { kind, documents, chunks, embedded: row.try_get("embedded")? }))
    });
    counts.filter_map(Result::transpose).collect()
}
