-- Sessions that are over are forgotten, with their tokens.
create policy forget on sessions for delete to fa_lookup using (true);
grant delete on sessions to fa_lookup;

create function lookup.forget_sessions(before timestamptz) returns bigint
    language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (delete from sessions s where least(s.expires_at, s.revoked_at) < $1 returning 1) select count(*) from gone
$$;
alter function lookup.forget_sessions owner to fa_lookup;
revoke execute on function lookup.forget_sessions from public;
grant execute on function lookup.forget_sessions to fa_app;
