-- Companies, deals, pipelines and owners, and what is needed to notice what is gone.
create table companies (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    hubspot_id text not null,
    name text not null default '',
    domain text,
    phone text,
    industry text,
    owner_id text,
    properties jsonb not null default '{}',
    hubspot_created_at timestamptz not null,
    hubspot_updated_at timestamptz not null,
    -- the reading of the whole portal that saw it last began then
    listed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id),
    constraint companies_hubspot_id_key unique (user_id, hubspot_id)
);
call protect('companies');

create table deals (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    hubspot_id text not null,
    name text not null default '',
    amount numeric,
    closes_at timestamptz,
    stage_id text,
    pipeline_id text,
    owner_id text,
    is_closed boolean not null default false,
    is_won boolean not null default false,
    -- HubSpot ids
    contact_ids text[] not null default '{}',
    company_ids text[] not null default '{}',
    properties jsonb not null default '{}',
    hubspot_created_at timestamptz not null,
    hubspot_updated_at timestamptz not null,
    listed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id),
    constraint deals_hubspot_id_key unique (user_id, hubspot_id)
);
create index deals_contacts on deals using gin (contact_ids);
create index deals_companies on deals using gin (company_ids);
call protect('deals');

create table pipelines (
    user_id bigint not null references users on delete cascade,
    pipeline_id text not null,
    label text not null,
    position integer not null,
    primary key (user_id, pipeline_id)
);
call protect('pipelines');

create table pipeline_stages (
    user_id bigint not null,
    pipeline_id text not null,
    stage_id text not null,
    label text not null,
    position integer not null,
    is_closed boolean not null default false,
    primary key (user_id, pipeline_id, stage_id),
    foreign key (user_id, pipeline_id) references pipelines (user_id, pipeline_id) on delete cascade
);
call protect('pipeline_stages');

create table owners (
    user_id bigint not null references users on delete cascade,
    owner_id text not null,
    email text,
    first_name text not null default '',
    last_name text not null default '',
    is_archived boolean not null default false,
    updated_at timestamptz not null default now(),
    primary key (user_id, owner_id)
);
call protect('owners');

alter table contacts add column company_ids text[] not null default '{}', add column listed_at timestamptz;
create index contacts_other_emails on contacts using gin (other_emails);
create index contacts_companies on contacts using gin (company_ids);
alter table notes add column listed_at timestamptz;

-- HubSpot's number of our application, by which its own writes are told from everybody else's.
alter table connections add column app_id bigint;
