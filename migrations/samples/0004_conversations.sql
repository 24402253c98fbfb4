insert into conversations (user_id, id, title) select id, '0199d3c0-0000-7000-8000-000000000004', 'Tommy' from users;
insert into messages (user_id, conversation_id, role, content) select id, '0199d3c0-0000-7000-8000-000000000004', 'user', 'Tommy?' from users;
insert into model_calls (user_id, cause, model, input_tokens, duration_ms) select id, 'chat', 'stand-in', 10, 5 from users;
