//! What a test, or the program that runs the fake, can do to it from inside the process.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};

use super::calendar::store::Calendar;
use super::gmail::mailbox::Mailbox;
use super::gmail::send;
use super::push::{PushConfig, PushFault};
use super::state::{Account, State};
use super::{Forgery, Google, calendar, loopback};
use crate::practice::{self, Practice};
use crate::server::lock;

impl Google {
    /// Whether there are no accounts yet.
    pub fn is_empty(&self) -> bool {
        lock(&self.world.state).accounts.is_empty()
    }

    /// Adds the practice's accounts, mails and events that are not there yet. A mail or event that was here once and
    /// was deleted since does not come back.
    pub fn load(&self, practice: &Practice) {
        let now = self.world.now();
        self.world.change(|state| load(state, practice, &self.world.url, now));
    }

    /// Delivers a mail to its mailbox and answers its message id; empty when there is no such mailbox. An empty id,
    /// thread id or `Message-ID` is made up.
    pub fn deliver(&self, mail: &practice::Mail) -> String {
        let now = self.world.now();
        self.world.change(|state| send::deliver(state, mail, now)).map(|(id, _)| id).unwrap_or_default()
    }

    /// Moves a message to the trash; `false` when it is not there.
    pub fn trash(&self, mailbox: &str, id: &str) -> bool {
        self.world.change_mailbox(mailbox, |mailbox, now| mailbox.trash(id, now)).unwrap_or(false)
    }

    /// Deletes a message for good; `false` when it is not there.
    pub fn delete_message(&self, mailbox: &str, id: &str) -> bool {
        self.world.change_mailbox(mailbox, |mailbox, now| mailbox.delete(id, now)).unwrap_or(false)
    }

    pub fn add_label(&self, mailbox: &str, id: &str, label: &str) -> bool {
        let labels = [label.to_owned()];
        self.world.change_mailbox(mailbox, |mailbox, now| mailbox.modify(id, &labels, &[], now)).unwrap_or(false)
    }

    pub fn remove_label(&self, mailbox: &str, id: &str, label: &str) -> bool {
        let labels = [label.to_owned()];
        self.world.change_mailbox(mailbox, |mailbox, now| mailbox.modify(id, &[], &labels, now)).unwrap_or(false)
    }

    /// The messages a Gmail search finds, newest first, as `{id, threadId, labelIds}`.
    pub fn find(&self, mailbox: &str, q: &str) -> serde_json::Value {
        let state = lock(&self.world.state);
        let found = state.mailboxes.get(mailbox).map(|mailbox| send::found(mailbox, q, self.world.now()));
        found.unwrap_or_default()
    }

    /// The subjects of all mails that were sent from this mailbox, as its store has them.
    pub fn sent_subjects(&self, mailbox: &str) -> Vec<String> {
        let state = lock(&self.world.state);
        let sent = state.mailboxes.get(mailbox).into_iter().flat_map(|mailbox| mailbox.messages.values());
        sent.filter(|message| message.has("SENT"))
            .map(|message| message.mime().header("subject").unwrap_or_default().to_owned())
            .collect()
    }

    /// Title and description of all events in a calendar that are not cancelled, as its store has them.
    pub fn events(&self, email: &str) -> Vec<(String, String)> {
        let state = lock(&self.world.state);
        let events = state.calendars.get(email).into_iter().flat_map(|calendar| calendar.events.values());
        let text = |event: &calendar::store::Event, name: &str| {
            event.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
        };
        events
            .map(|stored| &stored.event)
            .filter(|event| event.get("status").is_none_or(|status| status != "cancelled"))
            .map(|event| (text(event, "summary"), text(event, "description")))
            .collect()
    }

    /// Makes every history id given out so far too old: `history.list` answers 404 to them.
    pub fn expire_history(&self, mailbox: &str) {
        self.world.change_mailbox(mailbox, |mailbox, _| mailbox.expire_history());
    }

    /// Makes every calendar sync token given out so far answer 410.
    pub fn expire_sync_tokens(&self, email: &str) {
        self.world.change(|state| {
            if let Some(calendar) = state.calendars.get_mut(email) {
                calendar.expire_sync_tokens();
            }
        });
    }

    /// Ends the account's consents: refreshing answers `invalid_grant`, access tokens 401.
    pub fn revoke_grants(&self, email: &str) {
        self.world.change(|state| state.revoke(email, None));
    }

    /// Ends the account's access tokens and leaves its refresh tokens.
    pub fn expire_access_tokens(&self, email: &str) {
        self.world.change(|state| state.access_tokens.retain(|_, token| token.email != email));
    }

    /// Adds an event, or replaces the one with its id.
    pub fn put_event(&self, event: &practice::Event) {
        let now = self.world.now();
        self.world.change(|state| calendar::load(state, event, &self.world.url, now));
    }

    /// Cancels an event, or a date of a series by its id (`series_20261105T160000Z`); `false` when it is not there.
    pub fn delete_event(&self, email: &str, id: &str) -> bool {
        let now = self.world.now();
        self.world.change(|state| calendar::call_off(state, email, id, now))
    }

    /// Changes what `patch` names of an event, or of one date of a series. Panics when it cannot be.
    pub fn amend_event(&self, email: &str, id: &str, patch: &serde_json::Value) {
        let now = self.world.now();
        let patch = patch.as_object().cloned().unwrap_or_default();
        let amended = self.world.change(|state| calendar::amend(state, email, id, patch, &self.world.url, now));
        amended.unwrap_or_else(|refusal| panic!("{id} was not changed: {}", refusal.message));
    }

    /// Sets, or with `None` removes, the push subscription of the watch topic.
    ///
    /// # Errors
    /// When the endpoint is not on this machine.
    pub fn set_push(&self, config: Option<PushConfig>) -> std::io::Result<()> {
        let local = |config: &PushConfig| url::Url::parse(&config.endpoint).is_ok_and(|url| loopback::is_local(&url));
        if config.as_ref().is_some_and(|config| !local(config)) {
            return Err(std::io::Error::other("the push endpoint must be an address of this machine"));
        }
        self.world.push.configure(config);
        Ok(())
    }

    /// Breaks the next notification; several calls queue up.
    pub fn break_next_push(&self, fault: PushFault) {
        self.world.push.break_next(fault);
    }

    /// The next id_token is like this; several calls queue up.
    pub fn forge_next_id_token(&self, forgery: Forgery) {
        lock(&self.world.forgeries).push_back(forgery);
    }

    /// Switches Gmail's limit of 6,000 units per minute and account on or off; it is off at the start.
    pub fn enforce_quota(&self, on: bool) {
        self.world.enforce_quota.store(on, Ordering::Relaxed);
    }
}

fn load(state: &mut State, practice: &Practice, url: &str, now: Timestamp) {
    for advisor in &practice.advisors {
        if state.account(&advisor.email).is_some() {
            continue;
        }
        state.accounts.push(Account {
            sub: advisor.sub.clone(),
            email: advisor.email.clone(),
            name: advisor.name.clone(),
            given_name: advisor.given_name.clone(),
            family_name: advisor.family_name.clone(),
            time_zone: advisor.time_zone.clone(),
        });
        state.mailboxes.insert(advisor.email.clone(), Mailbox::new(&advisor.email));
        state.calendars.insert(advisor.email.clone(), Calendar::new(&advisor.email, &advisor.time_zone));
    }
    for mail in &practice.mails {
        let known =
            state.mailboxes.get_mut(&mail.mailbox).is_none_or(|mailbox| !mailbox.loaded.insert(mail.id.clone()));
        if !known {
            send::deliver(state, mail, now);
        }
    }
    for event in &practice.events {
        let known = state.calendars.get(&event.calendar).is_none_or(|calendar| calendar.events.contains_key(&event.id));
        if !known {
            // Loaded events were made before their meeting.
            let made = (event.start - SignedDuration::from_hours(24 * 14)).min(now);
            calendar::load(state, event, url, made);
        }
    }
}
