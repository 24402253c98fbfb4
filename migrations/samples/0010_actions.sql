insert into actions (user_id, id, tool, payload, hash, preview, state, origin, expires_at)
    select id, '0199d3c0-0000-7000-8000-000000000010', 'create_note', '{"tool": "create_note", "contact_id": "501", "note_body": "Sell"}',
           '\x01', 'Note', 'pending', 'chat', now() + interval '1 day' from users;
