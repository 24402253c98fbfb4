drop function lookup.exact_terms, lookup.due_syncs;
drop policy lookup on connections;
revoke select on connections from fa_lookup;
drop table term_stats, chunk_vectors, chunk_text, documents, sync_cursors, notes, contacts, emails;
drop function count_terms, lexeme_query;
revoke execute on function tenant() from fa_lookup;
