//! A product whose wires can be cut: whatever it calls stands behind a proxy that fails on demand.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use fakes::proxy::{Proxy, Trouble};
use jiff::Timestamp;
use lambda_http::{Context, Request, RequestExt};
use shared::App;
use shared::config::Config;

use super::{Heard, Person, TestApp};

/// The five, each with the settings that lead to it.
pub struct Wires {
    pub google: Proxy,
    pub hubspot: Proxy,
    pub openai: Proxy,
    pub aws: Proxy,
    pub database: Proxy,
}

/// What a browser opens goes past the product.
const GOOGLE: [&str; 5] =
    ["GOOGLE_TOKEN_URL", "GOOGLE_REVOKE_URL", "GOOGLE_JWKS_URL", "GMAIL_API_URL", "CALENDAR_API_URL"];

impl Wires {
    pub fn providers(&self) -> [&Proxy; 3] {
        [&self.google, &self.hubspot, &self.openai]
    }

    pub fn make(&self, trouble: Trouble) {
        self.providers().into_iter().for_each(|proxy| proxy.make(trouble));
    }
}

impl TestApp {
    /// With everything behind a proxy. People sign in before or after.
    pub async fn wired(self) -> (Self, Wires) {
        let to = async |name: &str| Proxy::before(address(&self.settings[name])).await.unwrap();
        let wires = Wires {
            google: to("GMAIL_API_URL").await,
            hubspot: to("HUBSPOT_API_URL").await,
            openai: to("OPENAI_BASE_URL").await,
            aws: to("AWS_ENDPOINT_URL").await,
            database: to("DATABASE_URL").await,
        };
        let by = [
            (&GOOGLE[..], wires.google.addr),
            (&["HUBSPOT_API_URL"], wires.hubspot.addr),
            (&["OPENAI_BASE_URL"], wires.openai.addr),
            (&["AWS_ENDPOINT_URL"], wires.aws.addr),
            (&["DATABASE_URL"], wires.database.addr),
        ];
        let changed = by.into_iter().flat_map(|(names, addr)| names.iter().map(move |name| (*name, addr)));
        let app = self.led_to(changed.collect()).await;
        (app, wires)
    }

    /// Every provider is at this address, and nobody is there.
    pub async fn led_astray(self, addr: SocketAddr) -> Self {
        let names = GOOGLE.iter().chain(&["HUBSPOT_API_URL", "OPENAI_BASE_URL"]);
        let changed = names.map(|name| (*name, addr)).collect();
        self.led_to(changed).await
    }

    /// A new process, configured with these addresses.
    async fn led_to(mut self, changed: Vec<(&str, SocketAddr)>) -> Self {
        for (name, addr) in changed {
            let known = &self.settings[name];
            let moved = known.replace(&address(known).to_string(), &addr.to_string());
            self.settings.insert(name.to_owned(), moved);
        }
        self.heard = Heard::default();
        self.app = self.another().await;
        self
    }

    /// Another process of the same product.
    pub async fn another(&self) -> App {
        let config = Config::read(|name| self.settings.get(name).cloned()).unwrap();
        App::new(config, 8).await.unwrap()
    }

    /// The same product, configured otherwise.
    pub async fn with_settings(mut self, settings: &[(&str, &str)]) -> Self {
        self.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.app = self.another().await;
        self
    }

    /// Somebody whose browser has these cookies.
    pub fn with_cookies(&self, cookies: BTreeMap<String, String>) -> Person<'_> {
        Person { app: self, cookies: Mutex::new(cookies), ip: "127.0.0.1".into() }
    }
}

/// Where a URL leads.
fn address(url: &str) -> SocketAddr {
    let url = reqwest::Url::parse(url).unwrap();
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap()).parse().unwrap()
}

/// A request of which Lambda says how long it may take.
pub fn in_time(request: Request, now: Timestamp, time: Option<Duration>) -> Request {
    let Some(time) = time else { return request };
    let mut context = Context::default();
    context.deadline = u64::try_from(now.as_millisecond()).unwrap() + u64::try_from(time.as_millis()).unwrap();
    request.with_lambda_context(context)
}
