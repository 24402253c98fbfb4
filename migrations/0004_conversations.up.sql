-- What was asked and answered, and what each model call cost.
create table conversations (
    user_id bigint not null references users on delete cascade,
    id uuid not null,
    title text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id)
);
create index conversations_newest on conversations (user_id, updated_at desc, id);
call protect('conversations');

create table messages (
    user_id bigint not null,
    id bigint generated always as identity,
    conversation_id uuid not null,
    role text not null constraint messages_role_check check (role in ('user', 'assistant')),
    -- Markdown with citations [n]
    content text not null,
    -- the sources shown to the model, with the number each had and the exact span
    sources jsonb not null default '[]',
    tool_calls jsonb not null default '[]',
    -- whether the turn had read text from outside when this was written
    tainted boolean not null default false,
    finish_reason text,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    primary key (user_id, id),
    foreign key (user_id, conversation_id) references conversations (user_id, id) on delete cascade
);
create index messages_of_conversation on messages (user_id, conversation_id, id);
call protect('messages');

-- Every call to a model, with what caused it.
create table model_calls (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    cause text not null,
    cause_id uuid,
    model text not null,
    input_tokens bigint not null,
    cached_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    duration_ms bigint not null,
    created_at timestamptz not null default now(),
    primary key (user_id, id)
);
call protect('model_calls');
