insert into emails (user_id, gmail_id, thread_id, history_id, subject, sender_name, sender_email, snippet, body, outbound, received_at)
    select id, 'a1', 't1', 7, 'Saturday', 'Nora', 'nora@ellison.example', 'Tommy', 'Tommy plays baseball.', false, now() from users;
insert into contacts (user_id, hubspot_id, first_name, hubspot_created_at, hubspot_updated_at) select id, '501', 'Greg', now(), now() from users;
insert into notes (user_id, hubspot_id, body, contact_ids, noted_at, hubspot_updated_at) select id, '901', 'Sell', '{501}', now(), now() from users;
insert into sync_cursors (user_id, source, cursor) select id, 'gmail', '{"phase": "start"}' from users;
insert into documents (user_id, kind, source_id, title, heading, occurred_at, content_hash, chunk_count)
    select id, 1, 'a1', 'Saturday', 'E-mail from Nora', now(), '\x01', 1 from users;
insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length, embedded)
    select user_id, id, 0, 'Tommy plays baseball.', '\x01',
           to_tsvector('english', 'Tommy plays baseball.') || array_to_tsvector(array['~u' || user_id]), 3, true from documents;
insert into chunk_vectors (user_id, chunk_id, kind, occurred_at, bits, embedding)
    select user_id, chunk_id, 1, now(), repeat('1', 1536)::bit(1536), array_fill(0.1::real, array[1536])::halfvec(1536) from chunk_text;
