//! Everything that is held about an advisor, table by table: what an export hands out and what an erasure takes. A test holds the
//! list to the database's catalogue, so that a table nobody thought of fails it.

use serde::{Deserialize, Serialize};

use super::Tenant;
use crate::error::{Error, Result};

/// A table with rows of an advisor.
pub struct Table {
    pub name: &'static str,
    /// What comes after the owner in its primary key, with the types.
    pub key: &'static [(&'static str, &'static str)],
    pub export: Export,
    /// Goes with the account's own row, or is seen to by those who need it until then.
    pub goes_last: bool,
}

/// What of a table is handed out.
pub enum Export {
    /// All columns but these: secrets, and what is made of others by us for our own use.
    Without(&'static [&'static str]),
    /// Nothing, and why, for the advisor.
    Nothing(&'static str),
}

const ALL: Export = Export::Without(&[]);

const fn table(name: &'static str, key: &'static [(&'static str, &'static str)], export: Export) -> Table {
    Table { name, key, export, goes_last: false }
}

const fn last(name: &'static str, key: &'static [(&'static str, &'static str)], export: Export) -> Table {
    Table { name, key, export, goes_last: true }
}

/// Whoever refers to others stands before them.
pub const TABLES: &[Table] = &[
    table(
        "term_stats",
        &[("lexeme", "text")],
        Export::Nothing("How often each word stands in chunk_text, for the search."),
    ),
    table("chunk_vectors", &[("chunk_id", "bigint")], Export::Nothing("Numbers made of chunk_text, for the search.")),
    table("chunk_text", &[("chunk_id", "bigint")], Export::Without(&["tsv", "content_hash"])),
    table("documents", &[("id", "bigint")], Export::Without(&["content_hash"])),
    table("rule_runs", &[("rule_id", "bigint"), ("event_id", "bigint")], ALL),
    table("agent_runs", &[("task_id", "uuid")], ALL),
    table("effects", &[("task_id", "uuid"), ("step", "integer")], ALL),
    table("actions", &[("id", "uuid")], ALL),
    table("messages", &[("id", "bigint")], ALL),
    table("conversations", &[("id", "uuid")], ALL),
    table("events", &[("id", "bigint")], ALL),
    table("webhook_events", &[("id", "bigint")], ALL),
    table("emails", &[("id", "bigint")], ALL),
    table("contacts", &[("id", "bigint")], ALL),
    table("notes", &[("id", "bigint")], ALL),
    table("deals", &[("id", "bigint")], ALL),
    table("companies", &[("id", "bigint")], ALL),
    table("pipeline_stages", &[("pipeline_id", "text"), ("stage_id", "text")], ALL),
    table("pipelines", &[("pipeline_id", "text")], ALL),
    table("owners", &[("owner_id", "text")], ALL),
    table("calendar_events", &[("id", "bigint")], ALL),
    table("memory_rules", &[("id", "bigint")], ALL),
    table("model_calls", &[("id", "bigint")], ALL),
    table("model_days", &[("day", "date")], ALL),
    table("sync_cursors", &[("source", "text")], ALL),
    table("idempotency_keys", &[("key", "text")], ALL),
    table("session_tokens", &[("session_id", "uuid"), ("generation", "integer")], Export::Without(&["token_hash"])),
    table("sessions", &[("id", "uuid")], ALL),
    table("connections", &[("provider", "text")], Export::Without(&["sealed_tokens"])),
    last("revocations", &[("id", "bigint")], Export::Without(&["sealed_tokens"])),
    last("watches", &[("source", "text"), ("channel_id", "text")], Export::Without(&["token_hash"])),
    last("imports", &[("source", "text"), ("kind", "text"), ("source_id", "text")], ALL),
    last("tasks", &[("id", "uuid")], ALL),
    last("oauth_states", &[], Export::Nothing("A sign-in under way: hashes, for ten minutes.")),
    last("users", &[], Export::Without(&["receipt_hash"])),
];

/// What `idempotency_keys` and hashes hold are bytes; those that are text are shown as such.
fn shown(table: &Table) -> &'static str {
    if table.name == "idempotency_keys" {
        "jsonb_set(to_jsonb(t), '{body}', to_jsonb(convert_from(t.body, 'utf8')))"
    } else {
        "to_jsonb(t)"
    }
}

/// A part of a table, by the keys of its rows: behind `after`, up to `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub table: String,
    pub after: Option<Vec<String>>,
    pub until: Vec<String>,
    pub rows: i64,
    /// Of the rows as text.
    pub bytes: i64,
}

impl Table {
    pub fn named(name: &str) -> Result<&'static Self> {
        let found = TABLES.iter().find(|table| table.name == name);
        found.ok_or_else(|| Error::internal("Stored data names an unknown table."))
    }

    fn owner(&self) -> &'static str {
        if self.name == "users" { "id" } else { "user_id" }
    }

    /// Columns that are not handed out.
    pub fn left_out(&self) -> Vec<&'static str> {
        match self.export {
            Export::Without(columns) => columns.to_vec(),
            Export::Nothing(_) => Vec::new(),
        }
    }

    fn keys(&self) -> String {
        self.key.iter().map(|(name, _)| format!("t.{name}")).collect::<Vec<_>>().join(", ")
    }

    /// The key's texts that the parameter `$at` holds, as what they are.
    fn bound(&self, at: u8) -> String {
        let parts = self.key.iter().enumerate();
        parts.map(|(n, (_, kind))| format!("(${at}::text[])[{}]::{kind}", n + 1)).collect::<Vec<_>>().join(", ")
    }

    /// Rows in the order of their keys, as `select`s them.
    fn select(&self, what: &str, select: &str) -> String {
        let Self { name, .. } = self;
        let owner = self.owner();
        if self.key.is_empty() {
            // One row: behind it there is nothing.
            return format!(
                "-- holdings::{what}
                select '{{}}'::text[] as key, {select} from {name} t
                 where t.{owner} = $1 and $2::text[] is null and ($3::text[] is null or true) limit $5"
            );
        }
        let (keys, after, until) = (self.keys(), self.bound(2), self.bound(3));
        let texts = self.key.iter().map(|(key, _)| format!("t.{key}::text")).collect::<Vec<_>>().join(", ");
        format!(
            "-- holdings::{what}
            select array[{texts}] as key, {select} from {name} t
             where t.{owner} = $1 and ($2::text[] is null or ({keys}) > ({after})) and ($3::text[] is null or ({keys}) <= ({until}))
             order by {keys} limit $5"
        )
    }
}

/// A row to be handed out.
pub struct Row {
    pub key: Vec<String>,
    pub json: String,
}

/// Some rows, from behind `after` on, up to and with `until`.
pub async fn page(
    db: &Tenant<'_>,
    table: &Table,
    after: Option<&[String]>,
    until: &[String],
    most: i64,
) -> Result<Vec<Row>> {
    let sql = table.select("page", &format!("({} - $4::text[])::text as json", shown(table)));
    let rows = db.rows(&sql, &[&db.owner.0, &after, &until, &table.left_out(), &most]).await?;
    rows.iter().map(|row| Ok(Row { key: row.try_get("key")?, json: row.try_get("json")? })).collect()
}

/// The same rows' keys and lengths alone, to the end of the table.
pub async fn lengths(
    db: &Tenant<'_>,
    table: &Table,
    after: Option<&[String]>,
    most: i64,
) -> Result<Vec<(Vec<String>, i64)>> {
    let length = format!("octet_length(({} - $4::text[])::text)::bigint + 1 as length", shown(table));
    let sql = table.select("lengths", &length);
    let rows = db.rows(&sql, &[&db.owner.0, &after, &None::<&[String]>, &table.left_out(), &most]).await?;
    rows.iter().map(|row| Ok((row.try_get("key")?, row.try_get("length")?))).collect()
}

/// Erases some rows of a table; answers how many.
pub async fn erase(db: &Tenant<'_>, table: &Table, most: i64) -> Result<u64> {
    let (name, owner) = (table.name, table.owner());
    let sql = format!(
        "-- holdings::erase
        delete from {name} where {owner} = $1 and ctid = any(array(select ctid from {name} where {owner} = $1 limit $2))"
    );
    db.execute(&sql, &[&db.owner.0, &most]).await
}
