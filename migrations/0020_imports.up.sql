-- What was taken over from the system before this one: which of its rows were brought, so that none is brought twice, and who
-- is to be known again by an address.
create table imports (
    user_id bigint not null references users on delete cascade,
    -- the name the earlier database was given
    source text not null,
    kind text not null constraint imports_kind_check check (kind in ('user', 'connection', 'rule')),
    -- its id there
    source_id text not null,
    imported_at timestamptz not null default now(),
    primary key (user_id, source, kind, source_id)
);
call protect('imports');

-- An advisor who was brought and has not signed in yet: until then Google's number of them is not known, and until this moment
-- the first who proves the address is them.
alter table users add claimable_until timestamptz;

create policy lookup on imports for select to fa_lookup using (true);
grant select on imports to fa_lookup;
grant update (google_sub, claimable_until, updated_at) on users to fa_lookup;

-- Whom an advisor of the earlier system became.
create function lookup.imported_user(source text, source_id text) returns bigint
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select i.user_id from imports i where i.kind = 'user' and i.source = $1 and i.source_id = $2
$$;

-- Who has this address here.
create function lookup.address_owners(address text) returns setof bigint
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select u.id from users u where lower(u.email) = lower(address) order by u.id
$$;

-- Gives the advisor who was brought with this address to the Google account that proved it; once, and only if there is one such
-- advisor and the account is nobody's yet.
create function lookup.claim_import(sub text, address text, at timestamptz) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    found bigint;
begin
    if exists (select from users u where u.google_sub = sub)
       or (select count(*) from users u where lower(u.email) = lower(address) and u.claimable_until is not null) <> 1 then
        return null;
    end if;
    update users u set google_sub = sub, claimable_until = null, updated_at = now()
     where lower(u.email) = lower(address) and u.claimable_until > at and u.is_active
    returning u.id into found;
    return found;
exception when unique_violation then
    return null;
end $$;

alter function lookup.imported_user owner to fa_lookup;
alter function lookup.address_owners owner to fa_lookup;
alter function lookup.claim_import owner to fa_lookup;
revoke execute on function lookup.imported_user, lookup.address_owners, lookup.claim_import from public;
grant execute on function lookup.imported_user, lookup.address_owners, lookup.claim_import to fa_app;
