insert into users (google_sub, email) values ('1002', 'leaving@firm.example');
insert into documents (user_id, kind, source_id, title, heading, occurred_at, content_hash, chunk_count)
    select id, 1, 'a1', 'Goodbye', 'E-mail from Nora', now(), '\x01', 1 from users where google_sub = '1002';
insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length)
    select d.user_id, d.id, 0, 'Goodbye.', '\x01', to_tsvector('english', 'Goodbye.') || array_to_tsvector(array['~u' || d.user_id]), 1
      from documents d join users u on u.id = d.user_id where u.google_sub = '1002';
delete from users where google_sub = '1002';
