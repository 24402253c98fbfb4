//! The search over one advisor's chunks, as measured: no approximate index, an exact Hamming scan over an index-only
//! list of binary codes, a re-rank by the half-precision vectors, BM25 inside those candidates, and an arm for rare
//! words; fused by the sum of their scores.

use jiff::Timestamp;
use pgvector::HalfVector;
use tokio_postgres::Row;
use tokio_postgres::types::Timestamp as Bound;

use super::Tenant;
use super::db::Params;
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
    /// How many of the latest chunks say how near those are at least: more than `candidates`, or none where there is little.
    pub latest: i64,
    pub limit: i64,
}

/// The nearest by meaning. Two things make it cost less than the plain `order by … limit` does where an advisor has much.
/// No more than `$8` of the chunks, the latest, are put in order first: the last that is wanted of those is as far away as any
/// that is wanted of all can be, and what lies beyond is passed over without a look at its kind and without going into the sort.
/// And what was found is fetched one by one, as `limit 1` has it: a plan made for the average advisor would else read all a large
/// one has. The code of the question is computed once: in a generic plan it would else be computed for every row.
macro_rules! near {
    () => {
        "code as materialized (select binary_quantize($2::halfvec(1536))::bit(1536) as bits),
    latest as (
        select kind, bits <~> (select bits from code) as distance from chunk_vectors
         where user_id = $1
           and occurred_at >= $4 and occurred_at < $5
         order by occurred_at desc limit $8),
    bound as materialized (
        select distance from latest where kind = any($3) order by distance offset greatest($6::bigint - 1, 0) limit 1),
    near as materialized (
        select chunk_id from chunk_vectors
         where user_id = $1
           and occurred_at >= $4 and occurred_at < $5
           and case when bits <~> (select bits from code) <= coalesce((select distance from bound), 1536) then kind = any($3) end
         order by bits <~> (select bits from code) limit $6)"
    };
}

/// What is shown of those in `fused`.
macro_rules! shown {
    () => {
        "
    select c.document_id, d.kind, d.source_id, d.title, d.heading, d.occurred_at, d.metadata, d.chunk_count, c.ordinal, c.body,
           c.created_at, coalesce(1 - (v.embedding <=> $2::halfvec(1536)), 0)::float8 as similarity
      from fused f
     cross join lateral (select t.document_id, t.ordinal, t.body, t.created_at from chunk_text t
                          where t.user_id = $1 and t.chunk_id = f.chunk_id limit 1) c
     cross join lateral (select t.kind, t.source_id, t.title, t.heading, t.occurred_at, t.metadata, t.chunk_count from documents t
                          where t.user_id = $1 and t.id = c.document_id limit 1) d
      left join lateral (select t.embedding from chunk_vectors t
                          where t.user_id = $1 and t.chunk_id = f.chunk_id limit 1) v on true
     order by f.score desc, f.chunk_id"
    };
}

// Each candidate has a score of its meaning and of its words, and not of its rank among the others: by ranks, what has a common
// word of the question in it counts as much as what means the same. The words are worth at most a fifth, and so are the rare ones;
// `infra/docs/performance.md` has what other weights do.
//
// How often a word stands in a text is not asked of `unnest(tsv)`, which makes a row of each word the text has: `ts_rank` of one
// word is the sum of 1/j² for each time it stands there, over π²/6, and 0.6079 / (1 - that) - 0.55 is how many times, to one or two
// in a hundred. The texts are unpacked once, which `setweight` does as well as any.
pub(crate) const FUSED: &str = concat!(
    "-- search::fused
    with ",
    near!(),
    ",
    rare as (
        select chunk_id, score / nullif((select sum(w) from unnest($12::float8[]) w), 0) as share
          from lookup.exact_terms($11, $12, $3, $4, $5, 20)),
    candidates as (
        select chunk_id, max(share) as rare
          from (select chunk_id, 0::float8 as share from near union all select chunk_id, share from rare) both_of_them
         group by chunk_id),
    texts as materialized (
        select n.chunk_id, n.rare, 1 - (v.embedding <=> $2::halfvec(1536)) as meaning, setweight(c.tsv, 'D') as tsv, c.length
          from candidates n
         cross join lateral (select t.tsv, t.length from chunk_text t
                              where t.user_id = $1 and t.chunk_id = n.chunk_id limit 1) c
          left join lateral (select t.embedding from chunk_vectors t
                              where t.user_id = $1 and t.chunk_id = n.chunk_id limit 1) v on true),
    words as materialized (
        select lexeme_query(w.lexeme)::tsquery as query, w.weight from unnest($9::text[], $10::float8[]) as w (lexeme, weight)),
    fused as (
        select t.chunk_id, coalesce(t.meaning, 0) + 0.2 * coalesce(b.score / nullif(m.most, 0), 0) + 0.2 * t.rare as score
          from texts t
         cross join (select avg(length) as length, (select sum(weight) * 2.2 from words) as most from texts) m
         cross join lateral (
                select sum(w.weight * f.n * 2.2 / (f.n + 1.2 * (0.25 + 0.75 * t.length / greatest(1, m.length)))) as score
                  from words w
                 cross join lateral (select ts_rank('{1,1,1,1}', t.tsv, w.query)::float8 as rank offset 0) r
                 cross join lateral (select 0.6079 / (1 - r.rank) - 0.55 as n) f
                 where r.rank > 0) b
         order by score desc, chunk_id limit $7)",
    shown!()
);

/// For a question without words that say anything.
pub(crate) const VECTOR_ONLY: &str = concat!(
    "-- search::vector_only
    with ",
    near!(),
    ",
    fused as (
        select n.chunk_id, 1 - (v.embedding <=> $2::halfvec(1536)) as score
          from near n
         cross join lateral (select t.embedding from chunk_vectors t
                              where t.user_id = $1 and t.chunk_id = n.chunk_id limit 1) v
         order by score desc, chunk_id limit $7)",
    shown!()
);

const WORDS_ONLY: &str = "-- search::words_only
    select c.document_id, d.kind, d.source_id, d.title, d.heading, d.occurred_at, d.metadata, d.chunk_count, c.ordinal, c.body,
           c.created_at, 0::float8 as similarity
      from lookup.exact_terms($2, $3, $4, $5, $6, $7) x
      join chunk_text c on c.user_id = $1 and c.chunk_id = x.chunk_id
      join documents d on d.user_id = $1 and d.id = c.document_id
     order by x.score desc, x.chunk_id";

/// The best chunks, best first.
pub async fn fused(db: &Tenant<'_>, query: &Query) -> Result<Vec<Hit>> {
    let kinds: Vec<i16> = query.kinds.iter().map(|kind| kind.code()).collect();
    let (words, weights): (Vec<&str>, Vec<f64>) = query.words.iter().map(|(w, f)| (w.as_str(), *f)).unzip();
    let owner = db.owner.0;
    // Never null: with the policies on, the planner takes a bound to the index only where it is a plain value.
    let since = query.since.map_or(Bound::NegInfinity, Bound::Value);
    let until = query.until.map_or(Bound::PosInfinity, Bound::Value);
    let rows = match &query.embedding {
        Some(embedding) => {
            let vector = HalfVector::from_f32_slice(embedding);
            let Query { candidates, latest, limit, .. } = query;
            if words.is_empty() {
                let params: Params<'_> = &[&owner, &vector, &kinds, &since, &until, candidates, limit, latest];
                return db.rows(VECTOR_ONLY, params).await?.iter().map(hit).collect();
            }
            let (rare, rare_weights): (Vec<&str>, Vec<f64>) = query.rare.iter().map(|(w, f)| (w.as_str(), *f)).unzip();
            db.rows(
                FUSED,
                &[
                    &owner,
                    &vector,
                    &kinds,
                    &since,
                    &until,
                    candidates,
                    limit,
                    latest,
                    &words,
                    &weights,
                    &rare,
                    &rare_weights,
                ],
            )
            .await?
        }
        None => {
            let limit = i32::try_from(query.limit).unwrap_or(i32::MAX);
            db.rows(WORDS_ONLY, &[&owner, &words, &weights, &kinds, &since, &until, &limit]).await?
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
