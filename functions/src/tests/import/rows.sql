-- An advisor with everything (1), one of the same firm with little (2), one whose consent is another client's (3), one whose
-- account is closed (4). {google} and {hubspot} are the first one's tokens.
insert into "user" (id, email, full_name, timezone, google_oauth_tokens, hubspot_oauth_tokens, hubspot_portal_id, google_history_id,
                    calendar_channel_id, calendar_resource_id, calendar_watch_expiration, is_active, created_at, updated_at) values
    (1, 'Ada@firm.example', 'Ada Lovett', 'America/Denver', '{google}', '{hubspot}', '24680135', '4711', 'ch-1', 'res-1', 1760000000, true,
     '2025-06-01 08:00:00.123456', '2025-10-01 08:00:00'),
    (2, 'bea@firm.example', null, 'Mars/Olympus', '{}', '{}', null, null, null, null, null, true, '2025-07-01 00:00:00', '2025-07-01 00:00:00'),
    (3, 'eve@other.example', 'Eve Moran', null, '{"access_token": "ya29.other", "refresh_token": "1//other", "client_id": "another-client"}',
     '{"access_token": "x", "refresh_token": "y"}', null, null, null, null, null, true, '2025-08-01 00:00:00', '2025-08-01 00:00:00'),
    (4, 'gone@firm.example', 'Gone Before', 'UTC', '{"access_token": "ya29.gone", "refresh_token": "1//gone"}', '{}', null, null, null, null, null, false,
     '2025-05-01 00:00:00', '2025-05-01 00:00:00');

insert into email (id, user_id, gmail_id, thread_id, subject, snippet, body_plain, body_html, sender, reply_to, to_recipients, cc_recipients, bcc_recipients,
                   labels, headers_json, direction, is_read, received_at, sent_at, external_source, created_at, updated_at) values
    (1, 1, '00000000000000f1', '00000000000000f1', 'Baseball & the pier', 'Tommy pitches', 'Tommy pitches on Saturday at the harbour.', null,
     'Nora Ellison <Nora@ellison.example>', null, '["Ada Lovett <ada@firm.example>"]', '["Greg Hall <greg@hall.example>"]', '[]', '["INBOX", "UNREAD"]',
     '{"message-id": "<f1@mail.example>", "from": "Nora Ellison <Nora@ellison.example>"}', 'inbound', false, '2025-09-30 23:30:00', '2025-09-30 23:29:58', 'gmail',
     '2025-10-01 00:00:00', '2025-10-01 00:00:00'),
    (2, 1, '00000000000000f2', '00000000000000f1', 'Re: Baseball', null, null, '<p>Give him my <b>best</b>.</p>', 'ada@firm.example', null,
     '["nora@ellison.example"]', '[]', '[]', '[]', '{"In-Reply-To": "<f1@mail.example>"}', 'outbound', true, null, '2025-10-01 08:00:00', null,
     '2025-10-01 08:01:00', '2025-10-01 08:01:00'),
    (3, 1, '00000000000000f3', null, null, null, null, null, null, null, '[]', '[]', '[]', '[]', '{}', 'inbound', true, null, null, 'gmail',
     '2025-10-02 00:00:00', '2025-10-02 00:00:00'),
    (4, 4, '00000000000000f4', '00000000000000f4', 'Old', 'Old', 'From long ago.', null, 'someone@mail.example', null, '[]', '[]', '[]', '["INBOX"]', '{}', 'inbound',
     true, '2025-05-02 00:00:00', null, 'gmail', '2025-05-02 00:00:00', '2025-05-02 00:00:00');

insert into contact (id, user_id, hubspot_id, external_source, primary_email, secondary_emails, first_name, last_name, company, phone_number, lifecycle_stage,
                     owner_id, properties_json, last_synced_at, created_at, updated_at) values
    (1, 1, '501', 'hubspot', 'Greg@hall.example', '["g.hall@mail.example"]', 'Greg', 'Hall', 'Hall Boats', '555 0101', null, 11,
     '{"jobtitle": "Boat builder", "city": "Boise", "numemployees": 7, "lastmodifieddate": "2025-09-01T10:00:00.000Z", "createdate": "2024-01-01T00:00:00Z", "fax": null}',
     '2025-10-01 00:00:00', '2025-06-02 00:00:00', '2025-10-01 00:00:00'),
    (2, 1, null, 'manual', 'by@hand.example', '[]', 'By', 'Hand', null, null, null, null, '{}', null, '2025-06-02 00:00:00', '2025-06-02 00:00:00'),
    (3, 2, '502', 'hubspot', null, '[]', null, null, null, null, 'lead', null, '{}', null, '2025-07-02 00:00:00', '2025-07-02 00:00:00');

insert into memoryrule (id, user_id, rule_text, is_active, priority, created_at, updated_at, last_triggered_at) values
    (1, 1, 'when gmail.message.received then log', true, 0, '2025-06-03 09:00:00', '2025-06-03 09:00:00', '2025-09-03 09:00:00'),
    (2, 1, 'When somebody mentions a boat, tell me.', true, 5, '2025-06-04 09:00:00', '2025-06-04 09:00:00', null),
    (3, 1, 'when nothing.at.all then explode', true, 0, '2025-06-05 09:00:00', '2025-06-05 09:00:00', null),
    (4, 1, '  ', false, 0, '2025-06-06 09:00:00', '2025-06-06 09:00:00', null);

insert into task (id, user_id, parent_task_id, task_type, state, priority, attempts, max_attempts, payload, result, scheduled_for, completed_at, last_error,
                  created_at, updated_at) values
    (1, 1, null, 'gmail_sync', 'completed', 0, 1, 3, '{"max_results": 100}', '{"new_emails": 3}', null, '2025-10-01 00:05:00', null, '2025-10-01 00:00:00', '2025-10-01 00:05:00'),
    (2, 1, 1, 'llm_process_event', 'failed', 0, 3, 3, '{}', '{}', null, null, 'No model.', '2025-10-01 00:06:00', '2025-10-01 00:09:00'),
    (3, 1, null, 'send_email', 'pending', 5, 0, 3, '{"to": ["nora@ellison.example"]}', 'null', '2025-12-01 00:00:00', null, null, '2025-10-02 00:00:00', '2025-10-02 00:00:00'),
    (4, 1, null, 'schedule_event', 'waiting_for_reply', 0, 1, 3, '{}', '[1]', null, null, null, '2025-10-03 00:00:00', '2025-10-03 00:00:00'),
    (5, null, null, 'generic', 'completed', 0, 1, 3, '{}', '{}', null, null, null, '2025-10-03 00:00:00', '2025-10-03 00:00:00');

insert into vectoritem (id, user_id, source_type, source_id, chunk_index, chunk_count, text, tokens, embedding, metadata_json, created_at, updated_at) values
    ('a', 1, 'email', '1', 0, 1, 'Tommy pitches on Saturday at the harbour.', 9, array_fill(0.5, array[1536])::vector, '{}', '2025-10-01 00:00:00', '2025-10-01 00:00:00'),
    ('b', 1, 'contact', '1', 0, 1, 'Greg Hall', 2, null, '{}', '2025-10-01 00:00:00', '2025-10-01 00:00:00');
