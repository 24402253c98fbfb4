//! What belongs to whom, to the last column.

use std::collections::BTreeMap;

use super::*;

pub const BEA: &str = "bea@firm.example";

/// Rows in every table that the product's own way does not fill, or not with words. `{user}`, `{word}` and `{hex}` are the
/// advisor's own.
const ROWS: &str = include_str!("plant.sql");

/// Columns without anybody's words: kinds and states of ours, hashes, sealed texts, zones, accounts, and ids the providers gave
/// to both. Whatever else can hold a word does.
#[rustfmt::skip]
const WITHOUT_WORDS: &[&str] = &[
    "actions.decided_by", "actions.hash", "actions.origin", "actions.state", "actions.tool", "agent_runs.state",
    "calendar_events.recurrence", "calendar_events.series_id", "calendar_events.status", "calendar_events.time_zone",
    "chunk_text.content_hash", "companies.hubspot_id", "companies.owner_id", "connections.account_email",
    "connections.account_id", "connections.provider", "connections.scopes", "connections.sealed_tokens",
    "contacts.company_ids", "contacts.hubspot_id", "contacts.lifecycle_stage", "contacts.owner_id",
    "deals.company_ids", "deals.contact_ids", "deals.hubspot_id", "deals.owner_id", "deals.pipeline_id",
    "deals.stage_id", "documents.content_hash", "effects.request_hash", "effects.state", "emails.label_ids",
    "emails.thread_id", "events.event_type", "events.source", "idempotency_keys.request_hash", "imports.kind", "memory_rules.form",
    "messages.finish_reason", "messages.role", "model_calls.cause", "model_calls.model", "notes.contact_ids",
    "notes.hubspot_id", "notes.owner_id", "oauth_states.browser_hash", "oauth_states.provider",
    "oauth_states.state_hash", "owners.owner_id", "pipeline_stages.pipeline_id", "pipeline_stages.stage_id",
    "pipelines.pipeline_id", "revocations.provider", "revocations.sealed_tokens", "rule_runs.outcome",
    "session_tokens.token_hash", "sync_cursors.source", "tasks.lane", "tasks.state", "tasks.task_type", "users.email",
    "users.google_sub", "users.receipt_hash", "users.timezone", "watches.source", "watches.state", "watches.token_hash",
    "webhook_events.event_type", "webhook_events.source",
];

/// One of the two.
pub struct Planted<'a> {
    pub person: Person<'a>,
    pub user: i64,
    pub email: &'static str,
    pub word: &'static str,
    /// Everything that is this advisor's alone: the word, and every id.
    pub own: Vec<String>,
    /// Ids by the table they are of.
    pub ids: BTreeMap<&'static str, String>,
}

/// Two advisors of whom the product knows as much as it can.
pub async fn plant(app: &TestApp) -> (Planted<'_>, Planted<'_>) {
    for (id, first, last, email) in
        [("501", "Greg", "Hall", "greg@hall.example"), ("502", "Nora", "Ellison", "nora@ellison.example")]
    {
        app.contact(id, first, last, email);
    }
    app.note("901", "501", "<p>Greg asked about the quarterly review.</p>");
    for (mailbox, word) in [(ADA, "vermilionada"), (BEA, "ceruleanbea")] {
        // One thread in two mailboxes, under the same ids.
        let text = format!("The quarterly review is on Friday. {word}");
        let shared = mail(mailbox, ("Nora Ellison", "nora@ellison.example"), "Quarterly review", &text);
        let (id, message_id) = ("00000000000000a1".to_owned(), "<a1@mail.example>".to_owned());
        app.google.deliver(&fakes::practice::Mail { thread_id: id.clone(), id, message_id, ..shared });
    }
    let ada = advisor(app, ADA, "vermilionada", "ada00000", 8_500_313).await;
    let bea = advisor(app, BEA, "ceruleanbea", "bea00000", 8_600_417).await;
    number(app, 8_700_000).await;
    (ada, bea)
}

async fn advisor<'a>(app: &'a TestApp, email: &'static str, word: &'static str, hex: &str, base: i64) -> Planted<'a> {
    number(app, base).await;
    let person = app.ready_advisor(email).await;
    let user = person.user_id().await;
    assert_eq!(user, base + 1);
    let rule = format!("when gmail.message.received if subject_contains=\"{word}\" then log");
    let answer = person.post("/api/rules", json!({ "rule_text": rule, "description": word })).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let asked = person.ask(&format!("What about the quarterly review, {word}?")).await;
    assert!(asked.html.contains(word), "{}", asked.html);
    app.work().await;
    let rows = ROWS.replace("{user}", &user.to_string()).replace("{word}", word).replace("{hex}", hex);
    app.sql(&rows).await;

    let mut own = vec![word.to_owned(), user.to_string()];
    for (table, column) in identities(app).await {
        let values = app.sql(&format!("select {column} from {table} where {} = {user}", key(&table))).await;
        own.extend(values.into_iter().flatten().filter(|value| value != "null"));
    }
    own.sort();
    own.dedup();
    let mut ids = BTreeMap::new();
    for (table, sql) in [
        ("conversations", "select id from conversations where title like '%planted%'"),
        ("tasks", "select id from tasks where dedupe_key like 'planted%'"),
        ("actions", "select id from actions where state = 'pending'"),
        ("memory_rules", "select id from memory_rules where note is null"),
        ("sessions", "select id from sessions where id::text like '%-0000-7000-8000-000000000012'"),
    ] {
        let found = app.sql(&format!("{sql} and user_id = {user}")).await;
        assert_eq!(found.len(), 1, "{table}: {found:?}");
        ids.insert(table, found[0][0].clone());
    }
    Planted { person, user, email, word, own, ids }
}

/// From here on rows get numbers nobody else has.
async fn number(app: &TestApp, base: i64) {
    let sequences = format!(
        "do $$ declare s regclass; begin
             for s in select oid from pg_class where relkind = 'S' loop perform setval(s, {base}); end loop; end $$"
    );
    app.sql(&sequences).await;
}

/// The column that says whose a row is.
pub fn key(table: &str) -> &'static str {
    if table == "users" { "id" } else { "user_id" }
}

/// Every table whose rows are somebody's.
pub async fn tables(app: &TestApp) -> Vec<String> {
    let sql = "select distinct table_name from information_schema.columns
                where table_schema = 'public' and (table_name = 'users' or column_name = 'user_id') order by 1";
    app.sql(sql).await.into_iter().flatten().collect()
}

/// Columns whose values are given to one row in the world: generated numbers and random ids.
async fn identities(app: &TestApp) -> Vec<(String, String)> {
    let sql = "select c.table_name, c.column_name from information_schema.columns c
                where c.table_schema = 'public' and (c.is_identity = 'YES' or c.data_type = 'uuid')
                  and exists (select from information_schema.columns o where o.table_schema = 'public'
                                 and o.table_name = c.table_name and (o.table_name = 'users' or o.column_name = 'user_id'))";
    app.sql(sql).await.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

/// A new table, or a new column that can hold words, has to be planted.
#[tokio::test]
async fn every_column_that_can_hold_a_word_holds_the_advisors_own() {
    let app = TestApp::start().await;
    let (ada, bea) = plant(&app).await;

    let columns = "select c.table_name, c.column_name, c.data_type from information_schema.columns c
         join information_schema.columns o on o.table_schema = 'public' and o.table_name = c.table_name
              and (o.table_name = 'users' and o.column_name = 'id' or o.column_name = 'user_id')
        where c.table_schema = 'public' and c.data_type in ('text', 'ARRAY', 'jsonb', 'bytea', 'tsvector')";
    let columns = app.sql(columns).await;
    for Planted { user, word, .. } in [&ada, &bea] {
        let rows = tables(&app).await.into_iter().map(|table| {
            format!("select '{table}' where not exists (select from {table} where {} = {user})", key(&table))
        });
        let empty = app.sql(&rows.collect::<Vec<_>>().join(" union all ")).await;
        assert!(empty.is_empty(), "plant.sql has no row of {empty:?}");

        let words = columns.iter().map(|column| {
            let [table, column, kind] = &column[..] else { panic!("{column:?}") };
            let text = if kind == "bytea" { format!("encode({column}, 'escape')") } else { format!("{column}::text") };
            let of = format!("from {table} where {} = {user} and {text} ilike '%{word}%'", key(table));
            format!("select '{table}.{column}' as name where not exists (select {of})")
        });
        let silent = format!("{} order by name", words.collect::<Vec<_>>().join(" union all "));
        let silent: Vec<String> = app.sql(&silent).await.into_iter().flatten().collect();
        assert_eq!(silent, WITHOUT_WORDS, "plant.sql puts no word of {user} into these");
    }
}
