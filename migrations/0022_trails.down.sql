drop function lookup.sweep_counted;
revoke select, insert, update on metrics from fa_lookup;
drop index tasks_lost;
drop function lookup.queue_totals;
drop index tasks_counted;
alter table tasks drop column correlation_id;
