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
