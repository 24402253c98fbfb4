//! HubSpot as a small stateful server: OAuth, CRM objects, search, associations, webhooks, and the pages links lead to.
//!
//! It is built from HubSpot's documentation and public specifications, answers wrong requests as HubSpot does, and
//! shares no types with the product. What it does not know it answers with 404. Where the documentation is silent it
//! chooses: an authorization code lives ten minutes; a merge keeps the primary's id unless
//! [`HubSpot::merge_into_new`] says otherwise; every property and every type of event is subscribed to.
//!
//! Another process drives it over HTTP, under `/_control`, beside what [`crate::server`] offers:
//!
//! | request | does |
//! |---|---|
//! | `GET /_control/portals` | lists portals, users and the number of records |
//! | `PUT /_control/objects/{portal}/{type}` with a [`CrmObject`] | creates or replaces, as a person in HubSpot would |
//! | `PATCH /_control/objects/{portal}/{type}/{id}` `{"name": "value"}` | changes properties |
//! | `DELETE /_control/objects/{portal}/{type}/{id}` | archives |
//! | `POST /_control/objects/{portal}/{type}/{id}/restore` | takes it out of the recycling bin |
//! | `POST /_control/objects/{portal}/{type}/{id}/merge` `{"other": 2}` | merges the other into it |
//! | `POST /_control/objects/{portal}/contacts/{id}/gdpr-delete` | erases |
//! | `POST /_control/revoke` `{"portal": 1}` | ends the portal's refresh tokens |
//! | `POST /_control/expire` | ends every access token |
//! | `POST /_control/settings` `{"search_lag_ms", "enforce_limits", "merge_into_new"}` | changes what is given |
//! | `POST /_control/webhooks` `{"url", "app_id", "duplicate", "reorder", "lose"}` | sets the target, makes trouble |

mod app;
mod associations;
mod batch;
mod consent;
mod control;
mod directory;
mod filter;
mod guard;
mod html;
mod kind;
mod links;
mod load;
mod oauth;
mod objects;
mod pages;
mod pipelines;
mod portal;
mod properties;
mod records;
mod refusal;
mod request;
mod routes;
mod schema;
mod search;
mod show;
mod signature;
mod state;
#[cfg(test)]
mod tests;
mod webhooks;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use self::app::{App, Shared};
use self::kind::Kind;
use self::portal::{Actor, Portal, Source};
use self::refusal::Refusal;
use self::state::{State, Target};
pub use self::webhooks::Trouble;
use crate::practice::{CrmObject, Practice};
use crate::server::{Clock, Control, Running, bind, lock, serve};

/// How long changes gather before they are written.
const SAVE_AFTER: Duration = Duration::from_millis(200);

/// HubSpot's spelling of a moment: UTC with milliseconds.
fn timestamp(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// One app as it is registered at HubSpot, and where the fake listens.
pub struct Options {
    /// Port 0 for any.
    pub addr: SocketAddr,
    pub clock: Clock,
    pub client_id: String,
    /// Also the key of the webhooks' signatures.
    pub client_secret: String,
    /// Compared letter by letter.
    pub redirect_uris: Vec<String>,
    /// Where the state is kept between runs; without one it is gone with the process.
    pub state_file: Option<PathBuf>,
}

/// The running fake. It saves its state and stops when dropped.
pub struct HubSpot {
    app: Shared,
    control: Control,
    running: Running,
    tasks: Vec<JoinHandle<()>>,
}

impl HubSpot {
    /// Starts with the state of the last run, if there is one.
    ///
    /// # Errors
    /// When the address is taken, or the state file cannot be read.
    pub async fn start(options: Options) -> io::Result<Self> {
        let state = match &options.state_file {
            Some(path) => State::read(path)?,
            None => State::default(),
        };
        let (listener, url) = bind(options.addr).await?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(io::Error::other)?;
        let control = Control::new(options.clock.clone(), refusal::body_for);
        let app = Arc::new(App {
            url,
            clock: options.clock,
            client_id: options.client_id,
            client_secret: options.client_secret,
            redirect_uris: options.redirect_uris,
            state_file: options.state_file,
            http,
            state: state.into(),
            settings: Default::default(),
            requests: Default::default(),
            searches: Default::default(),
            unsaved: AtomicBool::new(false),
            save: Notify::new(),
            deliver: Notify::new(),
        });
        let running = serve(listener, routes::vendor(&app), &control)?;
        let tasks = vec![tokio::spawn(save_changes(app.clone())), tokio::spawn(webhooks::run(app.clone()))];
        Ok(Self { app, control, running, tasks })
    }

    /// `http://127.0.0.1:PORT`: the API, the consent page and the record pages.
    pub fn url(&self) -> &str {
        &self.running.url
    }

    /// The request log, the faults and the clock.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Whether nothing was ever loaded.
    pub fn is_empty(&self) -> bool {
        lock(&self.app.state).portals.is_empty()
    }

    /// Adds what is not there yet: portals and users from the advisors, records with their associations. Nobody is
    /// told of it.
    pub fn load(&self, practice: &Practice) {
        load::load(&mut lock(&self.app.state), practice, self.app.now());
        self.app.changed();
    }

    /// Creates a record, or gives an existing one exactly these properties, as a person in HubSpot would.
    pub fn put_object(&self, portal: i64, kind: &str, object: &CrmObject) -> io::Result<()> {
        self.act(portal, kind, |account, kind, actor| load::put(account, kind, object, actor))
    }

    /// Changes some properties of a record as a person would; an empty value clears one.
    pub fn update_properties(
        &self,
        portal: i64,
        kind: &str,
        id: u64,
        values: &BTreeMap<String, String>,
    ) -> io::Result<()> {
        let values: BTreeMap<_, _> =
            values.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        self.act(portal, kind, |account, kind, actor| account.update(kind, id, &values, actor).map(drop))
    }

    /// What all records of a kind that are not in the recycling bin have for this property, as the store has them.
    ///
    /// # Errors
    /// When there is no such portal or kind.
    pub fn values(&self, portal: i64, kind: &str, property: &str) -> io::Result<Vec<String>> {
        let kind = Kind::parse(kind).map_err(|refusal| refused(&refusal))?;
        let values = self.app.read(portal, |account| {
            Ok(account.live(kind).map(|record| record.value(property).unwrap_or_default().to_owned()).collect())
        });
        values.map_err(|refusal| refused(&refusal))
    }

    /// Moves a record to the recycling bin.
    pub fn archive(&self, portal: i64, kind: &str, id: u64) -> io::Result<()> {
        self.act(portal, kind, |account, kind, actor| account.archive(kind, id, actor))
    }

    /// Takes a record out of the recycling bin.
    pub fn restore(&self, portal: i64, kind: &str, id: u64) -> io::Result<()> {
        self.act(portal, kind, |account, kind, actor| account.restore(kind, id, actor))
    }

    /// Merges `other` into `primary`, and answers the id the result has.
    pub fn merge(&self, portal: i64, kind: &str, primary: u64, other: u64) -> io::Result<u64> {
        self.act(portal, kind, |account, kind, actor| account.merge(kind, primary, other, actor))
    }

    /// Whether merges in this portal end in a record with an id neither had before. Off at first.
    pub fn merge_into_new(&self, portal: i64, on: bool) -> io::Result<()> {
        self.act(portal, "contacts", |account, _, _| {
            account.merge_into_new = on;
            Ok(())
        })
    }

    /// Erases a contact for good.
    pub fn gdpr_delete(&self, portal: i64, id: u64) -> io::Result<()> {
        self.act(portal, "contacts", |account, _, _| account.erase(id))
    }

    /// Calls a stage of the pipelines something else.
    pub fn rename_stage(&self, portal: i64, stage: &str, label: &str) -> io::Result<()> {
        self.act(portal, "deals", |account, _, _| {
            let stages = account.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.stages);
            let stage = stages.into_iter().find(|known| known.id == stage).ok_or_else(Refusal::not_found)?;
            label.clone_into(&mut stage.label);
            Ok(())
        })
    }

    /// Associates two records with the default type.
    pub fn associate(&self, portal: i64, from: (&str, u64), to: (&str, u64)) -> io::Result<()> {
        let to_kind = Kind::parse(to.0).map_err(|refusal| refused(&refusal))?;
        self.act(portal, from.0, |account, kind, _| account.associate((kind, from.1), (to_kind, to.1), &[]))
    }

    /// Ends the refresh tokens of a portal: the next refresh is `invalid_grant`, `BAD_REFRESH_TOKEN`.
    pub fn revoke(&self, portal: i64) {
        self.app.revoke(portal);
    }

    /// Ends every access token: the next call is 401 `EXPIRED_AUTHENTICATION`.
    pub fn expire_access_tokens(&self) {
        self.app.expire_access_tokens();
    }

    /// Sends the events of the portals that have the app installed to this address from now on.
    ///
    /// # Errors
    /// When the address is not on this machine.
    pub fn set_webhook_target(&self, url: &str, app_id: i64) -> io::Result<()> {
        webhooks::check_target(url)?;
        lock(&self.app.state).webhook = Some(Target { url: url.to_owned(), app_id });
        self.app.changed();
        Ok(())
    }

    /// What goes wrong with the next deliveries.
    pub fn webhook_trouble(&self, trouble: Trouble) {
        lock(&self.app.settings).trouble = trouble;
    }

    /// How far the search index is behind. Nothing at first.
    pub fn search_lag(&self, lag: Duration) {
        lock(&self.app.settings).search_lag = lag;
    }

    /// Whether 110 requests in ten seconds and 5 searches in a second are all a portal may make. Off at first.
    pub fn enforce_limits(&self, on: bool) {
        lock(&self.app.settings).enforce_limits = on;
    }

    fn act<T>(
        &self,
        portal: i64,
        kind: &str,
        act: impl FnOnce(&mut Portal, Kind, Actor) -> Result<T, Refusal>,
    ) -> io::Result<T> {
        let kind = Kind::parse(kind).map_err(|refusal| refused(&refusal))?;
        self.app.as_person(portal, |account, actor| act(account, kind, actor)).map_err(|refusal| refused(&refusal))
    }
}

fn refused(refusal: &Refusal) -> io::Error {
    io::Error::other(refusal.body["message"].as_str().unwrap_or_default().to_owned())
}

impl Drop for HubSpot {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.app.save_now();
    }
}

impl App {
    fn revoke(&self, portal: i64) {
        for grant in lock(&self.state).grants.values_mut().filter(|grant| grant.portal == portal) {
            grant.revoked = true;
        }
        self.changed();
    }

    fn expire_access_tokens(&self) {
        let now = self.now();
        for access in lock(&self.state).access.values_mut() {
            access.expires = access.expires.min(now);
        }
        self.changed();
    }

    /// Changes something as the portal's first user would in HubSpot's own screens.
    fn as_person<T>(
        &self,
        portal: i64,
        act: impl FnOnce(&mut Portal, Actor) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let user_id = self.read(portal, |account| Ok(account.users.first().map_or(0, |user| user.id)))?;
        self.write(portal, Source::CrmUi { user_id }, act)
    }
}

async fn save_changes(app: Shared) {
    loop {
        app.save.notified().await;
        tokio::time::sleep(SAVE_AFTER).await;
        let app = app.clone();
        if tokio::task::spawn_blocking(move || app.save_now()).await.is_err() {
            return;
        }
    }
}
