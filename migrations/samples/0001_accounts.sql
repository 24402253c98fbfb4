insert into users (google_sub, email, full_name) values ('1001', 'ada@firm.example', 'Ada Lovett');
insert into connections (user_id, provider, account_id, sealed_tokens) select id, 'google', '1001', '\x0102' from users;
insert into sessions (user_id, id, expires_at) select id, '0199d3c0-0000-7000-8000-000000000001', now() + interval '30 days' from users;
insert into session_tokens (user_id, session_id, token_hash, generation)
    select id, '0199d3c0-0000-7000-8000-000000000001', '\x01', 1 from users;
insert into oauth_states values ('\x01', '\x02', 'google', null, null, 'nonce', 'verifier', now() + interval '10 minutes');
insert into rate_limits values ('chat:1', now());
