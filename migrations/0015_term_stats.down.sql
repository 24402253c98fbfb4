create or replace function count_terms() returns trigger
    language plpgsql as $$
begin
    -- ordered, so that two transactions take the rows in the same order
    insert into term_stats as s (user_id, lexeme, chunks)
    select changed.user_id, word, case tg_op when 'INSERT' then count(*) else -count(*) end
      from changed, unnest(tsvector_to_array(changed.tsv) || ''::text) word
     where word not like '~u%'
     group by 1, 2
     order by 1, 2
    on conflict (user_id, lexeme) do update set chunks = s.chunks + excluded.chunks;
    return null;
end $$;
