-- A task remembers the call it came from, and what is counted is counted when it happens: a sum over all that ever was takes the
-- longer the more there is, and falls when something is forgotten, which no counter may.

-- Of the request, message or beat of the clock that made it; see telemetry::Trail.
alter table tasks add column correlation_id text;
create index tasks_counted on tasks (state) where state in ('waiting_for_reply', 'failed');

-- How much there is to do, over all advisors, from indexes alone; and for how long the task that waits longest has been due.
create function lookup.queue_totals() returns table (state text, tasks bigint, oldest_seconds bigint)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select 'pending', count(*),
           coalesce(greatest(ceil(extract(epoch from now() - min(t.run_after))), 0), 0)::bigint
      from tasks t where t.state = 'pending'
    union all
    select 'in_progress', count(*), 0 from tasks t where t.state = 'in_progress'
    union all
    select 'waiting_for_reply', count(*), 0 from tasks t where t.state = 'waiting_for_reply'
    union all
    select 'failed', count(*), 0 from tasks t where t.state = 'failed'
$$;
alter function lookup.queue_totals owner to fa_lookup;
revoke execute on function lookup.queue_totals from public;
grant execute on function lookup.queue_totals to fa_app;

-- Nobody is left to count a task that ends because its workers died. Told by the moment, which all of one transaction shares.
create index tasks_lost on tasks (completed_at) where last_error like 'The worker stopped%';
grant select, insert, update on metrics to fa_lookup;
create function lookup.sweep_counted(ring_again interval, most integer) returns setof uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    return query select s.id from lookup.sweep_tasks(ring_again, most) s (id);
    insert into metrics as m (name, labels, bucket, shard, count, seconds)
    select 'tasks_completed_total', array[t.task_type, t.state], -1, 0, count(*), 0
      from tasks t
     where t.completed_at = now() and t.last_error like 'The worker stopped%' and t.state in ('done', 'failed')
     group by t.task_type, t.state order by t.task_type, t.state
    on conflict (name, labels, bucket, shard) do update set count = m.count + excluded.count;
end $$;
alter function lookup.sweep_counted owner to fa_lookup;
revoke execute on function lookup.sweep_counted from public;
grant execute on function lookup.sweep_counted to fa_app;
