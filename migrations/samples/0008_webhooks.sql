insert into watches (user_id, source, channel_id, target, token_hash, resource_id, state, expires_at, asked_at)
    select id, 'calendar', 'channel-1', 'https://api.example/api/webhooks/calendar', '\x01', 'r', 'live',
           now() + interval '7 days', now() from users;
insert into revocations (user_id, provider, sealed_tokens) select id, 'hubspot', '\x0102' from users;
insert into unknown_deliveries values ('hubspot', current_date, 1);
