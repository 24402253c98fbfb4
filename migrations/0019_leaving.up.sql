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
