drop function lookup.exact_terms;
drop table term_stats, chunk_vectors, chunk_text, documents, sync_cursors, notes, contacts, emails;
drop function count_terms, lexeme_query;
revoke execute on function tenant() from fa_lookup;
