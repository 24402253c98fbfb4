-- Nobody rings for the tasks of a closed account, but for those that end it. What lost its worker keeps its place in its lane: it was
-- the next, and has waited longest.
create or replace function lookup.sweep_tasks(ring_again interval, most integer) returns setof uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Where a newer task of the same lane already waits, what was lost is left to it.
    update tasks t
       set state = case when lost.taken_over then 'done' when lost.last_try then 'failed' else 'pending' end,
           completed_at = case when lost.taken_over or lost.last_try then now() end,
           last_error = case when lost.taken_over then 'The worker stopped; the next task went on with it.'
                             else 'The worker stopped while it did this.' end,
           fence = t.fence + 1, lease_until = null, rung_at = null, updated_at = now()
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
                           and not exists (select 1 from tasks r
                                            where r.user_id = d.user_id and r.lane = d.lane and r.state = 'in_progress')
                           and not exists (select 1 from tasks f
                                            where f.user_id = d.user_id and f.lane = d.lane and f.state = 'pending'
                                              and (f.run_after, f.id) < (d.run_after, d.id))
                           and (d.task_type in ('erase_account', 'disconnect')
                                or exists (select from users u where u.id = d.user_id and u.is_active))
                         order by d.run_after limit most for update skip locked)
        returning t.id;
end $$;
