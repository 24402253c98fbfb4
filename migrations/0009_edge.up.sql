-- What every endpoint has in common: limits by the minute and by the day, requests that must not be done twice, and what is
-- counted for /metrics.

-- How often somebody called in the minute that began with their first call. Unlogged, as the other counters below: it is
-- written with every request, and after a crash everybody may well begin anew. No key names a person.
create unlogged table request_windows (
    key text primary key,
    started_at timestamptz not null,
    spent integer not null
);
grant select, insert, update, delete on request_windows to fa_app;

-- The answers of requests that came with an Idempotency-Key, for a day.
create table idempotency_keys (
    user_id bigint not null references users on delete cascade,
    key text not null,
    request_hash bytea not null,
    -- who may write the answer: somebody else may have taken over a request that was given up
    claim uuid not null,
    -- null while the first request is under way
    status smallint,
    -- [name, value], those that belong to the answer and not to the call
    headers jsonb not null default '[]',
    body bytea not null default '',
    created_at timestamptz not null default now(),
    primary key (user_id, key)
);
create index idempotency_keys_oldest on idempotency_keys (created_at);
call protect('idempotency_keys');

-- What an advisor's questions have cost the models, by day in UTC.
create table model_days (
    user_id bigint not null references users on delete cascade,
    day date not null,
    requests integer not null default 0,
    tokens bigint not null default 0,
    primary key (user_id, day)
);
call protect('model_days');

-- Counters and histograms. A row is one of some shards, so that requests at the same time do not wait for one another.
create unlogged table metrics (
    name text not null,
    labels text[] not null,
    -- of a histogram: how many bounds are below the value; -1 for a counter
    bucket smallint not null,
    shard smallint not null,
    count bigint not null,
    seconds double precision not null default 0,
    primary key (name, labels, bucket, shard)
);
grant select, insert, update, delete on metrics to fa_app;

-- Requests under way, by the minute they began in: one whose function was killed is forgotten with its minute.
create unlogged table requests_open (
    minute timestamptz not null,
    method text not null,
    endpoint text not null,
    shard smallint not null,
    open integer not null,
    primary key (minute, method, endpoint, shard)
);
grant select, insert, update, delete on requests_open to fa_app;

create policy forget on idempotency_keys to fa_lookup using (true);
grant select, delete on idempotency_keys to fa_lookup;
create function lookup.forget_idempotency_keys(before timestamptz) returns bigint
    language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (delete from idempotency_keys k where k.created_at < $1 returning 1) select count(*) from gone
$$;
alter function lookup.forget_idempotency_keys owner to fa_lookup;

create policy metrics on model_calls for select to fa_lookup using (true);
grant select on model_calls to fa_lookup;
create policy metrics on webhook_events for select to fa_lookup using (true);
grant select on webhook_events to fa_lookup;

-- What can be counted from the tables themselves, over all advisors: numbers, and nobody's.
create function lookup.metrics(bounds double precision[])
    returns table (name text, labels text[], bucket smallint, count bigint, seconds double precision)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select 'openai_requests_total', array[c.model, 'success'], -1::smallint, count(*), 0::double precision
      from model_calls c group by c.model
    union all
    select 'openai_tokens_total', array[c.model, t.kind], -1::smallint,
           sum(case t.kind when 'prompt' then c.input_tokens else c.output_tokens end)::bigint, 0
      from model_calls c cross join (values ('prompt'), ('completion')) t (kind) group by c.model, t.kind
    union all
    select 'openai_request_duration_seconds', array[c.model], b.below, count(*), sum(c.duration_ms) / 1000.0
      from model_calls c
      cross join lateral (select count(*)::smallint from unnest(bounds) u (bound) where u.bound < c.duration_ms / 1000.0) b (below)
     group by c.model, b.below
    union all
    select 'tasks_created_total', array[t.task_type], -1::smallint, count(*), 0 from tasks t group by t.task_type
    union all
    select 'tasks_completed_total', array[t.task_type, t.state], -1::smallint, count(*), 0
      from tasks t where t.state in ('done', 'failed') group by t.task_type, t.state
    union all
    select 'tasks_in_queue', array[s.state], -1::smallint, count(t.id), 0
      from (values ('pending'), ('in_progress'), ('waiting_for_reply'), ('failed')) s (state)
      left join tasks t on t.state = s.state group by s.state
    union all
    select 'webhook_events_total', array[w.source, w.event_type], -1::smallint, count(*), 0
      from webhook_events w group by w.source, w.event_type
$$;
alter function lookup.metrics owner to fa_lookup;
revoke execute on all functions in schema lookup from public;
grant execute on all functions in schema lookup to fa_app;
