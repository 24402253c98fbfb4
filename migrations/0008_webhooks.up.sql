-- By which providers call us: watches, what came by them, and the goodbyes that are still to be said.

-- What a provider promised to tell us of, until when. Gmail has one watch for each mailbox; a calendar has a channel, and for
-- a while two, so that nothing is missed between them.
create table watches (
    user_id bigint not null references users on delete cascade,
    source text not null constraint watches_source_check check (source in ('gmail', 'calendar')),
    -- the calendar channel's id, which we choose; empty for Gmail
    channel_id text not null,
    -- where the messages go: a Pub/Sub topic, or our own address
    target text not null,
    -- SHA-256 of what every message of a channel carries; the token itself is kept nowhere
    token_hash bytea,
    -- the provider's id of what is watched; needed to stop a channel
    resource_id text,
    -- asked: the provider was asked, and how that ended is not known
    state text not null constraint watches_state_check check (state in ('asked', 'live', 'refused')),
    expires_at timestamptz,
    -- the provider was heard from by it
    confirmed_at timestamptz,
    -- Gmail: the greatest history id a push named; never where the reading goes on
    pushed_history_id bigint,
    last_error text,
    asked_at timestamptz not null,
    primary key (user_id, source, channel_id)
);
create unique index watches_channel on watches (channel_id) where source = 'calendar';
call protect('watches');

-- Consents the advisor took back here and that the provider has yet to hear of. The tokens stay sealed and go with the row.
create table revocations (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    provider text not null constraint revocations_provider_check check (provider in ('google', 'hubspot')),
    sealed_tokens bytea not null,
    created_at timestamptz not null default now(),
    primary key (user_id, id)
);
call protect('revocations');

-- What came for nobody we know, by day. No tenant, nothing about whom it was for.
create table unknown_deliveries (
    source text not null,
    day date not null,
    deliveries bigint not null,
    primary key (source, day)
);
grant select, insert, update, delete on unknown_deliveries to fa_app;

create index connections_email on connections (provider, lower(account_email));
create index webhook_events_received on webhook_events (received_at);

create policy lookup on watches for select to fa_lookup using (true);
grant select on watches to fa_lookup;
create policy lookup on revocations to fa_lookup using (true);
grant select, delete on revocations to fa_lookup;
create policy lookup on webhook_events to fa_lookup using (true);
grant select, delete on webhook_events to fa_lookup;

-- Everybody who connected this portal, and still is.
create function lookup.portal_owners(portal text) returns setof bigint
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select c.user_id from connections c join users u on u.id = c.user_id and u.is_active
     where c.provider = 'hubspot' and c.account_id = portal and not c.needs_reconnect
     order by c.user_id
$$;

-- Whose mailbox this is, as long as we may read it.
create function lookup.mailbox_owners(email text) returns setof bigint
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select c.user_id from connections c join users u on u.id = c.user_id and u.is_active
     -- by number: the name would mean the column
     where c.provider = 'google' and lower(c.account_email) = lower($1) and not c.needs_reconnect
     order by c.user_id
$$;

-- Whose calendar channel this is, and what decides whether a message really came by it.
create function lookup.watch(channel text) returns table (user_id bigint, token_hash bytea, resource_id text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select w.user_id, w.token_hash, w.resource_id
      from watches w
      join connections c on c.user_id = w.user_id and c.provider = 'google' and not c.needs_reconnect
      join users u on u.id = w.user_id and u.is_active
     where w.source = 'calendar' and w.channel_id = channel
$$;

-- Who has no watch to this target that lasts beyond `margin`, or whose mailbox was not watched anew within `every`, or who
-- has a channel too many; and has no task that sees to it. What was refused is not asked for again at once. A target that is
-- null is not watched.
create function lookup.due_watches(gmail_target text, gmail_scopes text[], calendar_target text, calendar_scopes text[],
                                   at timestamptz, margin interval, every interval, most integer) returns setof bigint
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select c.user_id from connections c join users u on u.id = c.user_id and u.is_active
     where c.provider = 'google' and not c.needs_reconnect
       and not exists (select from tasks t
                        where t.user_id = c.user_id and t.lane = 'watch' and t.state in ('pending', 'in_progress'))
       and (gmail_target is not null and c.scopes && gmail_scopes
            and not exists (select from watches w
                             where w.user_id = c.user_id and w.source = 'gmail' and w.target = gmail_target
                               and (w.state = 'live' and w.expires_at > at + margin and w.asked_at > at - every
                                    or w.state = 'refused' and w.asked_at > at - interval '50 minutes'))
         or calendar_target is not null and c.scopes && calendar_scopes
            and not exists (select from watches w
                             where w.user_id = c.user_id and w.source = 'calendar' and w.target = calendar_target
                               and (w.state = 'live' and w.expires_at > at + margin
                                    or w.state = 'refused' and w.asked_at > at - interval '50 minutes'))
         or exists (select from watches old join watches new on new.user_id = old.user_id and new.source = old.source
                     where old.user_id = c.user_id and old.source = 'calendar' and new.confirmed_at is not null
                       and new.state = 'live' and new.expires_at > old.expires_at))
     order by c.user_id
     limit most
$$;

-- Whose goodbye to which provider was not said yet, and has no task that says it.
create function lookup.due_revocations(most integer) returns table (user_id bigint, provider text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select r.user_id, r.provider from revocations r
     where not exists (select from tasks t
                        where t.user_id = r.user_id and t.lane = 'disconnect' and t.state in ('pending', 'in_progress'))
     group by r.user_id, r.provider
     limit most
$$;

-- A goodbye no provider would hear for so long is given up: the tokens go.
create function lookup.forget_revocations(before timestamptz) returns bigint
    language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (delete from revocations r where r.created_at < before returning 1) select count(*) from gone
$$;

create function lookup.forget_webhook_events(before timestamptz, most integer) returns bigint
    language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (delete from webhook_events e
                   where (e.user_id, e.id) in (select o.user_id, o.id from webhook_events o
                                                where o.received_at < before order by o.received_at limit most)
                  returning 1)
    select count(*) from gone
$$;

-- How many deliveries of each source are remembered, over all advisors.
create function lookup.webhook_totals() returns table (source text, remembered bigint)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select e.source, count(*) from webhook_events e group by e.source order by e.source
$$;

alter function lookup.portal_owners owner to fa_lookup;
alter function lookup.mailbox_owners owner to fa_lookup;
alter function lookup.watch owner to fa_lookup;
alter function lookup.due_watches owner to fa_lookup;
alter function lookup.due_revocations owner to fa_lookup;
alter function lookup.forget_revocations owner to fa_lookup;
alter function lookup.forget_webhook_events owner to fa_lookup;
alter function lookup.webhook_totals owner to fa_lookup;
revoke execute on all functions in schema lookup from public;
grant execute on all functions in schema lookup to fa_app;
