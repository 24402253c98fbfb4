insert into request_windows values ('ip:1', now(), 3);
insert into idempotency_keys (user_id, key, request_hash, claim)
    select id, 'k', '\x01', '0199d3c0-0000-7000-8000-000000000009' from users;
insert into model_days select id, current_date, 3, 4000 from users;
insert into metrics values ('rag_searches_total', '{success}', -1, 0, 3, 0);
insert into requests_open values (date_trunc('minute', now()), 'GET', '/api/tasks', 0, 1);
