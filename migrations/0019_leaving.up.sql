-- Leaving: what is kept of an account that is gone, and who is worked for no longer.

-- What is known of an erasure: when, and how many rows of which kind. Nothing says whose they were. It is found by a receipt that
-- only who left has: here is its hash.
create table erasures (
    receipt_hash bytea primary key,
    asked_at timestamptz not null default now(),
    -- rows that are gone, by table
    counts jsonb not null default '{}',
    -- which providers heard that the consent is over
    told jsonb not null default '{}',
    erased_at timestamptz
);
grant select, insert, update, delete on erasures to fa_app;

-- Of the erasure that is under way. It goes with the row.
alter table users add receipt_hash bytea;

-- Whose erasure has no task that does it, and had none for a while.
create function lookup.due_erasures(quiet interval, most integer) returns setof bigint
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select u.id from users u
     where u.receipt_hash is not null
       and not exists (select from tasks t
                        where t.user_id = u.id and t.task_type = 'erase_account'
                          and (t.state in ('pending', 'in_progress') or t.updated_at > now() - quiet))
     limit most
$$;
alter function lookup.due_erasures owner to fa_lookup;
revoke execute on function lookup.due_erasures from public;
grant execute on function lookup.due_erasures to fa_app;

-- A closed account is not read any more.
create or replace function lookup.due_readings(every interval, most integer) returns table (user_id bigint, task_type text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select c.user_id, r.task_type
      from connections c
      join users u on u.id = c.user_id and u.is_active
      join (values ('google', 'gmail_sync'), ('google', 'calendar_sync'), ('hubspot', 'hubspot_sync')) r (provider, task_type)
        on r.provider = c.provider
     where not c.needs_reconnect
       and not exists (select 1 from tasks t
                        where t.user_id = c.user_id and t.task_type = r.task_type
                          and (t.state in ('pending', 'in_progress') or t.updated_at > now() - every))
     limit most
$$;

-- Nobody rings for the tasks of a closed account, but for those that end it.
create or replace function lookup.sweep_tasks(ring_again interval, most integer) returns setof uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Where a newer task of the same lane already waits, what was lost is left to it.
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
                           and (d.task_type in ('erase_account', 'disconnect')
                                or exists (select from users u where u.id = d.user_id and u.is_active))
                         order by d.run_after limit most for update skip locked)
        returning t.id;
end $$;
