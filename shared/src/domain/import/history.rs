//! Standing instructions, to be confirmed anew, and tasks, as they ended.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Move, Owner};
use crate::domain::rules::compile::{self, Compiled};
use crate::domain::rules::manage;
use crate::error::{Kind as ErrorKind, Result};
use crate::model::{TaskId, UserId};
use crate::store::imports::{self, Kind, Past};
use crate::store::seed::{self, User};
use crate::store::tasks;

const OPEN: &str = "It was still open when it was brought over from the earlier system, and is not gone on with.";

impl Move<'_> {
    pub(super) async fn rules(&mut self, user: &User, owner: Owner) -> Result<()> {
        let mut after = 0;
        loop {
            let page = self.seed.page::<seed::Rule>(user.id, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            for rule in &page {
                self.rule(rule, owner).await?;
            }
        }
    }

    async fn rule(&mut self, rule: &seed::Rule, owner: Owner) -> Result<()> {
        let id = rule.id.to_string();
        if rule.text.trim().is_empty() {
            self.report.left("rules", 1, "They say nothing.");
            return Ok(());
        }
        let is_known = match owner {
            None => false,
            Some(owner) => {
                let mut db = self.world.db().await?;
                let tenant = db.tenant(owner).await?;
                imports::has(&tenant, &self.source, Kind::Rule, &id).await?
            }
        };
        if is_known {
            self.report.known("rules", 1);
            return Ok(());
        }
        if rule.priority != 0 {
            self.report.changed("rule had a priority, which there is none of here");
        }
        let Some(owner) = owner.filter(|_| !self.dry_run) else {
            self.report.brought("rules", 1);
            return Ok(());
        };
        self.keep_rule(rule, owner, &id).await
    }

    async fn keep_rule(&mut self, rule: &seed::Rule, owner: UserId, id: &str) -> Result<()> {
        let (compiled, is_active) = self.understood(rule, owner).await;
        let mut db = self.world.db().await?;
        let tenant = db.tenant(owner).await?;
        imports::put(&tenant, &self.source, Kind::Rule, id).await?;
        match manage::keep(&tenant, &rule.text, None, is_active, &compiled, false).await {
            Ok(kept) => imports::date_rule(&tenant, kept.id, rule.created_at, rule.last_triggered_at).await?,
            Err(error) if error.kind == ErrorKind::Conflict => {
                self.report.left("rules", 1, "There are more than an advisor may have.");
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        tenant.commit().await?;
        self.report.brought("rules", 1);
        Ok(())
    }

    /// As if the advisor had just written it. What is wrong with it, or a model that is away, leaves it readable and says so.
    async fn understood(&mut self, rule: &seed::Rule, owner: UserId) -> (Compiled, bool) {
        match compile::compile(self.world, owner, &rule.text).await {
            Ok(compiled) => (compiled, rule.is_active),
            Err(error) if error.kind == ErrorKind::Invalid => {
                self.report.changed("rule cannot be followed as it is written, and is switched off");
                (compile::uncompiled(&rule.text, &error.detail), false)
            }
            Err(_) => {
                self.report.changed("rule was not turned into fixed steps, because no model answered");
                let why = "The language model did not answer when it was brought over; save it again.";
                (compile::uncompiled(&rule.text, why), rule.is_active)
            }
        }
    }

    pub(super) async fn tasks(&mut self, user: &User, owner: Owner) -> Result<()> {
        let mut after = 0;
        loop {
            let page = self.seed.page::<seed::Task>(user.id, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            self.task_page(&page, owner).await?;
        }
    }

    async fn task_page(&mut self, page: &[seed::Task], owner: Owner) -> Result<()> {
        let all = u64::try_from(page.len()).unwrap_or_default();
        let Some(owner) = owner else {
            self.report.brought("tasks", all);
            return Ok(());
        };
        let mut db = self.world.db().await?;
        let tenant = db.tenant(owner).await?;
        let (mut brought, mut open) = (0, 0);
        for task in page {
            let past = self.past(task, owner);
            let is_new = match self.dry_run {
                true => tasks::get(&tenant, past.id).await?.is_none(),
                false => imports::put_task(&tenant, &past).await?,
            };
            brought += u64::from(is_new);
            open += u64::from(is_new && !matches!(task.state.as_str(), "completed" | "done" | "failed"));
        }
        if !self.dry_run {
            tenant.commit().await?;
        }
        self.report.brought("tasks", brought);
        self.report.known("tasks", all - brought);
        for _ in 0..open {
            self.report.changed("task was open, and stands here as failed: it is not gone on with");
        }
        Ok(())
    }

    fn past(&self, task: &seed::Task, owner: UserId) -> Past {
        let is_done = matches!(task.state.as_str(), "completed" | "done");
        let is_open = !is_done && task.state != "failed";
        Past {
            id: self.task_id(owner, task.id, task.created_at),
            key: format!("import:{}:{}", self.source, task.id),
            task_type: task.task_type.clone(),
            payload: json!({ "type": "import", "payload": task.payload }),
            is_done,
            attempts: task.attempts,
            most_attempts: task.max_attempts,
            result: match &task.result {
                Value::Object(_) => task.result.clone(),
                Value::Null => json!({}),
                other => json!({ "result": other }),
            },
            last_error: if is_open { Some(OPEN.to_owned()) } else { task.last_error.clone() },
            cause: task.parent.map(|(id, made)| self.task_id(owner, id, made)),
            scheduled_for: task.scheduled_for.unwrap_or(task.created_at),
            created_at: task.created_at,
            updated_at: task.updated_at,
            completed_at: task.completed_at.unwrap_or(task.updated_at),
        }
    }

    /// The same each time, and in the order of their making among all others.
    fn task_id(&self, owner: UserId, id: i32, made: Timestamp) -> TaskId {
        let hash = digest(&SHA256, format!("{}|{owner}|{id}", self.source).as_bytes());
        let mut random = [0; 10];
        random.copy_from_slice(&hash.as_ref()[..10]);
        let millis = u64::try_from(made.as_millisecond()).unwrap_or_default();
        TaskId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}
