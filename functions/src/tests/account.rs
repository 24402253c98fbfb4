//! The advisor's rights over what is held: to take it along, and to have it erased.

mod catalogue;
mod export;
mod leaving;

use http::Method;
use serde_json::{Value, json};

use super::support::*;
use super::tenants::plant::{self, BEA, plant};

/// Everything of one advisor, by table.
pub async fn of(app: &TestApp, user: i64) -> Vec<Vec<String>> {
    let tables = plant::tables(app).await.into_iter().map(|table| {
        let key = plant::key(&table);
        format!("select '{table}', count(*), md5(string_agg(t::text, '|' order by t::text)) from {table} t where {key} = {user}")
    });
    app.sql(&tables.collect::<Vec<_>>().join(" union all ")).await
}

/// Every row there is, as text.
async fn everything(app: &TestApp) -> Vec<String> {
    let tables = app.sql("select tablename from pg_tables where schemaname = 'public' order by 1").await.concat();
    let rows = tables.iter().map(|table| format!("select '{table} ' || to_jsonb(t)::text from {table} t"));
    app.sql(&rows.collect::<Vec<_>>().join(" union all ")).await.concat()
}
