//! Advisors with a little in their accounts, and what the orders are about; and how they sign in.

use std::collections::BTreeMap;

use fakes::practice::{Advisor as Person, CrmObject, Event, Mail, Mailbox, Practice};
use jiff::{SignedDuration, Timestamp};
use shared::model::UserId;
use url::Url;

use super::options::Options;
use super::plan::{Kind, Order};
use super::world::{Advisor, World};
use crate::ask::browser::{Browser, Jar};
use crate::ask::sign_in;
use crate::clock::now;
use crate::stop::Stop;
use crate::{Problem, Result, gateway, up};

const FIRST_PORTAL: i64 = 31_000_000;
/// The contact notes are made on, in every portal.
pub const CLIENT: &str = "1001";
/// Contacts that are changed have ids from here on, by order.
const CHANGED: usize = 100_000;
/// Who sign in at once.
const TOGETHER: usize = 8;
const ZONE: &str = "America/New_York";

pub fn portal(advisor: usize) -> i64 {
    FIRST_PORTAL + i64::try_from(advisor).unwrap_or_default()
}

pub fn email(advisor: usize) -> String {
    format!("advisor{advisor}@firm.example")
}

/// HubSpot's id of the contact an order changes.
pub fn contact_id(order: &Order) -> String {
    (CHANGED + order.number).to_string()
}

/// Google's id of the event an order changes.
pub fn event_id(order: &Order) -> String {
    format!("target{:08}", order.number)
}

pub fn practice(options: &Options, plan: &[Order]) -> Practice {
    let begin = now();
    let mut practice = Practice::default();
    for place in 0..options.advisors() {
        practice.advisors.push(Person {
            sub: (100_000_000_000 + place).to_string(),
            email: email(place),
            name: format!("Advisor {place}"),
            given_name: "Advisor".into(),
            family_name: place.to_string(),
            time_zone: ZONE.into(),
            portal_id: portal(place),
            hubspot_user_id: 5_000_000 + i64::try_from(place).unwrap_or_default(),
            hubspot_owner_id: (70_000_000 + place).to_string(),
        });
        practice.contacts.push(contact(portal(place), CLIENT, &format!("client{place}@people.example"), begin));
        practice.mails.push(mail(place, begin));
    }
    for order in plan {
        match order.kind {
            Kind::ContactChange => {
                let (portal, address) = (portal(order.advisor), format!("changed{}@people.example", order.number));
                practice.contacts.push(contact(portal, &contact_id(order), &address, begin));
            }
            Kind::EventChange => practice.events.push(event(order, begin)),
            _ => {}
        }
    }
    practice
}

fn contact(portal_id: i64, id: &str, email: &str, now: Timestamp) -> CrmObject {
    let properties = [("firstname", "Pat"), ("lastname", "Client"), ("email", email)];
    CrmObject {
        portal_id,
        id: id.to_owned(),
        properties: properties
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        created_at: now - SignedDuration::from_hours(48),
        updated_at: now - SignedDuration::from_hours(48),
        associations: Vec::new(),
    }
}

fn event(order: &Order, now: Timestamp) -> Event {
    let start = now + SignedDuration::from_hours(24 * 7);
    Event {
        calendar: email(order.advisor),
        id: event_id(order),
        summary: "Review".into(),
        description: None,
        location: None,
        start,
        end: start + SignedDuration::from_hours(1),
        all_day: false,
        attendees: Vec::new(),
        recurrence: Vec::new(),
    }
}

fn mail(advisor: usize, now: Timestamp) -> Mail {
    Mail {
        mailbox: email(advisor),
        id: String::new(),
        thread_id: String::new(),
        from: Mailbox { name: "Pat Client".into(), email: format!("client{advisor}@people.example") },
        to: vec![Mailbox { name: String::new(), email: email(advisor) }],
        cc: Vec::new(),
        subject: "The bonds".into(),
        date: now - SignedDuration::from_hours(30),
        text: Some("Could we talk about the bonds next week?".into()),
        html: None,
        label_ids: vec!["INBOX".into()],
        message_id: String::new(),
        in_reply_to: None,
        references: Vec::new(),
        headers: Vec::new(),
    }
}

/// Everybody signs in and connects HubSpot, through the product's routes, before the weather turns.
pub async fn sign_in(world: &mut World) -> Result<()> {
    let gate = Stop::never();
    let listeners = gateway::listen(world.ports.gateway).await?;
    let functions = up::functions::load(world.config.clone()).await?;
    let serving = tokio::spawn(gateway::serve(listeners, functions.endpoints, gate.clone()));
    let api = Url::parse(&world.config.public_url).map_err(|e| Problem(e.to_string()))?;
    let places: Vec<usize> = (0..world.options.advisors()).collect();
    for some in places.chunks(TOGETHER) {
        // All of them come from one address, which may begin thirty sign-ins a minute.
        world.execute("delete from rate_limits").await?;
        let entered = some.iter().map(|place| enter(&api, *place));
        world.advisors.extend(futures::future::try_join_all(entered).await?);
    }
    gate.ask();
    let _cut_off = serving.await;
    Ok(())
}

/// One of them, with a browser of their own.
async fn enter(api: &Url, place: usize) -> Result<Advisor> {
    let mut browser = Browser::new(Jar::default())?;
    for (start, provider) in [("/api/auth/google/start", "Google"), ("/api/auth/hubspot/start", "HubSpot")] {
        sign_in::through_consent(&mut browser, api, start, provider, Some(&email(place))).await?;
    }
    let me = sign_in::me(&mut browser, api).await?;
    let id = me["id"].as_i64().ok_or_else(|| Problem(format!("{} did not get in.", email(place))))?;
    let cookies = browser.jar.header(api).unwrap_or_default();
    Ok(Advisor { email: email(place), portal: portal(place), id: UserId(id), cookies })
}
