-- Background work: the row is the truth, a message on the queue is only a bell.
create table tasks (
    user_id bigint not null references users on delete cascade,
    id uuid not null constraint tasks_id_key unique,
    task_type text not null,
    -- tasks of one lane run one after the other
    lane text not null,
    payload jsonb not null,
    state text not null default 'pending'
        constraint tasks_state_check check (state in ('pending', 'in_progress', 'waiting_for_reply', 'done', 'failed')),
    attempt integer not null default 0,
    max_attempts integer not null default 3,
    -- raised by every claim; only the newest may finish the task
    fence bigint not null default 0,
    lease_until timestamptz,
    run_after timestamptz not null default now(),
    rung_at timestamptz,
    -- the same cause makes the same task only once, ever
    dedupe_key text,
    -- one waiting task of this lane is enough
    coalesced boolean not null default false,
    result jsonb not null default '{}',
    last_error text,
    -- what made this task, and how many tasks stand above it
    cause_task uuid,
    depth integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    completed_at timestamptz,
    primary key (user_id, id),
    constraint tasks_dedupe_key unique (user_id, dedupe_key)
);
create unique index tasks_one_waiting on tasks (user_id, lane) where state = 'pending' and coalesced;
create unique index tasks_one_running on tasks (user_id, lane) where state = 'in_progress';
create index tasks_due on tasks (run_after) where state = 'pending';
create index tasks_leased on tasks (lease_until) where state = 'in_progress';
create index tasks_newest on tasks (user_id, created_at desc, id);
call protect('tasks');

-- Every write to the outside, before, during and after it happens.
create table effects (
    user_id bigint not null,
    task_id uuid not null,
    step integer not null,
    key text not null,
    request_hash bytea not null,
    state text not null default 'intended'
        constraint effects_state_check check (state in ('intended', 'started', 'done', 'unknown')),
    started_at timestamptz,
    started_fence bigint,
    provider_ref text,
    response jsonb,
    -- what it looked like before, so that it can be undone
    before_image jsonb,
    created_at timestamptz not null default now(),
    primary key (user_id, task_id, step),
    constraint effects_key unique (user_id, key),
    foreign key (user_id, task_id) references tasks (user_id, id) on delete cascade
);
call protect('effects');

-- What the providers told us, kept for replay.
create table webhook_events (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    source text not null,
    dedupe_key text not null,
    event_type text not null,
    payload jsonb not null,
    version integer not null default 1,
    occurred_at timestamptz not null,
    received_at timestamptz not null default now(),
    task_id uuid,
    primary key (user_id, id),
    constraint webhook_events_dedupe_key unique (user_id, source, dedupe_key)
);
call protect('webhook_events');

create table memory_rules (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    rule_text text not null constraint memory_rules_text_check check (rule_text <> ''),
    description text,
    is_active boolean not null default true,
    -- the compiled policy; null until it is compiled
    policy jsonb,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id)
);
call protect('memory_rules');

create policy lookup on tasks to fa_lookup using (true) with check (true);
grant select, update on tasks to fa_lookup;

-- Whose task it is: a bell carries nothing but the task's id.
create function lookup.task_user(task uuid) returns bigint
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select t.user_id from tasks t where t.id = task
$$;

-- Takes tasks back whose worker was lost, and answers the ids of all that are due and were not rung for lately.
create function lookup.sweep_tasks(ring_again interval, most integer) returns setof uuid
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
                         order by d.run_after limit most for update skip locked)
        returning t.id;
end $$;

alter function lookup.task_user owner to fa_lookup;
alter function lookup.sweep_tasks owner to fa_lookup;
revoke execute on all functions in schema lookup from public;
grant execute on all functions in schema lookup to fa_app;
