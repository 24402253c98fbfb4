//! The `documents`, `chunk_text` and `chunk_vectors` tables: what can be searched.

use jiff::Timestamp;
use pgvector::HalfVector;
use serde_json::Value;

use super::Tenant;
use super::db::Params;
use crate::error::Result;
use crate::model::document::{Chunk, Document, Kind};

/// A chunk with the hash of what is embedded for it.
pub struct Hashed {
    pub chunk: Chunk,
    pub hash: Vec<u8>,
}

/// A document that is to be put, with its hash and its chunks.
pub struct Cut<'a> {
    pub document: &'a Document,
    pub hash: Vec<u8>,
    pub chunks: Vec<Hashed>,
}

pub(crate) const HASHES: &str = "-- documents::hashes
    select d.content_hash from unnest($2::smallint[], $3::text[]) with ordinality as n (kind, source_id, place)
      left join lateral (select t.content_hash from documents t
                          where t.user_id = $1 and t.kind = n.kind and t.source_id = n.source_id limit 1) d on true
     order by n.place";

/// The hash each document was stored with, in their order; nothing for one that is not stored.
pub async fn hashes(db: &Tenant<'_>, documents: &[Document]) -> Result<Vec<Option<Vec<u8>>>> {
    let (kinds, ids) = named(documents);
    let rows = db.rows(HASHES, &[&db.owner.0, &kinds, &ids]).await?;
    rows.iter().map(|row| Ok(row.try_get("content_hash")?)).collect()
}

fn named<'a>(documents: impl IntoIterator<Item = &'a Document>) -> (Vec<i16>, Vec<&'a str>) {
    documents.into_iter().map(|document| (document.kind.code(), document.source_id.as_str())).unzip()
}

// What was kept is there already.
pub(crate) const PUT_CHUNKS: &str = "-- documents::put_all (chunks)
    insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length)
    select $1::bigint, n.document_id, n.ordinal, n.body, n.hash, w.words || array_to_tsvector(array['~u' || $1]), length(w.words)
      from unnest($2::bigint[], $3::int[], $4::text[], $5::bytea[], $6::text[])
        as n (document_id, ordinal, body, hash, heading),
           to_tsvector('english', n.heading || ' ' || n.body) as w (words)
     where not (n.document_id = any($7) and exists (
           select from chunk_text c
            where c.user_id = $1 and c.document_id = n.document_id and c.content_hash = n.hash))";

/// Puts documents and their chunks in the place of what was there: first those that are new, then the others, of which a chunk
/// whose hash is known keeps its vector. None is there twice.
pub async fn put_all(db: &Tenant<'_>, new: &[Cut<'_>], known: &[Cut<'_>]) -> Result<()> {
    let all: Vec<&Cut<'_>> = new.iter().chain(known).collect();
    if all.is_empty() {
        return Ok(());
    }
    let ids = put_documents(db, &all).await?;
    let (new_ids, known_ids) = ids.split_at(new.len());
    if !known.is_empty() {
        keep_chunks(db, known, known_ids).await?;
    }
    let flat = all.iter().zip(new_ids.iter().chain(known_ids));
    let flat: Vec<(&Cut<'_>, i64, &Hashed)> =
        flat.flat_map(|(cut, id)| cut.chunks.iter().map(move |chunk| (*cut, *id, chunk))).collect();
    let documents: Vec<i64> = flat.iter().map(|(_, id, _)| *id).collect();
    let ordinals: Vec<i32> = flat.iter().map(|(.., chunk)| chunk.chunk.ordinal).collect();
    let bodies: Vec<&str> = flat.iter().map(|(.., chunk)| chunk.chunk.text.as_str()).collect();
    let hashes: Vec<&[u8]> = flat.iter().map(|(.., chunk)| chunk.hash.as_slice()).collect();
    let headings: Vec<&str> = flat.iter().map(|(cut, ..)| cut.document.heading.as_str()).collect();
    db.execute(PUT_CHUNKS, &[&db.owner.0, &documents, &ordinals, &bodies, &hashes, &headings, &known_ids]).await?;
    Ok(())
}

pub(crate) const DATE_VECTORS: &str = "-- documents::put_all (date)
    update chunk_vectors v set occurred_at = n.occurred_at
      from unnest($2::bigint[], $3::timestamptz[]) as n (document_id, occurred_at)
      join chunk_text c on c.user_id = $1 and c.document_id = n.document_id
     where v.user_id = $1 and v.chunk_id = c.chunk_id and v.occurred_at <> n.occurred_at";

pub(crate) const MOVE_CHUNKS: &str = "-- documents::put_all (kept)
    update chunk_text c set ordinal = n.ordinal
      from unnest($2::bigint[], $3::int[], $4::bytea[]) as n (document_id, ordinal, hash)
     where c.user_id = $1 and c.document_id = n.document_id and c.content_hash = n.hash and c.ordinal <> n.ordinal";

pub(crate) const FORGET_CHUNKS: &str = "-- documents::put_all (forget)
    delete from chunk_text c where c.user_id = $1 and c.document_id = any($2)
       and not exists (select from unnest($3::bigint[], $4::bytea[]) as n (document_id, hash)
                        where n.document_id = c.document_id and n.hash = c.content_hash)";

/// Of documents that were there: forgets chunks that are no more, and moves the others to where they stand now.
async fn keep_chunks(db: &Tenant<'_>, known: &[Cut<'_>], ids: &[i64]) -> Result<()> {
    let flat = known.iter().zip(ids).flat_map(|(cut, id)| cut.chunks.iter().map(move |chunk| (*id, chunk)));
    let flat: Vec<(i64, &Hashed)> = flat.collect();
    let documents: Vec<i64> = flat.iter().map(|(id, _)| *id).collect();
    let ordinals: Vec<i32> = flat.iter().map(|(_, chunk)| chunk.chunk.ordinal).collect();
    let hashes: Vec<&[u8]> = flat.iter().map(|(_, chunk)| chunk.hash.as_slice()).collect();
    let dates: Vec<Timestamp> = known.iter().map(|cut| cut.document.occurred_at).collect();

    db.execute(FORGET_CHUNKS, &[&db.owner.0, &ids, &documents, &hashes]).await?;
    db.execute(MOVE_CHUNKS, &[&db.owner.0, &documents, &ordinals, &hashes]).await?;
    db.execute(DATE_VECTORS, &[&db.owner.0, &ids, &dates]).await?;
    Ok(())
}

pub(crate) const PUT_SHOWN: &str = "-- documents::put_shown
    with shown as (
        update documents d set metadata = n.metadata, occurred_at = n.occurred_at, updated_at = now()
          from unnest($2::smallint[], $3::text[], $4::jsonb[], $5::timestamptz[]) as n (kind, source_id, metadata, occurred_at)
         where d.user_id = $1 and d.kind = n.kind and d.source_id = n.source_id
           and (d.metadata, d.occurred_at) is distinct from (n.metadata, n.occurred_at)
        returning d.id, d.occurred_at)
    update chunk_vectors v set occurred_at = s.occurred_at
      from shown s join chunk_text c on c.user_id = $1 and c.document_id = s.id
     where v.user_id = $1 and v.chunk_id = c.chunk_id and v.occurred_at <> s.occurred_at";

/// Puts what is shown of documents whose words did not change, and when they are from.
pub async fn put_shown(db: &Tenant<'_>, documents: &[&Document]) -> Result<()> {
    if documents.is_empty() {
        return Ok(());
    }
    let (kinds, ids) = named(documents.iter().copied());
    let metadata: Vec<&Value> = documents.iter().map(|document| &document.metadata).collect();
    let dates: Vec<Timestamp> = documents.iter().map(|document| document.occurred_at).collect();
    db.execute(PUT_SHOWN, &[&db.owner.0, &kinds, &ids, &metadata, &dates]).await?;
    Ok(())
}

pub(crate) const PUT_ALL: &str = "-- documents::put_all
    with put as (
        insert into documents (user_id, kind, source_id, title, heading, occurred_at, metadata, content_hash, chunk_count)
        select $1::bigint, * from unnest($2::smallint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[],
                                 $8::bytea[], $9::int[])
        on conflict on constraint documents_source_key do update
           set title = excluded.title, heading = excluded.heading, occurred_at = excluded.occurred_at,
               metadata = excluded.metadata, content_hash = excluded.content_hash, chunk_count = excluded.chunk_count,
               updated_at = now()
        returning kind, source_id, id)
    select put.id from unnest($2::smallint[], $3::text[]) with ordinality as n (kind, source_id, place)
      join put on put.kind = n.kind and put.source_id = n.source_id order by n.place";

/// Their ids, in their order.
async fn put_documents(db: &Tenant<'_>, all: &[&Cut<'_>]) -> Result<Vec<i64>> {
    let documents = || all.iter().map(|cut| cut.document);
    let (kinds, source_ids) = named(documents());
    let titles: Vec<&str> = documents().map(|document| document.title.as_str()).collect();
    let headings: Vec<&str> = documents().map(|document| document.heading.as_str()).collect();
    let dates: Vec<Timestamp> = documents().map(|document| document.occurred_at).collect();
    let metadata: Vec<&Value> = documents().map(|document| &document.metadata).collect();
    let hashes: Vec<&[u8]> = all.iter().map(|cut| cut.hash.as_slice()).collect();
    let counts: Vec<i32> = all.iter().map(|cut| i32::try_from(cut.chunks.len()).unwrap_or(i32::MAX)).collect();
    let params: Params<'_> =
        &[&db.owner.0, &kinds, &source_ids, &titles, &headings, &dates, &metadata, &hashes, &counts];
    db.rows(PUT_ALL, params).await?.iter().map(|row| Ok(row.try_get("id")?)).collect()
}

/// Forgets documents with their chunks and vectors. Answers how many there were.
pub async fn delete(db: &Tenant<'_>, kind: Kind, source_ids: &[String]) -> Result<u64> {
    let sql = "-- documents::delete
        delete from documents where user_id = $1 and kind = $2 and source_id = any($3)";
    db.execute(sql, &[&db.owner.0, &kind.code(), &source_ids]).await
}

pub(crate) const REUSE: &str = "-- documents::reuse_vectors
    with waiting as materialized (
        select w.chunk_id, w.document_id, w.content_hash from chunk_text w
         where w.user_id = $1 and not w.embedded order by w.chunk_id limit $2),
    same as (
        select w.chunk_id, d.kind, d.occurred_at, v.bits, v.embedding
          from waiting w join documents d on d.user_id = $1 and d.id = w.document_id
         cross join lateral (
               select v.bits, v.embedding from chunk_text k
                 join chunk_vectors v on v.user_id = $1 and v.chunk_id = k.chunk_id
                where k.user_id = $1 and k.content_hash = w.content_hash and k.embedded limit 1) v),
    put as (
        insert into chunk_vectors (user_id, chunk_id, kind, occurred_at, bits, embedding)
        select $1, chunk_id, kind, occurred_at, bits, embedding from same)
    update chunk_text set embedded = true where user_id = $1 and chunk_id in (select chunk_id from same)";

/// Gives those of the `next` waiting chunks the vector of an equal chunk for which there is one. Answers how many were served so.
pub async fn reuse_vectors(db: &Tenant<'_>, next: i64) -> Result<u64> {
    db.execute(REUSE, &[&db.owner.0, &next]).await
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
