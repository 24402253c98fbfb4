-- The earlier system's database, as `alembic upgrade head` leaves it (SQLAlchemy on PostgreSQL; head 0f2eae8ae0a5).
create extension if not exists vector;
create table alembic_version (version_num varchar(32) not null, constraint alembic_version_pkc primary key (version_num));
insert into alembic_version values ('0f2eae8ae0a5');

create table "user" (
    id serial not null, email varchar not null, full_name varchar, timezone varchar,
    google_oauth_tokens json not null, hubspot_oauth_tokens json not null, google_history_id varchar,
    is_active boolean not null, created_at timestamp without time zone not null, updated_at timestamp without time zone not null,
    primary key (id)
);
create unique index ix_user_email on "user" (email);
create index ix_user_google_history_id on "user" (google_history_id);
create index ix_user_is_active on "user" (is_active);

create table contact (
    id serial not null, user_id integer not null, hubspot_id varchar(255), external_source varchar not null, primary_email varchar,
    secondary_emails json not null, first_name varchar, last_name varchar, company varchar, phone_number varchar,
    lifecycle_stage varchar, owner_id integer, properties_json json not null, last_synced_at timestamp without time zone,
    created_at timestamp without time zone not null, updated_at timestamp without time zone not null,
    foreign key (user_id) references "user" (id), primary key (id), unique (hubspot_id)
);
create index ix_contact_external_source on contact (external_source);
create index ix_contact_hubspot_id on contact (hubspot_id);
create index ix_contact_last_synced_at on contact (last_synced_at);
create index ix_contact_primary_email on contact (primary_email);
create index ix_contact_user_id on contact (user_id);

create table email (
    id serial not null, user_id integer not null, gmail_id varchar(255) not null, thread_id varchar, history_id varchar,
    subject varchar, snippet varchar, body_plain varchar, body_html varchar, sender varchar, reply_to varchar,
    to_recipients json not null, cc_recipients json not null, bcc_recipients json not null, labels json not null,
    headers_json json not null, direction varchar not null, is_read boolean not null, received_at timestamp without time zone,
    sent_at timestamp without time zone, external_source varchar, created_at timestamp without time zone not null,
    updated_at timestamp without time zone not null,
    foreign key (user_id) references "user" (id), primary key (id), unique (gmail_id)
);
create index ix_email_direction on email (direction);
create index ix_email_external_source on email (external_source);
create index ix_email_history_id on email (history_id);
create index ix_email_is_read on email (is_read);
create index ix_email_received_at on email (received_at);
create index ix_email_sender on email (sender);
create index ix_email_sent_at on email (sent_at);
create index ix_email_thread_id on email (thread_id);
create index ix_email_user_id on email (user_id);

create table memoryrule (
    id serial not null, user_id integer not null, rule_text varchar not null, is_active boolean not null, priority integer not null,
    created_at timestamp without time zone not null, updated_at timestamp without time zone not null,
    last_triggered_at timestamp without time zone,
    foreign key (user_id) references "user" (id), primary key (id)
);
create index ix_memoryrule_is_active on memoryrule (is_active);
create index ix_memoryrule_last_triggered_at on memoryrule (last_triggered_at);
create index ix_memoryrule_priority on memoryrule (priority);
create index ix_memoryrule_user_id on memoryrule (user_id);

create table task (
    id serial not null, user_id integer, task_type varchar not null, state varchar not null, priority integer not null,
    attempts integer not null, max_attempts integer not null, payload json not null, result json not null,
    scheduled_for timestamp without time zone, locked_at timestamp without time zone, last_attempt_at timestamp without time zone,
    completed_at timestamp without time zone, last_error varchar, created_at timestamp without time zone not null,
    updated_at timestamp without time zone not null,
    foreign key (user_id) references "user" (id), primary key (id)
);
create index ix_task_completed_at on task (completed_at);
create index ix_task_locked_at on task (locked_at);
create index ix_task_priority on task (priority);
create index ix_task_scheduled_for on task (scheduled_for);
create index ix_task_state on task (state);
create index ix_task_task_type on task (task_type);
create index ix_task_user_id on task (user_id);

create table vectoritem (
    id varchar not null, user_id integer not null, source_type varchar not null, source_id varchar, chunk_index integer,
    chunk_count integer, text varchar not null, tokens integer, embedding vector(1536), metadata_json json not null,
    created_at timestamp without time zone not null, updated_at timestamp without time zone not null,
    foreign key (user_id) references "user" (id), primary key (id)
);
create index ix_vector_item_created_at on vectoritem (created_at);
create index ix_vector_item_source on vectoritem (source_type, source_id);
create index ix_vectoritem_id on vectoritem (id);
create index ix_vectoritem_source_type on vectoritem (source_type);
create index ix_vectoritem_user_id on vectoritem (user_id);

-- The later migrations.
alter table "user" add column hubspot_portal_id varchar;
create index ix_user_hubspot_portal_id on "user" (hubspot_portal_id);
alter table task add column parent_task_id integer;
create index ix_task_parent_task_id on task (parent_task_id);
alter table task add constraint fk_task_parent_task_id foreign key (parent_task_id) references task (id);
alter table email alter subject type text, alter snippet type text, alter body_plain type text, alter body_html type text;
alter table memoryrule alter rule_text type text;
alter table task alter last_error type text;
alter table "user" add column calendar_channel_id varchar, add column calendar_resource_id varchar,
    add column calendar_watch_expiration integer;
create index ix_user_calendar_channel_id on "user" (calendar_channel_id);
create index ix_user_calendar_resource_id on "user" (calendar_resource_id);
create index ix_user_calendar_watch_expiration on "user" (calendar_watch_expiration);
alter table vectoritem alter text type text;
