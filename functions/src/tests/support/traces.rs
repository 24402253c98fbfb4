//! Whether anything was done: rows that were written, and requests that went out.

use std::collections::BTreeMap;

use super::TestApp;

impl TestApp {
    /// Each table's rows in number and version: any write changes its table's entry. Without the counters of calls, which count
    /// what is refused as well.
    pub async fn rows(&self) -> BTreeMap<String, String> {
        let tables = self
            .sql(
                "select tablename from pg_tables where schemaname = 'public'
                    and tablename not in ('request_windows', 'requests_open', 'metrics', '_sqlx_migrations')",
            )
            .await;
        let each = tables.iter().map(|table| {
            let table = &table[0];
            format!("select '{table}', count(*) || ' ' || coalesce(sum(hashtextextended(xmin::text || ctid::text, 0)), 0) from {table}")
        });
        let all = self.sql(&each.collect::<Vec<_>>().join(" union all ")).await;
        all.into_iter().map(|mut row| (row.remove(0), row.remove(0))).collect()
    }

    /// How many requests the stand-ins have had.
    pub fn requests_out(&self) -> usize {
        let all = [self.google.control(), self.hubspot.control(), self.openai.control()];
        all.iter().map(|control| control.requests().len()).sum()
    }

    /// Everything that is kept, as text.
    pub async fn dump(&self) -> String {
        let tables = self.sql("select tablename from pg_tables where schemaname = 'public'").await;
        let each = tables.iter().map(|table| format!("select string_agg(t::text, ' ') from {} t", table[0]));
        let all = self.sql(&each.collect::<Vec<_>>().join(" union all ")).await;
        all.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}

/// The tables that differ.
pub fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    before.iter().filter(|(table, rows)| after.get(*table) != Some(rows)).map(|(table, _)| table.clone()).collect()
}
