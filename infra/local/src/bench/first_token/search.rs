//! The same statements and the same tool by themselves, in this process: what a turn's own share is told from.

use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use shared::App;
use shared::domain::knowledge::retrieve::{self, Question};
use shared::domain::tools::{self, Caller};
use shared::model::UserId;
use shared::store::search;

use super::model;
use crate::stage::Stage;
use crate::{Problem, Result};

const LIMIT: i64 = 5;

pub struct Search {
    world: App,
    owner: UserId,
    question: &'static str,
}

impl Search {
    pub async fn prepare(stage: &Stage, question: &'static str) -> Result<Self> {
        let world = App::new(stage.ground.config()?, 2).await.map_err(failed)?;
        let owner = UserId(stage.number("select min(id) from users").await?);
        let search = Self { world, owner, question };
        for _ in 0..6 {
            search.run().await?;
        }
        Ok(search)
    }

    /// Both statements of a search, without the transaction's beginning and end.
    pub async fn run(&self) -> Result<Duration> {
        let mut db = self.world.db().await.map_err(failed)?;
        let tenant = db.tenant(self.owner).await.map_err(failed)?;
        // What opens the transaction may travel with the first statement.
        shared::store::users::get(&tenant).await.map_err(failed)?;
        let began = Instant::now();
        let (terms, corpus) = search::terms(&tenant, self.question).await.map_err(failed)?;
        let question = Question { text: self.question, kinds: &[], since: None, until: None, limit: LIMIT };
        let query = retrieve::query(&question, Some(model::vector(self.question)), &terms, corpus);
        search::fused(&tenant, &query).await.map_err(failed)?;
        Ok(began.elapsed())
    }

    /// A tool, called as a turn calls it.
    pub async fn tool(&self, name: &str, arguments: &str) -> Result<Duration> {
        let caller = Caller { world: &self.world, owner: self.owner, now: self.world.now().to_zoned(TimeZone::UTC) };
        let began = Instant::now();
        tools::run(&caller, name, arguments).await.map_err(failed)?;
        Ok(began.elapsed())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: shared::Error) -> Problem {
    Problem(format!("{error:?}"))
}
