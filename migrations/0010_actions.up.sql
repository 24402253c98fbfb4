-- Writes to the outside, from the moment they are proposed: what exactly would be done, whether it may be, and what came of it.
create table actions (
    user_id bigint not null references users on delete cascade,
    id uuid not null,
    tool text not null,
    -- see model::action::Action; what is approved is this, to the letter
    payload jsonb not null,
    hash bytea not null,
    -- for people
    preview text not null,
    -- why it waits; empty when it need not
    reasons text[] not null default '{}',
    state text not null
        constraint actions_state_check check (state in ('pending', 'approved', 'denied', 'expired', 'done', 'failed', 'unknown')),
    origin text not null constraint actions_origin_check check (origin in ('chat', 'tool', 'rule', 'proactive')),
    conversation_id uuid,
    -- where the turn was that proposed it: only that session's next message can say yes
    session_id uuid,
    -- the model's own id of the call, for clients that answer to it
    call_id text,
    -- offered for a plain "yes" until the next message of the session
    offered boolean not null default false,
    rule_id bigint,
    event_id bigint,
    -- who it reaches, in lower case: for the caps
    recipients text[] not null default '{}',
    expires_at timestamptz not null,
    decided_at timestamptz,
    decided_by text constraint actions_decided_by_check check (decided_by in ('policy', 'rule', 'session', 'reply')),
    task_id uuid,
    result jsonb,
    error text,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id)
);
create index actions_newest on actions (user_id, id desc);
create index actions_waiting on actions (user_id, expires_at) where state = 'pending';
create index actions_offered on actions (user_id, session_id) where offered;
create index actions_recent on actions (user_id, decided_at) where decided_at is not null;
call protect('actions');

-- How often it was begun: what cannot be found out is not tried for ever.
alter table effects add column tries integer not null default 0;
-- A provider's record, as `provider:kind:id`, by which a write of our own is known again.
create index effects_provider_ref on effects (user_id, provider_ref) where provider_ref is not null;
