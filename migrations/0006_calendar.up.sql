-- The advisor's Google calendar: events, series and the dates of a series that are events of their own.
create table calendar_events (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    google_id text not null,
    etag text not null default '',
    -- only a date of a series stays when it is cancelled: the series must not show it
    status text not null
        constraint calendar_events_status_check check (status in ('confirmed', 'tentative', 'cancelled')),
    summary text not null default '',
    description text not null default '',
    location text not null default '',
    -- moments, or whole days; both ends are null when Google said no more than that it is cancelled
    start_at timestamptz,
    end_at timestamptz,
    start_on date,
    end_on date,
    -- the zone the event was made in: a series keeps its hour there
    time_zone text,
    -- RRULE, RDATE and EXDATE lines of a series
    recurrence text[] not null default '{}',
    -- for a date of a series: whose, and when it would have been
    series_id text,
    original_at timestamptz,
    original_on date,
    -- {name, email}
    organizer jsonb,
    -- array of {name, email, response, organizer, own}
    attendees jsonb not null default '[]',
    -- the advisor made it
    own boolean not null default false,
    -- it takes the advisor's time
    busy boolean not null default true,
    video_link text,
    html_link text not null default '',
    google_created_at timestamptz,
    google_updated_at timestamptz,
    -- the reading of the whole calendar that saw it last; less than the newest: Google has to be asked whether it is there
    listed_in bigint not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id),
    constraint calendar_events_google_id_key unique (user_id, google_id)
);
create index calendar_events_series on calendar_events (user_id, series_id) where series_id is not null;
create index calendar_events_recurring on calendar_events (user_id) where recurrence <> '{}';
create index calendar_events_at on calendar_events (user_id, start_at);
create index calendar_events_on on calendar_events (user_id, start_on);
create index calendar_events_listed on calendar_events (user_id, listed_in);
call protect('calendar_events');

-- What of a connected account was not read within the interval, and has no task for it. `due_syncs`, which knows of one
-- task for each account, stays until nothing that runs asks it.
create function lookup.due_readings(every interval, most integer) returns table (user_id bigint, task_type text)
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
alter function lookup.due_readings owner to fa_lookup;
revoke execute on function lookup.due_readings from public;
grant execute on function lookup.due_readings to fa_app;
