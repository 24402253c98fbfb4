-- A closed account with a task nobody rings for.
insert into tasks (user_id, id, task_type, lane, payload) select id, '0199d3c0-0000-7000-8000-00000000c105', 'embed', 'resting', '{}' from users;
