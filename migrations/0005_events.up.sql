-- What happened in an advisor's practice, as standing instructions see it: one row for each happening, however often and by
-- whichever way it was heard of.
create table events (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    source text not null constraint events_source_check check (source in ('gmail', 'calendar', 'hubspot')),
    event_type text not null,
    -- the provider's id of what it is about
    subject_id text not null,
    dedupe_key text not null,
    -- see model::event::Facts
    facts jsonb not null,
    version integer not null default 1,
    -- how many tasks of our own stand between it and the outside
    depth integer not null default 0,
    occurred_at timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (user_id, id),
    constraint events_dedupe_key unique (user_id, source, dedupe_key)
);
create index events_newest on events (user_id, event_type, id desc);
create index events_subject on events (user_id, source, subject_id);
call protect('events');
