//! Rate limits that hold for all instances together.

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use crate::config::Pace;
use crate::domain::World;
use crate::error::{Error, Kind, Result};
use crate::model::UserId;
use crate::model::user::Provider;
use crate::store::request_windows::{self, Refused, Wanted};
use crate::store::{Connection, connections, rate_limits};

/// So many, so often.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub name: &'static str,
    pub burst: u32,
    /// One more after each.
    pub interval: Duration,
}

/// Questions of one advisor: twenty a minute.
pub const CHAT: Limit = Limit { name: "chat", burst: 20, interval: Duration::from_secs(3) };
/// Sign-ins begun from one address: thirty a minute.
pub const SIGN_IN: Limit = Limit { name: "sign-in", burst: 30, interval: Duration::from_secs(2) };
/// Searches and embeddings of one advisor: sixty a minute.
pub const SEARCH: Limit = Limit { name: "search", burst: 60, interval: Duration::from_secs(1) };
/// Tools one advisor's client calls by itself: sixty a minute.
pub const TOOLS: Limit = Limit { name: "tools", burst: 60, interval: Duration::from_secs(1) };
/// Volumes one advisor downloads: ten at once, and two a minute.
pub const DOWNLOADS: Limit = Limit { name: "downloads", burst: 10, interval: Duration::from_secs(30) };

/// How long the limits of requests look back.
pub const MINUTE: Duration = Duration::from_secs(60);
/// Calls of webhooks in a minute, from one address: a provider sends for all advisors from a few.
pub const WEBHOOKS: u32 = 600;

/// The key of an address. Of IPv6 only the network counts: one household has billions of addresses.
pub fn address(prefix: &str, ip: &str) -> String {
    match ip.parse() {
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            key(prefix, &format!("{a:x}:{b:x}:{c:x}:{d:x}::"))
        }
        _ => key(prefix, ip),
    }
}

/// Requests to one HubSpot portal: of 110 in ten seconds, whoever makes them.
pub const HUBSPOT: Limit = Limit { name: "hubspot", burst: 10, interval: Duration::from_millis(100) };
/// Searches in one HubSpot portal: five in a second.
pub const HUBSPOT_SEARCH: Limit = Limit { name: "hubspot-search", burst: 2, interval: Duration::from_millis(250) };

/// A turn that is further away than this is not waited for here.
const NEAR: Duration = Duration::from_secs(5);

/// Waits until there is one in the bucket of `who`, and takes it; `RateLimited` when that would take long.
pub async fn turn(world: &World, limit: Limit, who: &str) -> Result<()> {
    loop {
        let db = world.db().await?;
        let wait = rate_limits::take(&db, &key(limit.name, who), 1, limit.interval, limit.burst).await?;
        drop(db);
        match wait {
            None => return Ok(()),
            Some(wait) if wait > NEAR => {
                return Err(
                    Error::new(Kind::RateLimited, "Too much is asked of HubSpot at the moment.").after(Some(wait))
                );
            }
            Some(wait) => tokio::time::sleep(wait).await,
        }
    }
}

/// So many in any hour, counted one by one.
#[derive(Debug, Clone, Copy)]
pub struct Hourly {
    pub name: &'static str,
    pub most: u32,
}

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Mails of one advisor: fifty an hour. A bucket that refills would let twice as many through in its first hour.
pub const MAIL: Hourly = Hourly { name: "mail", most: 50 };
/// Mails of all advisors together: five hundred an hour.
pub const ALL_MAIL: Hourly = Hourly { name: "all-mail", most: 500 };

/// Takes one of this hour's of `who`; `RateLimited` when there is none left.
pub async fn take_hourly(db: &Connection, limit: Hourly, who: &str) -> Result<()> {
    match rate_limits::take_within(db, &key(limit.name, who), limit.most, HOUR).await? {
        None => Ok(()),
        Some(wait) => Err(too_many(wait)),
    }
}

/// Takes one from the bucket of `who`, or says when there is one again.
pub async fn take(db: &Connection, limit: Limit, who: &str) -> Result<()> {
    match rate_limits::take(db, &key(limit.name, who), 1, limit.interval, limit.burst).await? {
        None => Ok(()),
        Some(wait) => Err(too_many(wait)),
    }
}

fn too_many(wait: Duration) -> Error {
    Error::new(Kind::RateLimited, "Too many requests. Please wait a moment and try again.").after(Some(wait))
}

/// Takes units of a provider's quota for one account; `Some` says how long until there are enough.
pub async fn take_units(
    db: &Connection,
    provider: &str,
    account: &str,
    units: u32,
    per_minute: u32,
) -> Result<Option<Duration>> {
    let interval = Duration::from_secs(60) / per_minute.max(1);
    // A quarter of a minute's units at once: a burst that stays inside Google's own minute.
    rate_limits::take(db, &key(provider, account), units, interval, per_minute / 4).await
}

/// Which of the models is asked; each has its own limits at OpenAI.
pub const CHAT_MODEL: &str = "openai.chat";
pub const EMBEDDING_MODEL: &str = "openai.embed";

/// Who asked to be left alone is left alone: by all instances, and by all tasks of the same account.
pub async fn heed(world: &World, owner: UserId, error: &Error) {
    let (Kind::RateLimited, Some(wait)) = (error.kind, error.retry_after) else { return };
    let Some(op) = error.upstream.as_ref().map(|upstream| upstream.op) else { return };
    let heeded = async {
        let mut db = world.db().await?;
        let key = match op.split('.').next().unwrap_or_default() {
            "openai" => key("wait", op),
            "hubspot" | "hubspot_oauth" => account(&mut db, owner, Provider::HubSpot).await?,
            "gmail" | "calendar" | "google_oauth" => account(&mut db, owner, Provider::Google).await?,
            _ => return Ok(()),
        };
        rate_limits::close(&db, &key, wait).await
    };
    if let Err(error) = heeded.await {
        tracing::warn!(error = ?error, "who asked us to wait was not written down");
    }
}

async fn account(db: &mut Connection, owner: UserId, provider: Provider) -> Result<String> {
    let tenant = db.tenant(owner).await?;
    let known = connections::get(&tenant, provider).await?;
    drop(tenant);
    let account = known.map_or_else(|| owner.to_string(), |known| known.connection.account_id);
    Ok(waiting(provider, &account))
}

fn waiting(provider: Provider, account: &str) -> String {
    key(&format!("wait-{}", provider.code()), account)
}

/// `RateLimited` while this account asks not to be called.
pub async fn not_before(db: &Connection, provider: Provider, account: &str) -> Result<()> {
    match rate_limits::closed(db, &waiting(provider, account)).await? {
        None => Ok(()),
        Some(wait) => Err(paused(provider.title(), wait)),
    }
}

fn paused(who: &str, wait: Duration) -> Error {
    let slowly = format!("{who} asks us to slow down. Please try again in a moment.");
    Error::new(Kind::RateLimited, slowly).answered(429, "paused").after(Some(wait))
}

/// Takes one request and so many tokens of what OpenAI gives us for this model in a minute; `owner` is who asks, if that counts.
pub async fn model(world: &World, model: &str, owner: Option<UserId>, tokens: u32) -> Result<()> {
    model_on(&world.db().await?, world.config.model_pace, model, owner, tokens).await
}

/// The same. It is one statement by itself: everybody counts on the same rows, and nobody may hold them while they wait for
/// something else.
pub async fn model_on(db: &Connection, pace: Pace, model: &str, owner: Option<UserId>, tokens: u32) -> Result<()> {
    let each = owner.map(|owner| ("openai-requests-each", format!("{model} {owner}"), 1, pace.requests_each));
    let all = [
        ("openai-requests", model.to_owned(), 1, pace.requests),
        ("openai-tokens", model.to_owned(), tokens, pace.tokens),
    ];
    let wanted = each.into_iter().chain(all).filter(|(.., most)| *most > 0);
    let wanted: Vec<Wanted> =
        wanted.map(|(name, who, cost, most)| Wanted { key: key(name, &who), cost, most }).collect();
    match request_windows::take_all(db, &key("wait", model), &wanted).await? {
        None => Ok(()),
        Some(Refused::Closed(wait)) => Err(paused("The language model", wait)),
        Some(Refused::Spent(wait)) => {
            let busy = "The language model is asked too much at the moment. Please try again in a moment.";
            Err(Error::new(Kind::RateLimited, busy).after(Some(wait)))
        }
    }
}

/// Keys name nobody.
fn key(name: &str, who: &str) -> String {
    let hash = digest(&SHA256, who.as_bytes());
    format!("{name}:{}", hex::encode(&hash.as_ref()[..12]))
}
