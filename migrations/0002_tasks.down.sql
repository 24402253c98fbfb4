drop function lookup.sweep_tasks, lookup.task_user;
drop table memory_rules, webhook_events, effects, tasks;
