insert into tasks (user_id, id, task_type, lane, payload)
    select u.id, w.id, 'watch', 'watch', '{"type": "watch"}' from users u,
           (values ('0199d3c0-0000-7000-8000-000000000241'::uuid), ('0199d3c0-0000-7000-8000-000000000242'::uuid)) w(id);
