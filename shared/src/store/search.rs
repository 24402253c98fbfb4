//! The search over one advisor's chunks, as measured: no approximate index, an exact Hamming scan over an index-only
//! list of binary codes, a re-rank by the half-precision vectors, BM25 inside those candidates, and an arm for rare
//! words; fused by reciprocal rank.

use jiff::Timestamp;
use pgvector::HalfVector;
use tokio_postgres::Row;

use super::Tenant;
use crate::error::{Error, Result};
use crate::model::DocumentId;
use crate::model::document::{Hit, Kind};

/// A word of the question as it stands in the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub lexeme: String,
    /// In how many of the advisor's chunks it stands.
    pub chunks: i64,
}

/// The words of a question, and how many chunks the advisor has.
pub async fn terms(db: &Tenant<'_>, question: &str) -> Result<(Vec<Term>, i64)> {
    let sql = "-- search::terms
        select w.lexeme, coalesce(s.chunks, 0)::bigint as chunks
          from (select unnest(tsvector_to_array(to_tsvector('english', $2))) as lexeme union all select '') w
          left join term_stats s on s.user_id = $1 and s.lexeme = w.lexeme";
    let mut terms = Vec::new();
    let mut corpus = 0;
    for row in db.rows(sql, &[&db.owner.0, &question]).await? {
        let term = Term { lexeme: row.try_get("lexeme")?, chunks: row.try_get("chunks")? };
        if term.lexeme.is_empty() {
            corpus = term.chunks;
        } else {
            terms.push(term);
        }
    }
    Ok((terms, corpus))
}

/// What to search for. Words come with their weight (inverse document frequency).
pub struct Query {
    /// 1,536 dimensions; without one only words are searched for.
    pub embedding: Option<Vec<f32>>,
    pub words: Vec<(String, f64)>,
    /// Those of `words` that are rare enough to be looked up everywhere.
    pub rare: Vec<(String, f64)>,
    pub kinds: Vec<Kind>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// How many of the nearest codes are looked at closely.
    pub candidates: i64,
    pub limit: i64,
}

// The code of the question stands in a scalar subquery: in a generic plan it would else be computed for every row. What was
// found is fetched one by one, as `limit 1` has it: a plan made for the average advisor would else read all a large one has.
pub(crate) const FUSED: &str = "-- search::fused
    with near as materialized (
        select chunk_id from chunk_vectors
         where user_id = $1 and kind = any($3)
           and occurred_at >= coalesce($4, '-infinity'::timestamptz) and occurred_at < coalesce($5, 'infinity'::timestamptz)
         order by bits <~> (select binary_quantize($2::halfvec(1536))::bit(1536)) limit $6),
    by_vector as (
        select n.chunk_id, row_number() over (order by v.embedding <=> $2::halfvec(1536)) as rank
          from near n
         cross join lateral (select t.embedding from chunk_vectors t
                              where t.user_id = $1 and t.chunk_id = n.chunk_id limit 1) v),
    texts as (
        select n.chunk_id, c.tsv, c.length
          from near n
         cross join lateral (select t.tsv, t.length from chunk_text t
                              where t.user_id = $1 and t.chunk_id = n.chunk_id limit 1) c),
    by_words as (
        select t.chunk_id, row_number() over (order by sum(
                   q.weight * f.n * 2.2 / (f.n + 1.2 * (0.25 + 0.75 * t.length / greatest(1, m.length)))) desc) as rank
          from texts t
         cross join (select avg(length) as length from texts) m
         cross join lateral unnest(t.tsv) as u (lexeme, positions, weights)
          join unnest($7::text[], $8::float8[]) as q (lexeme, weight) on q.lexeme = u.lexeme
         cross join lateral (select coalesce(array_length(u.positions, 1), 1)::float8 as n) f
         group by t.chunk_id),
    by_rare as (
        select chunk_id, row_number() over (order by score desc) as rank
          from lookup.exact_terms($9, $10, $3, coalesce($4, '-infinity'), coalesce($5, 'infinity'), 20)),
    fused as (
        select chunk_id, sum(1.0 / (60 + rank)) as score
          from (select chunk_id, rank from by_vector union all select chunk_id, rank from by_words
                union all select chunk_id, rank from by_rare) arms
         group by chunk_id order by score desc, chunk_id limit $11)
    select c.document_id, d.kind, d.source_id, d.title, d.heading, d.occurred_at, d.metadata, d.chunk_count, c.ordinal, c.body,
           c.created_at, coalesce(1 - (v.embedding <=> $2::halfvec(1536)), 0)::float8 as similarity
      from fused f
     cross join lateral (select t.document_id, t.ordinal, t.body, t.created_at from chunk_text t
                          where t.user_id = $1 and t.chunk_id = f.chunk_id limit 1) c
     cross join lateral (select t.kind, t.source_id, t.title, t.heading, t.occurred_at, t.metadata, t.chunk_count from documents t
                          where t.user_id = $1 and t.id = c.document_id limit 1) d
      left join lateral (select t.embedding from chunk_vectors t
                          where t.user_id = $1 and t.chunk_id = f.chunk_id limit 1) v on true
     order by f.score desc, f.chunk_id";

const WORDS_ONLY: &str = "-- search::words_only
    select c.document_id, d.kind, d.source_id, d.title, d.heading, d.occurred_at, d.metadata, d.chunk_count, c.ordinal, c.body,
           c.created_at, 0::float8 as similarity
      from lookup.exact_terms($2, $3, $4, coalesce($5::timestamptz, '-infinity'), coalesce($6::timestamptz, 'infinity'), $7) x
      join chunk_text c on c.user_id = $1 and c.chunk_id = x.chunk_id
      join documents d on d.user_id = $1 and d.id = c.document_id
     order by x.score desc, x.chunk_id";

/// The best chunks, best first.
pub async fn fused(db: &Tenant<'_>, query: &Query) -> Result<Vec<Hit>> {
    let kinds: Vec<i16> = query.kinds.iter().map(|kind| kind.code()).collect();
    let (words, weights): (Vec<&str>, Vec<f64>) = query.words.iter().map(|(w, f)| (w.as_str(), *f)).unzip();
    let owner = db.owner.0;
    let rows = match &query.embedding {
        Some(embedding) => {
            let vector = HalfVector::from_f32_slice(embedding);
            let (rare, rare_weights): (Vec<&str>, Vec<f64>) = query.rare.iter().map(|(w, f)| (w.as_str(), *f)).unzip();
            let Query { since, until, candidates, limit, .. } = query;
            db.rows(
                FUSED,
                &[&owner, &vector, &kinds, since, until, candidates, &words, &weights, &rare, &rare_weights, limit],
            )
            .await?
        }
        None => {
            let limit = i32::try_from(query.limit).unwrap_or(i32::MAX);
            db.rows(WORDS_ONLY, &[&owner, &words, &weights, &kinds, &query.since, &query.until, &limit]).await?
        }
    };
    rows.iter().map(hit).collect()
}

/// The beginnings of documents that are known by name, in the order of `source_ids`.
pub async fn of_sources(db: &Tenant<'_>, kind: Kind, source_ids: &[String]) -> Result<Vec<Hit>> {
    let sql = "-- search::of_sources
        select c.document_id, d.kind, d.source_id, d.title, d.heading, d.occurred_at, d.metadata, d.chunk_count, c.ordinal, c.body,
               c.created_at, 1::float8 as similarity
          from unnest($3::text[]) with ordinality as wanted (source_id, place)
          join documents d on d.user_id = $1 and d.kind = $2 and d.source_id = wanted.source_id
          join chunk_text c on c.user_id = $1 and c.document_id = d.id and c.ordinal = 0
         order by wanted.place";
    db.rows(sql, &[&db.owner.0, &kind.code(), &source_ids]).await?.iter().map(hit).collect()
}

fn hit(row: &Row) -> Result<Hit> {
    let kind =
        Kind::from_code(row.try_get("kind")?).ok_or_else(|| Error::internal("Stored data names an unknown kind."))?;
    Ok(Hit {
        document_id: DocumentId(row.try_get("document_id")?),
        kind,
        source_id: row.try_get("source_id")?,
        title: row.try_get("title")?,
        heading: row.try_get("heading")?,
        occurred_at: row.try_get("occurred_at")?,
        metadata: row.try_get("metadata")?,
        ordinal: row.try_get("ordinal")?,
        chunk_count: row.try_get("chunk_count")?,
        text: row.try_get("body")?,
        similarity: row.try_get::<_, f64>("similarity")?.clamp(0.0, 1.0),
        created_at: row.try_get("created_at")?,
    })
}
