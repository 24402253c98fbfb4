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

-- Nobody is left to count a task that ends because its workers died.
grant select, insert, update on metrics to fa_lookup;
create or replace function lookup.sweep_tasks(ring_again interval, most integer) returns setof uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Where a newer task of the same lane already waits, what was lost is left to it.
    with ended as (
        update tasks t
           set state = case when lost.taken_over then 'done' when lost.last_try then 'failed' else 'pending' end,
               completed_at = case when lost.taken_over or lost.last_try then now() end,
               last_error = case when lost.taken_over then 'The worker stopped; the next task went on with it.'
                                 else 'The worker stopped while it did this.' end,
               fence = t.fence + 1, lease_until = null, rung_at = null, run_after = now(), updated_at = now()
          from (select o.id, o.attempt >= o.max_attempts as last_try,
                       o.coalesced and exists (select 1 from tasks w
                                                where w.user_id = o.user_id and w.lane = o.lane
                                                  and w.state = 'pending' and w.coalesced) as taken_over
                  from tasks o
                 where o.state = 'in_progress' and o.lease_until < now()
                 order by o.lease_until limit most for update skip locked) lost
         where t.id = lost.id
        returning t.task_type, t.state)
    insert into metrics as m (name, labels, bucket, shard, count, seconds)
    select 'tasks_completed_total', array[e.task_type, e.state], -1, 0, count(*), 0
      from ended e where e.state in ('done', 'failed') group by e.task_type, e.state order by e.task_type, e.state
    on conflict (name, labels, bucket, shard) do update set count = m.count + excluded.count;
    return query
        update tasks t set rung_at = now()
         where t.id in (select d.id from tasks d
                         where d.state = 'pending' and d.run_after <= now()
                           and (d.rung_at is null or d.rung_at < now() - ring_again)
                         order by d.run_after limit most for update skip locked)
        returning t.id;
end $$;
