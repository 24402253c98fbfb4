-- A task somebody has begun, and one that waits behind it.
insert into tasks (user_id, id, task_type, lane, payload)
    select u.id, w.id, 'embed', 'statements', '{"type": "embed"}' from users u,
           (values ('0199d3c0-0000-7000-8000-000000000281'::uuid), ('0199d3c0-0000-7000-8000-000000000282'::uuid)) w (id);
select from begin_task('0199d3c0-0000-7000-8000-000000000281', 90);
