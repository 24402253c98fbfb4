create or replace function lookup.sweep_tasks(ring_again interval, most integer) returns setof uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
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
     where t.id = lost.id;
    return query
        update tasks t set rung_at = now()
         where t.id in (select d.id from tasks d
                         where d.state = 'pending' and d.run_after <= now()
                           and (d.rung_at is null or d.rung_at < now() - ring_again)
                         order by d.run_after limit most for update skip locked)
        returning t.id;
end $$;

create or replace function lookup.due_readings(every interval, most integer) returns table (user_id bigint, task_type text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select c.user_id, r.task_type
      from connections c
      join (values ('google', 'gmail_sync'), ('google', 'calendar_sync'), ('hubspot', 'hubspot_sync')) r (provider, task_type)
        on r.provider = c.provider
     where not c.needs_reconnect
       and not exists (select 1 from tasks t
                        where t.user_id = c.user_id and t.task_type = r.task_type
                          and (t.state in ('pending', 'in_progress') or t.updated_at > now() - every))
     limit most
$$;

drop function lookup.due_erasures;
alter table users drop receipt_hash;
drop table erasures;
