//! Moving from the system before this one: its advisors, what they connected, their mail, contacts, instructions and tasks.
//!
//! A move reads the other database and never writes it, brings each row once however often it runs, and counts every row it
//! read as brought, as there already, or as left, and why. Rows come in batches, each whole or not at all. Nothing outside is
//! written or started by it: what was open there is not gone on with here.

mod history;
mod people;
mod records;
mod report;

use jiff::SignedDuration;

pub use report::{Count, Report};

use crate::domain::World;
use crate::error::Result;
use crate::model::UserId;
use crate::store::Pool;
use crate::store::seed::{Rows, Seed, User};

/// For how long after a move an address is enough for its advisor to be known again.
const CLAIMABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How to move.
pub struct Options {
    /// What the other database is called here; its own name when left out. Another name brings everything again.
    pub source: Option<String>,
    /// Reads and decides everything, and writes nothing.
    pub dry_run: bool,
}

/// A move under way.
struct Move<'a> {
    world: &'a World,
    seed: Seed,
    source: String,
    dry_run: bool,
    report: Report,
}

/// Moves everything there is. `say` is told how it goes.
pub async fn run(world: &World, from: &Pool, options: Options, say: &mut dyn FnMut(String)) -> Result<Report> {
    let seed = Seed::open(from).await?;
    let source = match options.source {
        Some(source) => source,
        None => seed.name().await?,
    };
    let mut moving = Move { world, seed, source, dry_run: options.dry_run, report: Report::default() };
    let users = moving.seed.users().await?;
    let all = users.len();
    for (at, user) in users.iter().enumerate() {
        moving.user(user).await?;
        say(format!("advisor {} of {all}: {}", at + 1, moving.report.progress()));
    }
    let nobodys = moving.seed.tasks_of_nobody().await?;
    moving.report.left("tasks", nobodys, "They are nobody's.");
    Ok(moving.report)
}

impl Move<'_> {
    async fn user(&mut self, user: &User) -> Result<()> {
        let Some(owner) = self.person(user).await? else {
            return self.leave_all(user).await;
        };
        self.mails(user, owner).await?;
        self.contacts(user, owner).await?;
        self.rules(user, owner).await?;
        self.tasks(user, owner).await?;
        let vectors = self.seed.vectors(user.id).await?;
        self.report.left("vector items", vectors, "Made anew from the mails and contacts they were made of.");
        // Last: once there are tokens, the accounts are read.
        self.connections(user, owner).await
    }

    /// Of an advisor who is not brought, nothing is.
    async fn leave_all(&mut self, user: &User) -> Result<()> {
        let why = "Their advisor was not brought.";
        let mails = self.skip::<crate::store::seed::Email>(user).await?;
        self.report.left("emails", mails, why);
        let contacts = self.skip::<crate::store::seed::Contact>(user).await?;
        self.report.left("contacts", contacts, why);
        let rules = self.skip::<crate::store::seed::Rule>(user).await?;
        self.report.left("rules", rules, why);
        let tasks = self.skip::<crate::store::seed::Task>(user).await?;
        self.report.left("tasks", tasks, why);
        let vectors = self.seed.vectors(user.id).await?;
        self.report.left("vector items", vectors, why);
        Ok(())
    }

    async fn skip<R: Rows>(&self, user: &User) -> Result<u64> {
        let (mut after, mut rows) = (0, 0);
        loop {
            let page = self.seed.page::<R>(user.id, after).await?;
            let Some(last) = page.last() else { return Ok(rows) };
            after = last.id();
            rows += u64::try_from(page.len()).unwrap_or_default();
        }
    }
}

/// Whose rows are written; nobody's in a dry run of an advisor who was never brought.
type Owner = Option<UserId>;
