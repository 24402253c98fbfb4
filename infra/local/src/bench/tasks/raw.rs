//! What a task says to the database, said without the product.

use serde_json::json;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use super::asked;
use crate::Result;
use crate::bench::relay::Traffic;

/// The statements of one task, as the relay heard them, on one connection.
pub struct Raw {
    client: Client,
    claim: Statement,
    own: [Statement; 2],
    finish: Statement,
    count: Statement,
}

impl Raw {
    pub async fn prepare(client: Client, said: &Traffic) -> Result<Self> {
        let prepare = async |name| client.prepare(said.sql(name)?).await.map_err(|e| asked(&e));
        let claim = prepare("tasks::claim").await?;
        let own = [prepare("documents::reuse_vectors").await?, prepare("documents::waiting").await?];
        let finish = prepare("tasks::finish").await?;
        let count = prepare("metrics::add").await?;
        Ok(Self { client, claim, own, finish, count })
    }

    /// Claims a task, does its work, ends it and counts it.
    pub async fn task(&self, owner: i64, task: Uuid) -> Result<()> {
        self.say(owner, task).await.map_err(|e| asked(&e))
    }

    async fn say(&self, owner: i64, task: Uuid) -> std::result::Result<(), tokio_postgres::Error> {
        self.client.query_one(&self.claim, &[&task, &30.0_f64]).await?;
        self.client.batch_execute(&format!("begin; select set_config('app.user_id', '{owner}', true)")).await?;
        self.client.execute(&self.own[0], &[&owner, &96_i64]).await?;
        self.client.query(&self.own[1], &[&owner, &96_i64]).await?;
        self.client.batch_execute("commit").await?;
        let (nothing, result) = (None::<String>, json!({ "embedded": 0 }));
        self.client
            .query_one(&self.finish, &[&owner, &task, &1_i64, &"done", &0.0_f64, &result, &nothing, &1_i32])
            .await?;
        let counts = json!([
            { "name": "task_duration_seconds", "labels": ["embed"], "bucket": 0, "count": 1, "seconds": 0.001 },
            { "name": "tasks_completed_total", "labels": ["embed", "done"], "bucket": -1, "count": 1, "seconds": 0.0 },
        ]);
        let no_request = None::<std::time::SystemTime>;
        self.client.query(&self.count, &[&counts, &no_request, &"", &""]).await?;
        Ok(())
    }
}
