//! Leaving: an account is closed at once, and erased by a task.
//!
//! Closing is one transaction: the account is shut, its sessions end, its tasks are cancelled, its tokens wait for a last use.
//! From then on nothing is done for it but [`step`], which erases table by table, each batch with its number in the same
//! transaction, tells Google and HubSpot, and deletes the advisor's own row last. Whatever somebody who was still at work wrote
//! meanwhile goes with that row, and nothing can be written after it: every table refers to it.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{disconnect, hash, random_token};
use crate::domain::World;
use crate::error::{Error, Result};
use crate::model::task::{Claim, Job};
use crate::model::user::Provider;
use crate::model::{TaskId, UserId};
use crate::store::holdings::{self, TABLES, Table};
use crate::store::tasks::{self, Origin, Outcome};
use crate::store::{Tenant, connections, erasures, revocations, sessions, users};

/// Rows that go in one transaction.
const BATCH: i64 = 500;
const STEP: Duration = Duration::from_secs(20);
/// A task that lost its worker gets its lease back after this; a batch takes less.
const LEASE: Duration = Duration::from_secs(60);
/// For how long a provider that does not answer is told again. Everything but the tokens is gone by then.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
const AGAIN: Duration = Duration::from_secs(5 * 60);
/// For how long a receipt can be shown.
const RECEIPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// An erasure that failed begins again after this.
const QUIET: Duration = Duration::from_secs(10 * 60);
const MOST: i32 = 50;

/// What is left with whoever left.
pub struct Closed {
    /// Kept nowhere.
    pub receipt: String,
    pub task: TaskId,
}

/// Closes the account, if this is its address.
pub async fn close(world: &World, owner: UserId, address: &str) -> Result<Closed> {
    let receipt = random_token()?;
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let known = users::lock_to_close(&tenant).await?.ok_or_else(Error::unauthenticated)?;
    if !known.eq_ignore_ascii_case(address.trim()) {
        return Err(Error::invalid("email", "must be the address of this account."));
    }
    erasures::begin(&tenant, &hash(&receipt)).await?;
    users::close(&tenant, &hash(&receipt)).await?;
    sessions::revoke_all(&tenant, world.now()).await?;
    tasks::cancel_all(&tenant, "The account is being erased.").await?;
    for provider in [Provider::Google, Provider::HubSpot] {
        let known = connections::lock(&tenant, provider).await?;
        if let Some(sealed) = known.and_then(|known| known.tokens) {
            revocations::add(&tenant, provider, &sealed).await?;
        }
        connections::delete(&tenant, provider).await?;
    }
    let task = add_task(&tenant).await?;
    tenant.commit().await?;
    tracing::info!(user.id = %owner, "the advisor closed the account");
    Ok(Closed { receipt, task })
}

async fn add_task(tenant: &Tenant<'_>) -> Result<TaskId> {
    let task = tasks::insert(tenant, &Job::EraseAccount {}, &Origin::default()).await?;
    task.ok_or_else(|| Error::internal("A task without a key was not added."))
}

/// The task. Everything in it may be done again, from wherever it stopped.
pub async fn step(world: &World, claim: &Claim) -> Result<Outcome> {
    let begun = Instant::now();
    let Some(receipt) = receipt(world, claim.owner).await? else {
        return Ok(Outcome::Done(json!({ "erased": false })));
    };
    for table in TABLES.iter().filter(|table| !table.goes_last || table.name == "tasks") {
        while batch(world, claim, &receipt, table).await? == BATCH.unsigned_abs() {
            if begun.elapsed() > STEP {
                return Ok(Outcome::Again { after: Duration::ZERO, progress: json!({ "erasing": table.name }) });
            }
        }
    }

    // Whoever was at work has noticed before the providers are told: nobody opens a watch behind our back.
    if let Some(wait) = still_at_work(world, claim).await? {
        let why = "Work that was under way comes to its end.".to_owned();
        return Ok(Outcome::Wait { after: wait + Duration::from_secs(1), why });
    }
    for provider in [Provider::Google, Provider::HubSpot] {
        if let Some(wait) = tell(world, claim.owner, &receipt, provider).await? {
            return Ok(wait);
        }
    }
    finish(world, claim, &receipt).await
}

async fn receipt(world: &World, owner: UserId) -> Result<Option<Vec<u8>>> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let receipt = users::receipt(&tenant).await?;
    tenant.commit().await?;
    Ok(receipt)
}

/// Some rows and their number, together or not at all.
async fn batch(world: &World, claim: &Claim, receipt: &[u8], table: &Table) -> Result<u64> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    hold(&tenant, claim).await?;
    let gone = match table.name {
        "tasks" => tasks::erase(&tenant, claim.id, BATCH).await?,
        _ => holdings::erase(&tenant, table, BATCH).await?,
    };
    if gone > 0 {
        erasures::count(&tenant, receipt, table.name, gone).await?;
    }
    tenant.commit().await?;
    Ok(gone)
}

async fn hold(tenant: &Tenant<'_>, claim: &Claim) -> Result<()> {
    match tasks::hold(tenant, claim, LEASE).await? {
        true => Ok(()),
        false => Err(Error::internal("The erasure was lost to another worker.")),
    }
}

async fn still_at_work(world: &World, claim: &Claim) -> Result<Option<Duration>> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let left = tasks::still_at_work(&tenant, claim.id).await?;
    tenant.commit().await?;
    Ok(left)
}

/// Tells one provider; answers how to wait for one that does not answer.
async fn tell(world: &World, owner: UserId, receipt: &[u8], provider: Provider) -> Result<Option<Outcome>> {
    let told = match disconnect::tell(world, owner, provider).await {
        Ok(told) => told,
        Err(error) if error.kind.is_retryable() && !is_given_up(world, receipt).await? => {
            let after = error.retry_after.unwrap_or(AGAIN).max(Duration::from_secs(10));
            let why = format!("{} did not hear of it yet.", provider.title());
            return Ok(Some(Outcome::Wait { after, why }));
        }
        Err(error) => {
            tracing::warn!(user.id = %owner, provider = provider.code(), error = ?error, "a provider was not told of an erasure");
            false
        }
    };
    // Told once is told: a second time there is nothing left to say.
    if told {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        erasures::told(&tenant, receipt, provider, true).await?;
        tenant.commit().await?;
    }
    Ok(None)
}

async fn is_given_up(world: &World, receipt: &[u8]) -> Result<bool> {
    let db = world.db().await?;
    let asked = erasures::get(&db, receipt).await?.map(|erasure| erasure.asked_at);
    Ok(asked.is_none_or(|asked| asked + PATIENCE < world.now()))
}

/// The advisor's own row, and with it whatever still refers to it.
async fn finish(world: &World, claim: &Claim, receipt: &[u8]) -> Result<Outcome> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    hold(&tenant, claim).await?;
    users::delete(&tenant).await?;
    erasures::count(&tenant, receipt, "users", 1).await?;
    erasures::finish(&tenant, receipt).await?;
    tenant.commit().await?;
    tracing::info!(user.id = %claim.owner, "an account was erased");
    Ok(Outcome::Gone)
}

/// The clock's part: an erasure that has no task gets one again, and old receipts are forgotten.
pub async fn go_on(world: &World) -> Result<()> {
    let mut db = world.db().await?;
    erasures::forget(&db, world.now() - RECEIPT).await?;
    for owner in erasures::due(&db, QUIET, MOST).await? {
        let tenant = db.tenant(owner).await?;
        let task = add_task(&tenant).await?;
        tenant.commit().await?;
        world.ring(task, Duration::ZERO).await;
    }
    Ok(())
}

/// What a receipt shows. It names nobody.
#[derive(Serialize, JsonSchema)]
pub struct Receipt {
    pub state: State,
    pub asked_at: Timestamp,
    pub erased_at: Option<Timestamp>,
    /// Rows that are gone, by kind.
    pub erased: Value,
    /// The providers that heard that the consent is over.
    pub told: Value,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ErasureState")]
pub enum State {
    Erasing,
    Erased,
}

/// What became of an erasure; 404 when nobody has this receipt.
pub async fn show(world: &World, receipt: &str) -> Result<Receipt> {
    let db = world.db().await?;
    let known = erasures::get(&db, &hash(receipt)).await?.ok_or_else(|| Error::not_found("receipt"))?;
    let state = if known.erased_at.is_some() { State::Erased } else { State::Erasing };
    Ok(Receipt { state, asked_at: known.asked_at, erased_at: known.erased_at, erased: known.counts, told: known.told })
}
