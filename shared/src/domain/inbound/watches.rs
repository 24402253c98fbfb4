//! Watches: begun at sign-in, renewed before they end, ended when the advisor disconnects.
//!
//! Gmail has one for each mailbox, and asking again renews it. A calendar's channel cannot be renewed: another is opened before
//! it ends, and once Google was heard from by the new one, the old one is closed. Between the two nothing is missed, and what
//! comes by both is known by its number.

mod setup;
mod stop;

pub use setup::{Answer, answer};
pub use stop::stop_all;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clients::calendar::Calendar;
use crate::clients::calendar::channels::NewChannel;
use crate::clients::gmail::Gmail;
use crate::config::Config;
use crate::domain::World;
use crate::domain::accounts::tokens::{self, Access};
use crate::domain::accounts::{hash, random_token};
use crate::error::{Error, Result};
use crate::model::UserId;
use crate::model::task::Job;
use crate::model::user::Provider;
use crate::model::watch::{Source, State, Watch};
use crate::store::tasks::{self, Outcome};
use crate::store::watches::{self, New, Promise, Wanted};
use crate::store::{connections, revocations};

/// What ends within this is renewed: two days in which Google may be away.
const MARGIN: SignedDuration = SignedDuration::from_hours(48);
/// Google wants Gmail's watch asked for once a day.
const GMAIL_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// A channel we know neither the end nor the resource of is over by then, if it ever was.
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);
/// For how long a provider is told of a goodbye it will not hear.
const GOODBYES: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Renewed in one go; the next takes the rest.
const MOST: i32 = 500;

/// Either of these lets a mailbox be watched.
const GMAIL_SCOPES: [&str; 4] = [
    "https://www.googleapis.com/auth/gmail.modify",
    "https://www.googleapis.com/auth/gmail.readonly",
    "https://www.googleapis.com/auth/gmail.metadata",
    "https://mail.google.com/",
];
/// Either of these lets a calendar's events be watched.
const CALENDAR_SCOPES: [&str; 4] = [
    "https://www.googleapis.com/auth/calendar",
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.readonly",
    "https://www.googleapis.com/auth/calendar.events.readonly",
];

/// Whether this installation has push messages at all.
pub fn wanted(config: &Config) -> bool {
    config.gmail_target().is_some() || config.calendar_target().is_some()
}

/// The clock's part: who has something to renew gets a task, and whose goodbye was not heard gets another.
pub async fn renew(world: &World) -> Result<()> {
    let (config, now) = (&world.config, world.now());
    let calendar = config.calendar_target();
    let wanted = Wanted {
        gmail: config.gmail_target(),
        gmail_scopes: &GMAIL_SCOPES,
        calendar: calendar.as_deref(),
        calendar_scopes: &CALENDAR_SCOPES,
    };
    let mut bells = Vec::new();
    let mut db = world.db().await?;
    for owner in watches::due(&db, &wanted, now, MARGIN, GMAIL_EVERY, MOST).await? {
        let tenant = db.tenant(owner).await?;
        bells.push(tasks::ensure(&tenant, &Job::Watch {}).await?);
        tenant.commit().await?;
    }
    for (owner, provider) in revocations::due(&db, MOST).await? {
        let tenant = db.tenant(owner).await?;
        bells.extend(tasks::insert(&tenant, &Job::Disconnect { provider }, &tasks::Origin::default()).await?);
        tenant.commit().await?;
    }
    let given_up = revocations::give_up(&db, now - GOODBYES).await?;
    drop(db);

    if given_up > 0 {
        tracing::warn!(revocations = given_up, "a provider would not hear that a consent has ended");
    }
    for task in bells {
        world.ring(task, Duration::ZERO).await;
    }
    Ok(())
}

/// The task: everything that is due for one advisor. What failed is kept with its watch, for the advisor to see.
pub async fn run(world: &World, owner: UserId) -> Result<Outcome> {
    let report = set_up(world, owner, false).await?;
    let told = json!({ "gmail": told(&report.gmail), "calendar": told(&report.calendar) });
    for failed in [report.gmail.err(), report.calendar.err()].into_iter().flatten() {
        if !failed.is_settled {
            return Err(failed.error);
        }
    }
    Ok(Outcome::Done(told))
}

fn told<T>(watched: &Result<T, Failed>) -> Value {
    match watched {
        Ok(_) => json!("watched"),
        Err(failed) => json!(failed.error.detail),
    }
}

/// How it went with each.
pub struct Report {
    pub gmail: Result<GmailWatch, Failed>,
    pub calendar: Result<CalendarChannel, Failed>,
}

pub struct GmailWatch {
    /// Where the mailbox stood when the watch was asked for now; none when one was there that will do.
    pub history_id: Option<u64>,
    pub expires_at: Timestamp,
}

pub struct CalendarChannel {
    pub id: String,
    pub resource_id: String,
    pub expires_at: Timestamp,
}

pub struct Failed {
    pub error: Error,
    /// Not a failure of this try: it is not set up, or not allowed, and another try changes nothing.
    pub is_settled: bool,
}

impl Failed {
    fn settled(detail: &'static str) -> Self {
        Self { error: Error::bad_request(detail), is_settled: true }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, is_settled: false }
    }
}

/// Sees to it that Gmail and Calendar tell us of changes: renews what is due, opens what is missing, closes what is left over.
/// `anew` asks Gmail again whether that is due or not.
pub async fn set_up(world: &World, owner: UserId, anew: bool) -> Result<Report> {
    let access = tokens::access(world, owner, Provider::Google).await?;
    let report = attempt(world, owner, &access, anew).await?;
    if !report.is_token_refused() {
        return Ok(report);
    }
    let access = tokens::renew(world, owner, Provider::Google, &access.token).await?;
    attempt(world, owner, &access, anew).await
}

impl Report {
    fn is_token_refused(&self) -> bool {
        let refused = |error: Option<&Failed>| error.is_some_and(|e| e.error.upstream_status() == Some(401));
        refused(self.gmail.as_ref().err()) || refused(self.calendar.as_ref().err())
    }
}

async fn attempt(world: &World, owner: UserId, access: &Access, anew: bool) -> Result<Report> {
    let (known, scopes) = {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        let connection = connections::get(&tenant, Provider::Google).await?;
        let known = watches::list(&tenant).await?;
        tenant.commit().await?;
        (known, connection.map(|known| known.connection.scopes).unwrap_or_default())
    };
    let (gmail, calendar): (Vec<Watch>, Vec<Watch>) =
        known.into_iter().partition(|watch| watch.source == Source::Gmail);
    let watcher = Watcher { world, owner, access, scopes, anew };
    // One after the other: a function has two connections, and the heartbeat holds one of them now and then.
    Ok(Report { gmail: watcher.gmail(gmail.first()).await, calendar: watcher.calendar(&calendar).await })
}

struct Watcher<'a> {
    world: &'a World,
    owner: UserId,
    access: &'a Access,
    scopes: Vec<String>,
    anew: bool,
}

impl Watcher<'_> {
    fn may(&self, scopes: &[&str]) -> bool {
        self.scopes.iter().any(|granted| scopes.contains(&granted.as_str()))
    }

    async fn gmail(&self, known: Option<&Watch>) -> Result<GmailWatch, Failed> {
        let config = &self.world.config.google;
        if config.pubsub_topic.is_none() {
            return Err(Failed::settled("GOOGLE_PUBSUB_TOPIC not configured"));
        }
        let target = self.world.config.gmail_target();
        let target = target.ok_or_else(|| Failed::settled("GOOGLE_PUBSUB_SERVICE_ACCOUNT not configured"))?;
        if !self.may(&GMAIL_SCOPES) {
            return Err(Failed::settled("Access to Gmail was not granted"));
        }
        let now = self.world.now();
        if let Some(known) = known.filter(|_| !self.anew)
            && known.lasts(target, now + MARGIN)
            && known.asked_at + GMAIL_EVERY > now
            && let Some(expires_at) = known.expires_at
        {
            return Ok(GmailWatch { history_id: None, expires_at });
        }

        self.ask(&New { source: Source::Gmail, channel_id: "", target, token_hash: None }).await?;
        let gmail = Gmail { http: &self.world.http, base: &config.gmail_url, token: &self.access.token };
        if known.is_some_and(|known| known.target != target) {
            // Google allows one topic for each mailbox and application.
            gmail.stop().await?;
        }
        match gmail.watch(target).await {
            Ok(watch) => {
                let promise = Promise { target, resource_id: None, expires_at: watch.expires_at };
                self.live(Source::Gmail, "", &promise).await?;
                Ok(GmailWatch { history_id: Some(watch.history_id), expires_at: watch.expires_at })
            }
            Err(error) => Err(self.note(Source::Gmail, "", error).await),
        }
    }

    async fn calendar(&self, known: &[Watch]) -> Result<CalendarChannel, Failed> {
        let target = self.world.config.calendar_target();
        let target = target.ok_or_else(|| Failed::settled("WEBHOOK_BASE_URL not configured"))?;
        if !self.may(&CALENDAR_SCOPES) {
            return Err(Failed::settled("Access to Google Calendar was not granted"));
        }
        for refused in known.iter().filter(|watch| watch.state == State::Refused) {
            self.close(refused, false).await?;
        }
        let until = self.world.now() + MARGIN;
        let current = known.iter().find(|watch| watch.lasts(&target, until) && watch.resource_id.is_some());
        let channel = match current.and_then(|watch| watch.resource_id.clone().zip(watch.expires_at).zip(Some(watch))) {
            Some(((resource_id, expires_at), watch)) => {
                CalendarChannel { id: watch.channel_id.clone(), resource_id, expires_at }
            }
            None => self.open(&target).await?,
        };
        let heard = current.is_some_and(|watch| watch.confirmed_at.is_some());
        let open = known.iter().filter(|watch| watch.state != State::Refused);
        for other in open.filter(|watch| watch.channel_id != channel.id) {
            self.close(other, heard).await?;
        }
        Ok(channel)
    }

    /// The row comes first: Google's first message may be here before its answer is.
    async fn open(&self, target: &str) -> Result<CalendarChannel, Failed> {
        let (id, token) = (Uuid::new_v4().to_string(), random_token()?);
        let token_hash = hash(&token);
        self.ask(&New { source: Source::Calendar, channel_id: &id, target, token_hash: Some(&token_hash) }).await?;
        let new = NewChannel { id: &id, token: &token, address: target };
        match self.calendar_client().watch(&new, self.world.now()).await {
            Ok(channel) => {
                let promise =
                    Promise { target, resource_id: Some(&channel.resource_id), expires_at: channel.expires_at };
                self.live(Source::Calendar, &id, &promise).await?;
                Ok(CalendarChannel { id, resource_id: channel.resource_id, expires_at: channel.expires_at })
            }
            Err(error) => Err(self.note(Source::Calendar, &id, error).await),
        }
    }

    /// Closes a channel that another one has taken over from. One whose successor was not heard from yet goes on.
    async fn close(&self, watch: &Watch, successor_was_heard: bool) -> Result<(), Error> {
        let now = self.world.now();
        let over = watch.state == State::Refused
            || watch.expires_at.is_some_and(|end| end <= now)
            || watch.asked_at + LONGEST < now;
        if !over {
            let Some(resource_id) = watch.resource_id.as_deref().filter(|_| successor_was_heard) else {
                return Ok(());
            };
            self.calendar_client().stop(&watch.channel_id, resource_id).await?;
        }
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        watches::delete(&tenant, Source::Calendar, &watch.channel_id).await?;
        tenant.commit().await
    }

    fn calendar_client(&self) -> Calendar<'_> {
        Calendar { http: &self.world.http, base: &self.world.config.google.calendar_url, token: &self.access.token }
    }

    async fn ask(&self, new: &New<'_>) -> Result<(), Error> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        watches::ask(&tenant, new, self.world.now()).await?;
        tenant.commit().await
    }

    async fn live(&self, source: Source, channel_id: &str, promise: &Promise<'_>) -> Result<(), Error> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        watches::live(&tenant, source, channel_id, promise, self.world.now()).await?;
        tenant.commit().await?;
        tracing::info!(user.id = %self.owner, source = source.name(), "changes are told from now on");
        Ok(())
    }

    /// Keeps a failure where the advisor can see it.
    async fn note(&self, source: Source, channel_id: &str, error: Error) -> Failed {
        // Without an answer the watch may be there all the same.
        let state = if error.upstream_status().is_some() { State::Refused } else { State::Asked };
        let noted = async {
            let mut db = self.world.db().await?;
            let tenant = db.tenant(self.owner).await?;
            watches::put_error(&tenant, source, channel_id, state, &error.detail, self.world.now()).await?;
            tenant.commit().await
        };
        if let Err(lost) = noted.await {
            tracing::warn!(user.id = %self.owner, error = ?lost, "a failure could not be noted");
        }
        Failed::from(error)
    }
}
