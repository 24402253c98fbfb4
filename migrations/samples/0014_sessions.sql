-- One that is over, with the token whose answer was lost under the negative of its generation.
insert into sessions (user_id, id, created_at, expires_at, revoked_at)
    select id, '0199d3c0-0000-7000-8000-000000000014', now() - interval '2 days', now() + interval '28 days', now() - interval '1 day'
      from users;
insert into session_tokens (user_id, session_id, token_hash, generation)
    select u.id, '0199d3c0-0000-7000-8000-000000000014', decode(t.hash, 'hex'), t.generation
      from users u cross join (values ('14', 1), ('15', 2), ('16', -2)) t (hash, generation);
