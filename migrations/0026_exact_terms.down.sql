create or replace function lookup.exact_terms(terms text[], weights double precision[], kinds smallint[],
                                   since timestamptz, until timestamptz, most integer)
    returns table (chunk_id bigint, score double precision)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select c.chunk_id, m.score
      from chunk_text c
      join documents d on d.user_id = c.user_id and d.id = c.document_id
      cross join lateral (
            select sum(w) as score
              from unnest(terms, weights) as t (term, w)
             where c.tsv @@ lexeme_query(t.term)::tsquery) m
     where c.user_id = tenant()
       and c.tsv @@ (select (lexeme_query('~u' || tenant()) || ' & (' || string_agg(lexeme_query(t.term), ' | ') || ')')::tsquery
                       from unnest(terms) as t (term))
       and d.kind = any (kinds)
       and d.occurred_at >= since and d.occurred_at < until
     order by m.score desc, d.occurred_at desc
     limit most
$$;
