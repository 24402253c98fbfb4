insert into tasks (user_id, id, task_type, lane, payload)
    select id, '0199d3c0-0000-7000-8000-000000000002', 'gmail_sync', 'gmail_sync', '{"type": "gmail_sync"}' from users;
insert into effects (user_id, task_id, step, key, request_hash)
    select id, '0199d3c0-0000-7000-8000-000000000002', 1, 'k', '\x01' from users;
insert into webhook_events (user_id, source, dedupe_key, event_type, payload, occurred_at)
    select id, 'hubspot', 'k', 'contact.creation', '{}', now() from users;
insert into memory_rules (user_id, rule_text) select id, 'when gmail.message.received then log' from users;
