insert into events (user_id, source, event_type, subject_id, dedupe_key, facts, occurred_at)
    select id, 'gmail', 'gmail.message.received', 'a1', 'message:a1', '{"kind": "email"}', now() from users;
