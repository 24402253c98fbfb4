-- Advisors, what they connected, and who is signed in.
create extension if not exists vector;

-- fa_app: what the functions may do; login roles are made members of it. fa_lookup: owns the few functions that must
-- answer before the tenant is known. Roles belong to the cluster and outlive a database, so they are made once.
do $$
begin
    create role fa_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    create role fa_lookup nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    execute format('grant fa_lookup to %I', current_user);
exception when unique_violation or internal_error then null; -- somebody else granted it this moment
end $$;

create schema lookup authorization fa_lookup;
grant usage on schema lookup to fa_app;
grant usage on schema public to fa_app, fa_lookup;

create function tenant() returns bigint
    language sql stable
    return nullif(current_setting('app.user_id', true), '')::bigint;
comment on function tenant() is 'The advisor of this transaction, or null. On a reused connection the setting is an empty string.';

-- Every table of an advisor is protected by calling this once.
create procedure protect(tenant_table regclass, key_column name default 'user_id')
    language plpgsql as $$
begin
    execute format('alter table %s enable row level security', tenant_table);
    execute format('alter table %s force row level security', tenant_table);
    execute format('create policy tenant on %s using (%I = (select tenant())) with check (%I = (select tenant()))',
                   tenant_table, key_column, key_column);
    execute format('grant select, insert, update, delete on %s to fa_app', tenant_table);
end $$;

create table users (
    id bigint generated always as identity primary key,
    google_sub text not null constraint users_google_sub_key unique,
    email text not null default '',
    full_name text,
    picture text,
    timezone text not null default 'UTC',
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
call protect('users', 'id');

create table connections (
    user_id bigint not null references users on delete cascade,
    provider text not null constraint connections_provider_check check (provider in ('google', 'hubspot')),
    account_id text not null,
    account_email text,
    scopes text[] not null default '{}',
    -- version | key id | nonce | ciphertext; see domain::accounts::sealing
    sealed_tokens bytea,
    access_expires_at timestamptz,
    needs_reconnect boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, provider)
);
create index connections_account on connections (provider, account_id);
call protect('connections');

create table sessions (
    user_id bigint not null references users on delete cascade,
    id uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    primary key (user_id, id)
);
call protect('sessions');

-- The tokens a session has had, newest last. Only hashes are kept.
create table session_tokens (
    user_id bigint not null,
    session_id uuid not null,
    token_hash bytea not null constraint session_tokens_token_hash_key unique,
    generation integer not null,
    issued_at timestamptz not null default now(),
    first_used_at timestamptz,
    superseded_at timestamptz,
    -- the answer that carried the token after this one was lost, and another was sent; that happens once
    forgiven boolean not null default false,
    primary key (user_id, session_id, generation),
    foreign key (user_id, session_id) references sessions (user_id, id) on delete cascade
);
call protect('session_tokens');

-- One sign-in under way. Nobody's row until it is redeemed: no tenant policy, only the functions below.
create table oauth_states (
    state_hash bytea primary key,
    browser_hash bytea not null,
    provider text not null,
    -- for connecting HubSpot: the session that asked
    user_id bigint references users on delete cascade,
    session_id uuid,
    nonce text not null,
    verifier text not null,
    expires_at timestamptz not null
);
alter table oauth_states enable row level security;
alter table oauth_states force row level security;
create policy lookup on oauth_states to fa_lookup using (true) with check (true);
grant select, insert, delete on oauth_states to fa_lookup;

create policy lookup on users to fa_lookup using (true) with check (true);
grant select, insert on users to fa_lookup;
create policy lookup on sessions for select to fa_lookup using (true);
grant select on sessions to fa_lookup;
create policy lookup on session_tokens for select to fa_lookup using (true);
grant select on session_tokens to fa_lookup;

create function lookup.user_for_google(sub text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    found bigint;
begin
    select id into found from users where google_sub = sub;
    if found is null then
        insert into users (google_sub) values (sub) on conflict on constraint users_google_sub_key do nothing;
        select id into found from users where google_sub = sub;
    end if;
    return found;
end $$;

-- What decides about a session token, and nothing of the person behind it.
create function lookup.session(hash bytea)
    returns table (user_id bigint, session_id uuid, generation integer, newest integer, newest_used boolean,
                   issued_at timestamptz, first_used boolean, superseded_at timestamptz, forgiven boolean,
                   expires_at timestamptz, revoked boolean)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select t.user_id, t.session_id, t.generation, n.generation, n.first_used_at is not null,
           t.issued_at, t.first_used_at is not null, t.superseded_at, t.forgiven,
           s.expires_at, s.revoked_at is not null or not u.is_active
      from session_tokens t
      join sessions s on s.user_id = t.user_id and s.id = t.session_id
      join users u on u.id = t.user_id
      cross join lateral (
            select m.generation, m.first_used_at from session_tokens m
             where m.user_id = t.user_id and m.session_id = t.session_id
             order by m.generation desc limit 1) n
     where t.token_hash = hash
$$;

create function lookup.put_oauth_state(state_hash bytea, browser_hash bytea, provider text, user_id bigint, session_id uuid,
                                       nonce text, verifier text, expires_at timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    insert into oauth_states values ($1, $2, $3, $4, $5, $6, $7, $8)
$$;

-- One use: the row is gone once it has been taken, and only the browser that started can take it.
create function lookup.take_oauth_state(state_hash bytea, browser_hash bytea, provider text)
    returns table (user_id bigint, session_id uuid, nonce text, verifier text, expires_at timestamptz)
    language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    delete from oauth_states s
     where s.state_hash = $1 and s.browser_hash = $2 and s.provider = $3
    returning s.user_id, s.session_id, s.nonce, s.verifier, s.expires_at
$$;

create function lookup.forget_oauth_states(before timestamptz) returns bigint
    language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (delete from oauth_states s where s.expires_at < $1 returning 1) select count(*) from gone
$$;

alter function lookup.user_for_google owner to fa_lookup;
alter function lookup.session owner to fa_lookup;
alter function lookup.put_oauth_state owner to fa_lookup;
alter function lookup.take_oauth_state owner to fa_lookup;
alter function lookup.forget_oauth_states owner to fa_lookup;
revoke execute on all functions in schema lookup from public;
grant execute on all functions in schema lookup to fa_app;

-- Buckets of the rate limits: a theoretical arrival time for each key. No key names a person.
create table rate_limits (
    key text primary key,
    arrives_at timestamptz not null
);
grant select, insert, update, delete on rate_limits to fa_app;
