-- What is counted of an advisor's words goes with the words: nothing is counted for an advisor who is being deleted, and a word
-- that stands nowhere any more is not kept.
create or replace function count_terms() returns trigger
    language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        -- ordered, so that two transactions take the rows in the same order
        insert into term_stats as s (user_id, lexeme, chunks)
        select changed.user_id, word, count(*)
          from changed, unnest(tsvector_to_array(changed.tsv) || ''::text) word
         where word not like '~u%'
         group by 1, 2
         order by 1, 2
        on conflict (user_id, lexeme) do update set chunks = s.chunks + excluded.chunks;
        return null;
    end if;

    -- Nothing is inserted here: where an advisor is deleted, the counts may be gone before the chunks are.
    perform 1
       from term_stats s
      where (s.user_id, s.lexeme) in (select changed.user_id, word
                                        from changed, unnest(tsvector_to_array(changed.tsv) || ''::text) word)
      order by s.user_id, s.lexeme
        for update;
    with gone as (select changed.user_id, word, count(*) as chunks
                    from changed, unnest(tsvector_to_array(changed.tsv) || ''::text) word
                   where word not like '~u%'
                   group by 1, 2),
         counted as (update term_stats s set chunks = s.chunks - gone.chunks
                       from gone
                      where s.user_id = gone.user_id and s.lexeme = gone.word and s.chunks > gone.chunks
                     returning s.user_id, s.lexeme)
    delete from term_stats s using gone
     where s.user_id = gone.user_id and s.lexeme = gone.word and s.chunks <= gone.chunks;
    return null;
end $$;

-- These are everybody's rows, and the table's owner is bound by its policy, too.
alter table term_stats no force row level security;
delete from term_stats where chunks <= 0;
alter table term_stats force row level security;
