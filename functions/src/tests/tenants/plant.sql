update users set google_sub = google_sub, full_name = 'Lind {word}', picture = 'https://pictures.example/{word}' where id = {user};
update connections set account_id = account_id, account_email = account_email where user_id = {user};
insert into sessions (user_id, id, expires_at) values ({user}, '{hex}-0000-7000-8000-000000000012', now() + interval '7 days');
insert into oauth_states values (sha256('{word}'), '\x02', 'hubspot', {user},
    (select id from sessions where user_id = {user} limit 1), 'nonce-{word}', 'verifier-{word}', now() + interval '10 minutes');
insert into tasks (user_id, id, task_type, lane, payload, state, dedupe_key, correlation_id, result, last_error, completed_at)
    values ({user}, '{hex}-0000-7000-8000-000000000002', 'hubspot_sync', 'planted', '{"type": "hubspot_sync", "of": "{word}"}',
            'failed', 'planted-{word}', 'call-of-{word}', '{"stored": "{word}"}', 'Nothing came of {word}.', now());
insert into effects (user_id, task_id, step, key, request_hash, provider_ref, response, before_image)
    values ({user}, '{hex}-0000-7000-8000-000000000002', 1, 'k-{word}', '\x01', 'hubspot:note:{word}', '{"id": "{word}"}', '{"body": "{word}"}');
insert into webhook_events (user_id, source, dedupe_key, event_type, payload, occurred_at)
    values ({user}, 'hubspot', 'k-{word}', 'contact.creation', '{"name": "{word}"}', now());
insert into memory_rules (user_id, rule_text, description, note, is_active)
    values ({user}, 'Whatever {word} says.', 'Of {word}', 'Not understood: {word}', false);
update emails set message_id = '<a1-{word}@mail.example>', in_reply_to = '<a0-{word}@mail.example>', subject = 'Quarterly review {word}',
    sender_name = 'Nora {word}', reply_to = '[{"name": "{word}", "email": "{word}@ellison.example"}]', to_recipients = '[{"name": "{word}", "email": "{word}@firm.example"}]',
    cc_recipients = '[{"name": "{word}", "email": "cc-{word}@firm.example"}]', bcc_recipients = '[{"name": "{word}", "email": "bcc-{word}@firm.example"}]',
    quoted = 'They wrote {word}' where user_id = {user};
insert into emails (user_id, gmail_id, thread_id, history_id, subject, sender_name, sender_email, snippet, body, outbound, received_at)
    values ({user}, 'm-{word}', '00000000000000a1', 7, 'Review {word}', 'Nora', '{word}@ellison.example', '{word}', 'Only here: {word}', false, now());
update contacts set first_name = first_name || ' {word}', last_name = last_name || ' {word}', email = '{word}-' || hubspot_id || '@hall.example', other_emails = '{other-{word}@hall.example}',
    phone = '555 {word}', company = 'Hall {word}', job_title = 'Of {word}', properties = '{"city": "{word}"}' where user_id = {user};
insert into contacts (user_id, hubspot_id, first_name, last_name, hubspot_created_at, hubspot_updated_at)
    values ({user}, '{user}77', 'Only', '{word}', now(), now());
update notes set body = 'The quarterly review of {word}' where user_id = {user};
insert into companies (user_id, hubspot_id, name, domain, phone, industry, properties, hubspot_created_at, hubspot_updated_at)
    values ({user}, '701', 'Hall {word}', '{word}.example', '555 {word}', 'Of {word}', '{"city": "{word}"}', now(), now());
insert into pipelines (user_id, pipeline_id, label, position) values ({user}, 'planted', 'Sales {word}', 0);
insert into pipeline_stages (user_id, pipeline_id, stage_id, label, position) values ({user}, 'planted', 'open', 'Open {word}', 1);
insert into deals (user_id, hubspot_id, name, amount, stage_id, pipeline_id, contact_ids, company_ids, properties, hubspot_created_at, hubspot_updated_at)
    values ({user}, '801', 'Hall {word}', 4000, 'open', 'planted', '{501}', '{701}', '{"closed_lost_reason": "{word}"}', now(), now());
insert into owners (user_id, owner_id, email, first_name, last_name) values ({user}, '99', '{word}@firm.example', 'Own {word}', 'Last {word}');
update sync_cursors set last_error = 'It said {word}' where user_id = {user};
insert into sync_cursors (user_id, source, cursor, last_error) values ({user}, 'planted', '{"phase": "{word}"}', '{word}');
insert into calendar_events (user_id, google_id, etag, status, summary, description, location, start_at, end_at, time_zone, organizer, attendees, video_link, html_link)
    values ({user}, 'shared-event', 'e-{word}', 'confirmed', 'Quarterly review {word}', 'About {word}', 'Room {word}', now() + interval '1 day', now() + interval '25 hours', 'America/Denver',
            '{"name": "{word}", "email": "{word}@firm.example"}', '[{"name": "{word}", "email": "a-{word}@firm.example", "response": "accepted"}]', 'https://meet.example/{word}', 'https://calendar.example/{word}');
insert into calendar_events (user_id, google_id, status, summary, start_at, end_at, time_zone)
    values ({user}, 'only-{word}', 'confirmed', 'Only {word}', now() + interval '2 days', now() + interval '49 hours', 'America/Denver');
insert into documents (user_id, kind, source_id, title, heading, occurred_at, metadata, content_hash, chunk_count)
    values ({user}, 4, 'd-{word}', 'Quarterly review {word}', 'Event with {word}', now(), '{"location": "{word}", "url": "https://calendar.example/{word}"}', '\x01', 1);
insert into chunk_text (user_id, document_id, ordinal, body, content_hash, tsv, length)
    select user_id, id, 0, 'The quarterly review is with {word}.', '\x01', to_tsvector('english', 'quarterly review {word}') || array_to_tsvector(array['~u' || user_id]), 3
      from documents where user_id = {user} and source_id = 'd-{word}';
insert into conversations (user_id, id, title, updated_at) values ({user}, '{hex}-0000-7000-8000-000000000004', 'planted {word}', now() + interval '1 hour');
insert into messages (user_id, conversation_id, role, content, sources, tool_calls)
    values ({user}, '{hex}-0000-7000-8000-000000000004', 'assistant', 'She wrote {word} [1]',
            '[{"n": 1, "source_id": "m-{word}", "source_type": "email", "title": "{word}", "text": "{word}", "url": "https://mail.example/{word}"}]', '[{"id": "{word}", "name": "search_emails"}]');
insert into events (user_id, source, event_type, subject_id, dedupe_key, facts, occurred_at)
    values ({user}, 'gmail', 'gmail.message.received', 'm-{word}', 'message:m-{word}',
            '{"kind": "email", "gmail_id": "m-{word}", "thread_id": "00000000000000a1", "from": {"name": "{word}", "email": "{word}@ellison.example"}, "to": [], "cc": [], "subject": "{word}"}', now());
insert into watches (user_id, source, channel_id, target, token_hash, resource_id, state, expires_at, last_error, asked_at)
    values ({user}, 'calendar', 'channel-{word}', 'https://api.example/{word}', '\x01', 'r-{word}', 'live', now() + interval '7 days', 'It said {word}', now());
insert into revocations (user_id, provider, sealed_tokens) values ({user}, 'hubspot', '\x0102');
insert into idempotency_keys (user_id, key, request_hash, claim, status, headers, body)
    values ({user}, 'key-{word}', '\x01', '{hex}-0000-7000-8000-000000000009', 200, '[["content-type", "text/{word}"]]', convert_to('{"said": "{word}"}', 'utf8'));
insert into actions (user_id, id, tool, payload, hash, preview, reasons, state, origin, conversation_id, call_id, recipients, result, error, expires_at, session_id)
    values ({user}, '{hex}-0000-7000-8000-000000000010', 'create_note', '{"tool": "create_note", "contact_id": "501", "name": "Greg {word}", "note_body": "About {word}"}',
            sha256('{word}'), 'A note about {word}', '{because of {word}}', 'pending', 'chat', '{hex}-0000-7000-8000-000000000004', 'call-{word}', '{{word}@hall.example}', null, null,
            now() + interval '1 day', (select id from sessions where user_id = {user} limit 1));
insert into actions (user_id, id, tool, payload, hash, preview, state, origin, result, error, expires_at)
    values ({user}, '{hex}-0000-7000-8000-000000000011', 'create_note', '{"tool": "create_note", "contact_id": "501", "name": "Greg {word}", "note_body": "Before {word}"}',
            '\x02', 'An older note about {word}', 'failed', 'tool', '{"note_id": "{word}"}', 'HubSpot said {word}', now());
insert into rule_runs (user_id, rule_id, event_id, rule_version, outcome, results)
    select {user}, (select min(id) from memory_rules where user_id = {user}), max(id), 1, 'applied', '[{"action": "{word}"}]' from events where user_id = {user};
insert into agent_runs (user_id, task_id, event_id, instruction, answer, plan, refusals)
    select {user}, '{hex}-0000-7000-8000-000000000002', max(id), 'Look at {word}.', 'Nothing about {word}.',
           '[{"tool": "create_note", "contact_id": "501", "name": "{word}", "note_body": "{word}"}]', '{"0": "{word}"}' from events where user_id = {user};
insert into imports (user_id, source, kind, source_id) values ({user}, 'old-{word}', 'rule', '7-{word}');
