-- Standing instructions, compiled: how their text was understood, whether the advisor has let them act, and what they did.
alter table memory_rules
    add form text not null default 'open'
        constraint memory_rules_form_check check (form in ('structured', 'words', 'open', 'edited')),
    add confirmed boolean not null default false,
    -- why the text could not be compiled, for the advisor
    add note text,
    add last_triggered_at timestamptz;

-- Set once all standing instructions have looked at it: an event is handled once.
alter table events add handled_at timestamptz;

-- One row for each instruction and event it was meant for.
create table rule_runs (
    user_id bigint not null,
    rule_id bigint not null,
    event_id bigint not null,
    rule_version integer not null,
    -- judging: a model is asked whether it applies; capped: it had acted often enough that day
    outcome text not null
        constraint rule_runs_outcome_check check (outcome in ('judging', 'applied', 'declined', 'capped', 'stale')),
    -- what was done about each of its actions
    results jsonb not null default '[]',
    created_at timestamptz not null default now(),
    primary key (user_id, rule_id, event_id),
    foreign key (user_id, rule_id) references memory_rules (user_id, id) on delete cascade,
    foreign key (user_id, event_id) references events (user_id, id) on delete cascade
);
create index rule_runs_recent on rule_runs (user_id, rule_id, created_at);
call protect('rule_runs');

-- What the assistant planned about an event, before anything of it was proposed: a retry goes on from the plan.
create table agent_runs (
    user_id bigint not null,
    task_id uuid not null,
    event_id bigint not null,
    rule_id bigint,
    instruction text not null,
    -- what it has to say
    answer text not null default '',
    -- actions, in order; see model::action::Action
    plan jsonb not null default '[]',
    -- where nothing could be proposed, why; by the action's place
    refusals jsonb not null default '{}',
    state text not null default 'planned' constraint agent_runs_state_check check (state in ('planned', 'proposed')),
    calls integer not null default 0,
    tokens bigint not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, task_id),
    foreign key (user_id, task_id) references tasks (user_id, id) on delete cascade,
    foreign key (user_id, event_id) references events (user_id, id) on delete cascade
);
create index agent_runs_event on agent_runs (user_id, event_id);
call protect('agent_runs');
