-- A task begins with one statement and ends with one. Each is a transaction of its own and sets the tenant for itself: both run as
-- who calls them, and the policies let through that advisor's rows and no others.

-- Takes a due task, unless somebody else has it or has its lane: then there is no row, and no error.
create function begin_task(task uuid, lease double precision)
    returns table (owner bigint, payload jsonb, attempt integer, max_attempts integer, fence bigint, correlation_id text,
                   waited double precision)
    language plpgsql as $$
declare
    broken text;
begin
    owner := lookup.task_user(task);
    if owner is null then
        return;
    end if;
    perform set_config('app.user_id', owner::text, true);
    begin
        return query
            update tasks t set state = 'in_progress', attempt = t.attempt + 1, fence = t.fence + 1,
                   lease_until = now() + make_interval(secs => lease), updated_at = now()
             where t.user_id = owner and t.id = task and t.state = 'pending' and t.run_after <= now() + interval '1 second'
               -- of a closed account nothing is done but what ends it
               and (t.task_type in ('erase_account', 'disconnect')
                    or exists (select from users u where u.id = owner and u.is_active))
            returning t.user_id, t.payload, t.attempt, t.max_attempts, t.fence, t.correlation_id,
                      greatest(extract(epoch from now() - t.run_after), 0)::double precision;
    exception when unique_violation then
        get stacked diagnostics broken = constraint_name;
        if broken <> 'tasks_one_running' then
            raise;
        end if;
    end;
end $$;

-- Writes what became of a task, for who holds it, and finds the next of its lane. `ended` is the state it has got, or null when it
-- was lost to somebody else.
create function end_task(owner bigint, task uuid, held bigint, outcome text, pause double precision, answer jsonb, problem text,
                         tries integer, out ended text, out next uuid)
    language plpgsql as $$
declare
    its_lane text;
    broken text;
begin
    perform set_config('app.user_id', owner::text, true);
    begin
        update tasks t set state = outcome, run_after = now() + make_interval(secs => pause), result = coalesce(answer, t.result),
               last_error = problem, attempt = tries, lease_until = null, rung_at = now(), updated_at = now(),
               completed_at = case when outcome in ('done', 'failed') then now() end
         where t.user_id = owner and t.id = task and t.fence = held and t.state = 'in_progress'
        returning t.state, t.lane into ended, its_lane;
    exception when unique_violation then
        get stacked diagnostics broken = constraint_name;
        if broken <> 'tasks_one_waiting' then
            raise;
        end if;
        -- A newer task of this lane waits already and does the rest.
        update tasks t set state = 'done', result = coalesce(answer, t.result), last_error = problem, lease_until = null,
               updated_at = now(), completed_at = now()
         where t.user_id = owner and t.id = task and t.fence = held and t.state = 'in_progress'
        returning t.state, t.lane into ended, its_lane;
    end;
    if ended is null then
        return;
    end if;
    -- One that somebody is claiming just now needs no bell, and is not waited for: that claim waits for us, to see whether its lane
    -- is free.
    update tasks t set rung_at = now() where t.user_id = owner and t.id =
        (select n.id from tasks n where n.user_id = owner and n.lane = its_lane and n.state = 'pending' and n.run_after <= now()
          order by n.run_after limit 1 for update skip locked)
    returning t.id into next;
    next := nullif(next, task);
end $$;

revoke execute on function begin_task, end_task from public;
grant execute on function begin_task, end_task to fa_app;
