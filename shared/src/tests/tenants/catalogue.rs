//! Rules every table, policy, key and function has to keep. Each is a query that names what breaks it, and comes with ways
//! to break it: a rule that finds nothing then is none.

use tokio_postgres::Client;

use super::{connect, migrated};

struct Rule {
    name: &'static str,
    sql: &'static str,
    /// What somebody might do, and whom the rule names then.
    broken: &'static [(&'static str, &'static str)],
}

/// Tables of advisors, by the column that says whose a row is. A sign-in under way is nobody's until it is redeemed: its rule
/// is one of its own.
const OWNED: &str = "with owned as (
    select c.oid, c.relname::text as name, case c.relname when 'users' then 'id' else 'user_id' end::name as key,
           c.relrowsecurity, c.relforcerowsecurity
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'm', 'f') and c.relname <> 'oauth_states'
       and (c.relname = 'users' or exists (select from pg_attribute a
               where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped)))";

const RULES: &[Rule] = &[
    Rule {
        name: "row-level security is on, and forced on the table's owner",
        sql: "select name from owned where not (relrowsecurity and relforcerowsecurity)",
        broken: &[
            ("create table forgotten (user_id bigint)", "forgotten"),
            ("alter table emails no force row level security", "emails"),
            ("alter table notes disable row level security", "notes"),
        ],
    },
    Rule {
        name: "there is exactly one policy for the functions, and it compares the owner with the tenant",
        sql: "select o.name from owned o
                left join pg_policy p on p.polrelid = o.oid and p.polroles <> array['fa_lookup'::regrole::oid]
               group by o.oid, o.name, o.key
              having count(p.oid) <> 1
                  or bool_or(not p.polpermissive or p.polcmd <> '*' or p.polroles <> '{0}'
                             or pg_get_expr(p.polqual, o.oid) <> format('(%I = ( SELECT tenant() AS tenant))', o.key)
                             or pg_get_expr(p.polwithcheck, o.oid) is distinct from pg_get_expr(p.polqual, o.oid))",
        broken: &[
            ("drop policy tenant on tasks", "tasks"),
            ("create policy all_of_it on deals using (true)", "deals"),
            ("alter policy tenant on notes using (user_id = tenant())", "notes"),
            ("alter policy tenant on owners with check (true)", "owners"),
            ("alter policy tenant on emails using (user_id = (select tenant()) or random() < 0)", "emails"),
        ],
    },
    Rule {
        name: "the tenant is a stable function that runs as who calls it",
        sql: "select p.proname::text from pg_proc p
               where p.pronamespace = 'public'::regnamespace and p.proname = 'tenant'
                 and (p.provolatile <> 's' or p.prosecdef or p.pronargs <> 0
                      or pg_get_function_sqlbody(p.oid) <> 'RETURN (NULLIF(current_setting(''app.user_id''::text, true), ''''::text))::bigint')",
        broken: &[
            ("alter function tenant() volatile", "tenant"),
            ("create or replace function tenant() returns bigint language sql stable
              return current_setting('app.user_id', true)::bigint", "tenant"),
        ],
    },
    Rule {
        name: "no policy calls a volatile function",
        sql: "select c.relname::text from pg_policy p join pg_class c on c.oid = p.polrelid
                join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
                join pg_proc f on f.oid = d.refobjid where f.provolatile = 'v'",
        broken: &[("alter function tenant() volatile", "users")],
    },
    Rule {
        name: "a function that runs as its owner is pinned, is the lookup role's, and only the functions may call it",
        sql: "select p.oid::regproc::text from pg_proc p
               where p.pronamespace in ('public'::regnamespace, 'lookup'::regnamespace)
                 and (p.prosecdef or p.pronamespace = 'lookup'::regnamespace)
                 and (not p.prosecdef or p.proowner <> 'fa_lookup'::regrole or p.pronamespace <> 'lookup'::regnamespace
                      or p.proconfig is distinct from array['search_path=pg_catalog, public, pg_temp']
                      or has_function_privilege('public', p.oid, 'execute'))",
        broken: &[
            ("alter function lookup.task_user reset search_path", "lookup.task_user"),
            ("grant execute on function lookup.session to public", "lookup.session"),
            ("alter function tenant() security definer", "tenant"),
        ],
    },
    Rule {
        name: "the functions' role owns nothing, may make nothing, and is nobody else",
        sql: "select 'owns ' || d.objid from pg_shdepend d where d.refobjid = 'fa_app'::regrole and d.deptype = 'o'
              union all
              select 'may do too much' from pg_roles r where r.rolname = 'fa_app'
                 and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolcanlogin)
              union all
              select 'makes things in ' || n.nspname from pg_namespace n
               where n.nspname in ('public', 'lookup') and has_schema_privilege('fa_app', n.oid, 'create')
              union all
              select 'makes schemas' where has_database_privilege('fa_app', current_database(), 'create')
              union all
              select 'is ' || m.roleid::regrole from pg_auth_members m where m.member = 'fa_app'::regrole",
        broken: &[
            ("grant create on schema public to fa_app", "makes things in public"),
            ("alter role fa_app bypassrls", "may do too much"),
            ("grant fa_lookup to fa_app", "is fa_lookup"),
        ],
    },
    Rule {
        name: "nobody but the owner may do what no policy sees",
        sql: "select distinct name from owned, (values ('fa_app'), ('fa_lookup'), ('public')) r (role)
               where has_table_privilege(role, oid, 'truncate') or has_table_privilege(role, oid, 'references')
                  or has_table_privilege(role, oid, 'trigger') or has_table_privilege(role, oid, 'maintain')",
        broken: &[("grant truncate on emails to fa_app", "emails")],
    },
    Rule {
        name: "a key begins with the owner, or is of random ids of our own",
        sql: "select o.name || '.' || i.indexrelid::regclass from owned o join pg_index i on i.indrelid = o.oid
                join pg_attribute a on a.attrelid = o.oid and a.attname = o.key
               where (i.indisunique or i.indisexclusion) and a.attnum <> i.indkey[0]
                 -- the account at Google is what makes an advisor; tasks, session tokens and channels are named by chance
                 and i.indexrelid::regclass::text not in ('users_google_sub_key', 'tasks_id_key', 'session_tokens_token_hash_key', 'watches_channel')",
        broken: &[
            ("alter table emails add constraint emails_shared unique (gmail_id)", "emails.emails_shared"),
            ("create unique index contacts_shared on contacts (hubspot_id)", "contacts.contacts_shared"),
        ],
    },
    Rule {
        name: "a reference holds the owner against the owner",
        sql: "select o.name || '.' || f.conname from owned o join pg_constraint f on f.conrelid = o.oid and f.contype = 'f'
                join pg_attribute a on a.attrelid = o.oid and a.attname = o.key
                left join owned other on other.oid = f.confrelid
                left join pg_attribute b on b.attrelid = other.oid and b.attname = other.key
               where f.confdeltype <> 'c'
                  or not exists (select from unnest(f.conkey, f.confkey) k (ours, theirs) where k.ours = a.attnum and k.theirs = b.attnum)",
        broken: &[
            ("alter table watches add task_id uuid, add constraint watches_task foreign key (task_id) references tasks (id) on delete cascade",
             "watches.watches_task"),
        ],
    },
    Rule {
        name: "no view shows what its owner sees",
        sql: "select c.relname::text from pg_class c where c.relnamespace in ('public'::regnamespace, 'lookup'::regnamespace)
                 and c.relkind in ('v', 'm')",
        broken: &[("create view mails as select * from emails", "mails")],
    },
    Rule {
        name: "a sign-in under way is seen by its functions alone",
        sql: "select 'oauth_states' from pg_class c
               where c.oid = 'oauth_states'::regclass
                 and (not (c.relrowsecurity and c.relforcerowsecurity)
                      or has_table_privilege('fa_app', c.oid, 'select, insert, update, delete')
                      or exists (select from pg_policy p where p.polrelid = c.oid and p.polroles <> array['fa_lookup'::regrole::oid]))",
        broken: &[("grant select on oauth_states to fa_app", "oauth_states")],
    },
    Rule {
        name: "what is nobody's is known by name",
        sql: "select c.relname::text from pg_class c
               where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not exists (select from owned o where o.oid = c.oid)
                 and c.relname not in ('_sqlx_migrations', 'erasures', 'oauth_states', 'rate_limits', 'request_windows', 'metrics', 'requests_open', 'unknown_deliveries')",
        broken: &[("create table everybodys_mail (body text)", "everybodys_mail")],
    },
];

/// What may be answered before the tenant is known, besides one id or number, or many: of a person, nothing. A function that
/// answers something else has to be judged here.
const ANSWERS: &[(&str, &str)] = &[
    ("due_readings", "TABLE(user_id bigint, task_type text)"),
    ("due_revocations", "TABLE(user_id bigint, provider text)"),
    ("due_syncs", "TABLE(user_id bigint, provider text)"),
    // Takes its tenant from the same setting as the policies.
    ("exact_terms", "TABLE(chunk_id bigint, score double precision)"),
    // Counts over all advisors, by model, kind of task, and kind of delivery.
    ("metrics", "TABLE(name text, labels text[], bucket smallint, count bigint, seconds double precision)"),
    // By state of a task.
    ("queue_totals", "TABLE(state text, tasks bigint, oldest_seconds bigint)"),
    (
        "session",
        "TABLE(user_id bigint, session_id uuid, generation integer, newest integer, newest_used boolean, \
         issued_at timestamp with time zone, first_used boolean, superseded_at timestamp with time zone, forgiven boolean, \
         expires_at timestamp with time zone, revoked boolean)",
    ),
    // To the browser that began, once.
    (
        "take_oauth_state",
        "TABLE(user_id bigint, session_id uuid, nonce text, verifier text, expires_at timestamp with time zone)",
    ),
    ("watch", "TABLE(user_id bigint, token_hash bytea, resource_id text)"),
    ("webhook_totals", "TABLE(source text, remembered bigint)"),
];

async fn found(client: &Client, rule: &Rule) -> Vec<String> {
    let sql = if rule.sql.contains("owned") { format!("{OWNED} {}", rule.sql) } else { rule.sql.to_owned() };
    let rows = client.query(&sql, &[]).await.unwrap_or_else(|error| panic!("{}: {error:?}", rule.name));
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_policy_key_and_function_keeps_the_rules() {
    let client = connect(&migrated().await).await;

    for rule in RULES {
        assert_eq!(found(&client, rule).await, [""; 0], "{}", rule.name);
    }
}

#[tokio::test]
async fn each_rule_finds_what_it_is_for() {
    let client = connect(&migrated().await).await;

    for rule in RULES {
        for (broken, who) in rule.broken {
            client.batch_execute(&format!("begin; {broken}")).await.unwrap_or_else(|e| panic!("{broken}: {e:?}"));
            let found = found(&client, rule).await;
            client.batch_execute("rollback").await.unwrap();
            assert!(found.iter().any(|name| name == who), "{broken} breaks `{}`, which found {found:?}", rule.name);
        }
    }
}

#[tokio::test]
async fn before_the_tenant_is_known_functions_answer_ids_numbers_and_what_is_listed() {
    let client = connect(&migrated().await).await;
    let sql = "select p.proname::text, pg_get_function_result(p.oid) from pg_proc p
                where p.pronamespace = 'lookup'::regnamespace
                  and pg_get_function_result(p.oid) not in ('bigint', 'void', 'SETOF bigint', 'SETOF uuid') order by 1";

    let answers = client.query(sql, &[]).await.unwrap();

    let answers: Vec<(&str, &str)> = answers.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(answers, ANSWERS);
}
