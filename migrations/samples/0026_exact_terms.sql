-- Words that have to be quoted to be searched for.
insert into documents (user_id, kind, source_id, title, heading, occurred_at, content_hash, chunk_count)
    select id, 1, 'quoted', 'Quotes', 'E-mail from Nora', now(), '\x26', 1 from users order by id limit 1;
insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length)
    select user_id, id, 0, 'O''Rourke\Sons', '\x26', array_to_tsvector(array['~u' || user_id, 'o''rourke\sons']), 1
      from documents where source_id = 'quoted';
