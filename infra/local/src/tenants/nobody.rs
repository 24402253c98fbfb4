//! Somebody who reaches the database as the functions do, over the same session, and never says for whom.

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::{Problem, Result};

pub struct Nobody(Client);

impl Nobody {
    pub async fn connect(url: &str) -> Result<Self> {
        let (client, connection) =
            tokio_postgres::connect(url, NoTls).await.map_err(|e| Problem(format!("PgBouncer let nobody in: {e}.")))?;
        tokio::spawn(connection);
        Ok(Self(client))
    }

    /// What is visible: whose tenant is left over, or how many rows; nothing, as it should be.
    pub async fn sees(&self) -> Result<Option<String>> {
        let sql = "select coalesce(current_setting('app.user_id', true), ''), (select count(*) from users) + (select count(*) from emails)";
        let rows = self.0.simple_query(sql).await.map_err(|e| Problem(format!("a query failed: {e}.")))?;
        let row = rows.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default())),
            _ => None,
        });
        match row {
            Some(("", "0")) => Ok(None),
            Some((tenant, rows)) => Ok(Some(format!("{rows} rows, of the advisor `{tenant}`"))),
            None => Err(Problem("a query has no answer.".to_owned())),
        }
    }
}
