insert into imports (user_id, source, kind, source_id) select id, 'seed', 'user', '7' from users;
