-- Mail, contacts and notes as the providers hold them, and what can be searched of them.
create table emails (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    gmail_id text not null,
    thread_id text not null,
    history_id bigint not null,
    message_id text,
    in_reply_to text,
    subject text not null,
    sender_name text not null,
    sender_email text not null,
    -- arrays of {name, email}
    reply_to jsonb not null default '[]',
    to_recipients jsonb not null default '[]',
    cc_recipients jsonb not null default '[]',
    bcc_recipients jsonb not null default '[]',
    label_ids text[] not null default '{}',
    snippet text not null,
    body text not null,
    quoted text not null default '',
    outbound boolean not null,
    received_at timestamptz not null,
    -- the reading of the whole mailbox that saw it last
    listed_in bigint not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id),
    constraint emails_gmail_id_key unique (user_id, gmail_id)
);
create index emails_thread on emails (user_id, thread_id);
create index emails_sender on emails (user_id, sender_email, received_at desc);
create index emails_listed on emails (user_id, listed_in);
create index emails_newest on emails (user_id, received_at desc);
call protect('emails');

create table contacts (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    hubspot_id text not null,
    first_name text not null default '',
    last_name text not null default '',
    email text,
    other_emails text[] not null default '{}',
    phone text,
    company text,
    job_title text,
    lifecycle_stage text,
    owner_id text,
    properties jsonb not null default '{}',
    hubspot_created_at timestamptz not null,
    hubspot_updated_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id),
    constraint contacts_hubspot_id_key unique (user_id, hubspot_id)
);
create index contacts_email on contacts (user_id, email);
call protect('contacts');

create table notes (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    hubspot_id text not null,
    body text not null,
    owner_id text,
    -- HubSpot ids of the contacts it is on
    contact_ids text[] not null default '{}',
    noted_at timestamptz not null,
    hubspot_updated_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id),
    constraint notes_hubspot_id_key unique (user_id, hubspot_id)
);
create index notes_contacts on notes using gin (contact_ids);
call protect('notes');

-- How far each source has been read.
create table sync_cursors (
    user_id bigint not null references users on delete cascade,
    source text not null,
    cursor jsonb not null default '{}',
    fetched bigint not null default 0,
    stored bigint not null default 0,
    -- the provider's own estimate of how much there is
    expected bigint,
    last_error text,
    -- the last time everything there was had been read
    synced_at timestamptz,
    updated_at timestamptz not null default now(),
    primary key (user_id, source)
);
call protect('sync_cursors');

create policy lookup on connections for select to fa_lookup using (true);
grant select on connections to fa_lookup;
create policy lookup on sync_cursors for select to fa_lookup using (true);
grant select on sync_cursors to fa_lookup;

-- Whose account at which provider was not read within the interval, and has no task for it.
create function lookup.due_syncs(every interval, most integer) returns table (user_id bigint, provider text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select c.user_id, c.provider
      from connections c
     where not c.needs_reconnect
       and not exists (select 1 from tasks t
                        where t.user_id = c.user_id and t.task_type = case c.provider when 'google' then 'gmail_sync' else 'hubspot_sync' end
                          and (t.state in ('pending', 'in_progress') or t.updated_at > now() - every))
     limit most
$$;
alter function lookup.due_syncs owner to fa_lookup;

create table documents (
    user_id bigint not null references users on delete cascade,
    id bigint generated always as identity,
    -- 1 email, 2 contact, 3 hubspot_note, 4 calendar
    kind smallint not null,
    source_id text not null,
    title text not null,
    heading text not null,
    occurred_at timestamptz not null,
    metadata jsonb not null default '{}',
    content_hash bytea not null,
    chunk_count integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, id),
    constraint documents_source_key unique (user_id, kind, source_id)
);
call protect('documents');

-- Text and vectors are apart: a search reads the vectors of a tenant, and only the text of what it found.
create table chunk_text (
    user_id bigint not null,
    chunk_id bigint generated always as identity,
    document_id bigint not null,
    ordinal integer not null,
    body text not null,
    -- over what is embedded: equal hash, equal vector
    content_hash bytea not null,
    tsv tsvector not null,
    -- lexemes in tsv, the tenant's own left out: the length BM25 divides by
    length integer not null,
    embedded boolean not null default false,
    created_at timestamptz not null default now(),
    primary key (user_id, chunk_id),
    foreign key (user_id, document_id) references documents (user_id, id) on delete cascade
);
create index chunk_text_document on chunk_text (user_id, document_id);
create index chunk_text_hash on chunk_text (user_id, content_hash);
create index chunk_text_waiting on chunk_text (user_id, chunk_id) where not embedded;
-- Each tsv carries its tenant as the lexeme ~u<id>, so that one plain GIN index answers tenant AND word.
create index chunk_text_terms on chunk_text using gin (tsv);
call protect('chunk_text');

create table chunk_vectors (
    user_id bigint not null,
    chunk_id bigint not null,
    kind smallint not null,
    occurred_at timestamptz not null,
    bits bit(1536) not null,
    embedding halfvec(1536) not null,
    primary key (user_id, chunk_id),
    foreign key (user_id, chunk_id) references chunk_text (user_id, chunk_id) on delete cascade
);
-- In the row and not in TOAST: the re-rank reads a few hundred of them. Nobody asks the planner about their values.
alter table chunk_vectors alter bits set storage plain, alter embedding set storage plain,
    alter bits set statistics 0, alter embedding set statistics 0;
-- Index-only scans need the visibility map to be fresh.
alter table chunk_vectors set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 500);
create index chunk_vectors_scan on chunk_vectors (user_id, occurred_at) include (chunk_id, kind, bits);
call protect('chunk_vectors');

-- In how many of an advisor's chunks a lexeme stands; the empty lexeme counts the chunks. For BM25 and for telling
-- rare words from common ones, without reading the corpus.
create table term_stats (
    user_id bigint not null references users on delete cascade,
    lexeme text not null,
    chunks integer not null,
    primary key (user_id, lexeme)
);
call protect('term_stats');

create function count_terms() returns trigger
    language plpgsql as $$
begin
    -- ordered, so that two transactions take the rows in the same order
    insert into term_stats as s (user_id, lexeme, chunks)
    select changed.user_id, word, case tg_op when 'INSERT' then count(*) else -count(*) end
      from changed, unnest(tsvector_to_array(changed.tsv) || ''::text) word
     where word not like '~u%'
     group by 1, 2
     order by 1, 2
    on conflict (user_id, lexeme) do update set chunks = s.chunks + excluded.chunks;
    return null;
end $$;
create trigger chunk_text_added after insert on chunk_text
    referencing new table as changed for each statement execute function count_terms();
create trigger chunk_text_removed after delete on chunk_text
    referencing old table as changed for each statement execute function count_terms();

create policy lookup on chunk_text for select to fa_lookup using (true);
create policy lookup on documents for select to fa_lookup using (true);
grant select on chunk_text, documents to fa_lookup;
grant execute on function tenant() to fa_lookup;

-- A lexeme as tsquery's input syntax wants it quoted.
create function lexeme_query(lexeme text) returns text
    language sql immutable
    return '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''';
grant execute on function lexeme_query(text) to fa_lookup;

-- The exact-term arm of a search. `@@` is not leakproof, so under row-level security Postgres would not use the index;
-- this function may, and takes its tenant from the same setting as every policy: without one it answers nothing.
create function lookup.exact_terms(terms text[], weights double precision[], kinds smallint[],
                                   since timestamptz, until timestamptz, most integer)
    returns table (chunk_id bigint, score double precision)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select c.chunk_id, m.score
      from chunk_text c
      join documents d on d.user_id = c.user_id and d.id = c.document_id
      cross join lateral (
            select sum(w) as score
              from unnest(terms, weights) as t (term, w)
             where c.tsv @@ lexeme_query(t.term)::tsquery) m
     where c.user_id = tenant()
       and c.tsv @@ (select (lexeme_query('~u' || tenant()) || ' & (' || string_agg(lexeme_query(t.term), ' | ') || ')')::tsquery
                       from unnest(terms) as t (term))
       and d.kind = any (kinds)
       and d.occurred_at >= since and d.occurred_at < until
     order by m.score desc, d.occurred_at desc
     limit most
$$;
alter function lookup.exact_terms owner to fa_lookup;
revoke execute on all functions in schema lookup from public;
grant execute on all functions in schema lookup to fa_app;
