//! Writing to the outside, once: what is about to happen is written down before it does, and what came of it after.
//!
//! ```text
//! intended → started → done
//!     ↑         │ ├──→ unknown   nobody can say whether it happened
//!     └─────────┘ refused, or looked up and not there
//! ```
//! Whoever finds a write that was started and not ended waits until it can no longer take effect, looks at the provider
//! whether it did, and only then does it again. A worker begins only while it holds its task, for longer than the call can
//! take: one that lost it writes nothing.

use std::future::Future;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use crate::chaos::{self, Guard};
use crate::clients::http::TIMEOUT;
use crate::domain::World;
use crate::error::{Error, Kind, Result};
use crate::model::task::{Claim, Job};
use crate::store::effects::{self, Effect, Intent, State};
use crate::store::{Tenant, tasks, users};

/// How long after it was begun a write may still take effect, where the provider itself refuses to do it twice.
pub const QUIET: Duration = Duration::from_secs(30);
/// The same where nothing but our looking prevents it.
pub const LONG_QUIET: Duration = Duration::from_secs(90);
/// What is left of a lease when a write begins: the call and what is written down after it.
const LEASE: Duration = Duration::from_secs(TIMEOUT.as_secs() + 10);
/// What has to be written down before a call may take this long. A worker that was held up for longer, by whatever, does not
/// call any more: the quiet period is counted from then, and by now somebody else may be looking.
const PROMPT: Duration = Duration::from_secs(5);
/// Times one write is begun.
const MOST: i32 = 3;

const _: () = assert!(QUIET.as_secs() >= TIMEOUT.as_secs() + 2 * PROMPT.as_secs() && LONG_QUIET.as_secs() >= 60);

/// One write, as its provider knows it.
pub trait Write: Sync {
    /// Its number within the task.
    fn step(&self) -> i32;

    /// What is asked of the provider. The same step asks the same, at every try.
    fn request(&self) -> Value;

    /// What it makes, as `provider:kind:id`, where that is known before it is made: whoever reads of it before we heard that it
    /// is done knows it for ours.
    fn makes(&self) -> Option<String> {
        None
    }

    fn quiet(&self) -> Duration {
        QUIET
    }

    /// What it changes, as it is; `None` for what is new. Asked once, before the first try.
    fn before(&self) -> impl Future<Output = Result<Option<Value>>> + Send {
        async { Ok(None) }
    }

    fn call(&self, effect: &Effect) -> impl Future<Output = Result<Landed>> + Send;

    /// Whether it happened, of a try whose end nobody knows.
    fn probe(&self, effect: &Effect) -> impl Future<Output = Result<Probe>> + Send;

    /// Whether there is something to keep of it here.
    fn is_kept(&self) -> bool {
        true
    }

    /// Keeps our copy, in the transaction that says it happened.
    fn keep(&self, db: &Tenant<'_>, effect: &Effect, landed: &Landed) -> impl Future<Output = Result<()>> + Send;
}

/// What a provider made of a write.
#[derive(Debug, Clone)]
pub struct Landed {
    /// `provider:kind:id`, such as `hubspot:contacts:501`.
    pub provider_ref: String,
    /// What it answered, and is read again when a later step, or a later try, goes on from here.
    pub response: Value,
}

/// What is found of a write.
#[derive(Debug)]
pub enum Probe {
    Found(Landed),
    /// It did not happen, and will not.
    Absent,
    /// Nobody can say. Why, as a sentence.
    Unclear(String),
}

/// Why an action does not go on.
#[derive(Debug)]
pub enum Halt {
    /// Only for now.
    Wait { after: Duration, why: String },
    /// Nothing came of this step.
    Failed(Error),
    /// Whether it happened cannot be found out. Why, as a sentence.
    Unknown(String),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The writes of one task.
pub struct Ledger<'a> {
    pub world: &'a World,
    pub claim: &'a Claim,
}

impl Ledger<'_> {
    /// Does it, or finds that it is done.
    pub async fn write<W: Write>(&self, write: &W) -> Result<Landed, Halt> {
        let request_hash = digest(&SHA256, &serde_json::to_vec(&write.request()).map_err(Error::from)?);
        let effect = self.intended(write, request_hash.as_ref()).await?;
        if !chaos::stands(Guard::Ledger) {
            return write.call(&effect).await.map_err(Halt::Failed);
        }
        if effect.request_hash != request_hash.as_ref() {
            return Err(
                Error::new(Kind::Conflict, "This step was begun as another one; it is not gone on with.").into()
            );
        }
        match effect.state {
            State::Intended => self.go(write, &effect).await,
            State::Started => self.find_out(write, &effect).await,
            State::Unknown => Err(Halt::Unknown(UNCLEAR.into())),
            State::Done => {
                let (Some(provider_ref), Some(response)) = (effect.provider_ref, effect.response) else {
                    return Err(Error::internal("A write that is done has no answer.").into());
                };
                Ok(Landed { provider_ref, response })
            }
        }
    }

    /// Whether this step was ever meant to happen.
    pub async fn has(&self, step: i32) -> Result<bool> {
        Ok(self.known(step).await?.is_some())
    }

    /// What is kept of the step; kept now, if it was not.
    async fn intended<W: Write>(&self, write: &W, request_hash: &[u8]) -> Result<Effect> {
        let (task, step) = (self.claim.id, write.step());
        if let Some(known) = self.known(step).await? {
            return Ok(known);
        }
        let before = write.before().await?;
        let key = format!("{task}:{step}");
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.claim.owner).await?;
        let intent = Intent { task, step, key: &key, request_hash, before: before.as_ref() };
        effects::intend(&tenant, &intent).await?;
        tenant.commit().await?;
        drop(db);
        self.known(step).await?.ok_or_else(|| Error::internal("A write that was written down is not there."))
    }

    async fn known(&self, step: i32) -> Result<Option<Effect>> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.claim.owner).await?;
        effects::get(&tenant, self.claim.id, step).await
    }

    async fn go<W: Write>(&self, write: &W, effect: &Effect) -> Result<Landed, Halt> {
        let ours = Some(self.claim.fence);
        chaos::stand_still();
        let begun = Instant::now();
        self.start(write, effect).await?;
        chaos::stand_still();
        if begun.elapsed() > chaos::scaled(PROMPT) && chaos::stands(Guard::Fence) {
            self.retract(write.step(), ours).await?;
            return Err(Error::internal("The worker was held up before a write; nothing was written.").into());
        }
        match write.call(effect).await {
            Ok(landed) => self.complete(write, effect, ours, landed).await,
            Err(error) if is_refusal(&error) => {
                self.retract(write.step(), ours).await?;
                Err(Halt::Failed(error))
            }
            Err(error) => {
                tracing::warn!(task.id = %self.claim.id, step = write.step(), error = ?error, "nobody knows what became of a write");
                Err(Halt::Wait { after: quiet(write), why: error.detail.into_owned() })
            }
        }
    }

    /// The last moment at which nothing has happened.
    async fn start<W: Write>(&self, write: &W, effect: &Effect) -> Result<()> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.claim.owner).await?;
        let makes = write.makes();
        let ours = tasks::hold(&tenant, self.claim, chaos::scaled(LEASE)).await?
            && effects::start(&tenant, self.claim, write.step(), effect.started_fence, makes.as_deref()).await?;
        if !ours {
            return Err(lost());
        }
        tenant.commit().await
    }

    async fn find_out<W: Write>(&self, write: &W, effect: &Effect) -> Result<Landed, Halt> {
        let left = quiet(write).saturating_sub(effect.started_ago.unwrap_or_default());
        if !left.is_zero() {
            return Err(Halt::Wait { after: left, why: "It is not known yet whether this happened.".into() });
        }
        match write.probe(effect).await? {
            Probe::Found(landed) => {
                tracing::info!(task.id = %self.claim.id, step = write.step(), "a write is found to have happened");
                self.complete(write, effect, effect.started_fence, landed).await
            }
            Probe::Absent if effect.tries < MOST => self.go(write, effect).await,
            Probe::Absent => {
                self.retract(write.step(), effect.started_fence).await?;
                let why = format!("This was tried {MOST} times and did not happen: the provider does not answer.");
                Err(Error::new(Kind::Refused, why).into())
            }
            Probe::Unclear(why) => Err(Halt::Unknown(why)),
        }
    }

    async fn retract(&self, step: i32, began: Option<i64>) -> Result<()> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.claim.owner).await?;
        if !effects::retract(&tenant, self.claim.id, step, began).await? {
            return Err(lost());
        }
        tenant.commit().await
    }

    /// Writes down that it happened, and our copy of it.
    async fn complete<W: Write>(
        &self,
        write: &W,
        effect: &Effect,
        began: Option<i64>,
        landed: Landed,
    ) -> Result<Landed, Halt> {
        let kept = match self.put(write, effect, began, &landed, write.is_kept()).await {
            Ok(kept) => kept,
            Err(error) => {
                // That it happened must not be forgotten over our copy, which the next reading brings.
                tracing::warn!(task.id = %self.claim.id, error = ?error, "the copy of a write was not kept");
                self.put(write, effect, began, &landed, false).await?
            }
        };
        if kept { Ok(landed) } else { Err(lost().into()) }
    }

    async fn put<W: Write>(
        &self,
        write: &W,
        effect: &Effect,
        began: Option<i64>,
        landed: &Landed,
        copy: bool,
    ) -> Result<bool> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.claim.owner).await?;
        users::lock(&tenant).await?;
        let Landed { provider_ref, response } = landed;
        if !effects::finish(&tenant, self.claim.id, write.step(), began, provider_ref, response).await? {
            return Ok(false);
        }
        if !copy {
            tenant.commit().await?;
            return Ok(true);
        }
        write.keep(&tenant, effect, landed).await?;
        let embed = tasks::ensure(&tenant, &Job::Embed {}).await?;
        tenant.commit().await?;
        drop(db);
        self.world.ring(embed, Duration::ZERO).await;
        Ok(true)
    }
}

fn quiet<W: Write>(write: &W) -> Duration {
    if chaos::stands(Guard::Quiet) { chaos::scaled(write.quiet()) } else { Duration::ZERO }
}

/// For what was given up.
pub const UNCLEAR: &str =
    "It cannot be found out whether this happened. Please have a look before you ask for it again.";

/// Another worker has the task: whatever happens now is for that one to say.
fn lost() -> Error {
    Error::internal("The task was lost to another worker.")
}

/// Whether the provider said that it did not do it. An answer that did not come, or tells of trouble, says nothing.
fn is_refusal(error: &Error) -> bool {
    match error.kind {
        Kind::RateLimited => true,
        _ if error.is_unasked() => true,
        Kind::Refused | Kind::Upstream => error.upstream_status().is_some_and(|s| (400..500).contains(&s) && s != 408),
        // Found before anything was asked.
        Kind::BadRequest | Kind::Invalid | Kind::NotFound | Kind::Conflict | Kind::Forbidden | Kind::Reconnect => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_surely_not_done_is_a_refusal() {
        let answered = |kind, status| is_refusal(&Error::new(kind, "").answered(status, ""));

        for (kind, status) in
            [(Kind::Refused, 400), (Kind::Upstream, 401), (Kind::RateLimited, 429), (Kind::Upstream, 423)]
        {
            assert!(answered(kind, status), "{status}");
        }
        // A good answer that was too long is an answer to something that happened.
        for (kind, status) in
            [(Kind::Upstream, 408), (Kind::Upstream, 500), (Kind::Upstream, 503), (Kind::Refused, 200)]
        {
            assert!(!answered(kind, status), "{status}");
        }
        assert!(!is_refusal(&Error::new(Kind::Upstream, "")), "no answer at all");
        assert!(is_refusal(&Error::new(Kind::Upstream, "").unasked()), "nothing was sent");
        assert!(!is_refusal(&Error::internal("")));
    }
}
