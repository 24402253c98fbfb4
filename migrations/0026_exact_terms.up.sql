-- The search for rare words costs what it finds, and a third of what it did: each word's chunks are taken from the index alone, so
-- that no text is unpacked to see which words it has. `offset 0` has the index asked once a word, and the owner stands in a sum, to
-- keep the planner from reading all of an advisor's chunks in its place or beside it: it cannot know how rare the words are.
create or replace function lookup.exact_terms(terms text[], weights double precision[], kinds smallint[],
                                              since timestamptz, until timestamptz, most integer)
    returns table (chunk_id bigint, score double precision)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select f.chunk_id, f.score
      from (select c.chunk_id, c.document_id, sum(t.weight) as score
              from unnest(terms, weights) as t (term, weight)
             cross join lateral (select x.chunk_id, x.document_id from chunk_text x
                                  where x.user_id + 0 = (select tenant())
                                    and x.tsv @@ (lexeme_query('~u' || (select tenant())) || ' & ' || lexeme_query(t.term))::tsquery
                                offset 0) c
             group by c.chunk_id, c.document_id) f
     cross join lateral (select x.kind, x.occurred_at from documents x
                          where x.user_id = (select tenant()) and x.id = f.document_id limit 1) d
     where d.kind = any (kinds)
       and d.occurred_at >= since and d.occurred_at < until
     order by f.score desc, d.occurred_at desc
     limit most
$$;
