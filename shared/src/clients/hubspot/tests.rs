//! Connecting to the stand-in for HubSpot and reading its records.

use std::collections::BTreeMap;
use std::time::Duration;

use fakes::hubspot::Options;
use fakes::practice::{CrmObject, Practice};
use fakes::server::Clock;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use super::object::{Object, plain, record};
use super::*;
use crate::clients::google_oauth::tests::advisor;
use crate::clients::http::{client, tests::browse};
use crate::clients::hubspot_oauth::{HubSpotOauth, SCOPES};
use crate::config;
use crate::error::Kind;
use crate::model::crm::{Body, Contact, Deal, Note, ObjectType, Record};
use crate::model::user::Tokens;

const PORTAL: i64 = 8_675_309;
const CALLBACK: &str = "http://localhost:8000/api/auth/hubspot/callback";

struct World {
    fake: fakes::hubspot::HubSpot,
    config: config::HubSpot,
    http: Client,
    secret: SecretString,
}

fn object(id: u32, properties: &[(&str, &str)], contacts: &[u32]) -> CrmObject {
    let at = "2026-01-05T10:00:00Z".parse().unwrap();
    CrmObject {
        portal_id: PORTAL,
        id: id.to_string(),
        properties: properties.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        created_at: at,
        updated_at: at,
        associations: contacts.iter().map(|id| ("contacts".into(), id.to_string())).collect(),
    }
}

/// More than one page of contacts, and notes on the first of them.
fn practice() -> Practice {
    let contacts = (101..=250).map(|id| object(id, &[("email", &format!("Client{id}@Example.com"))], &[]));
    let note =
        [("hs_timestamp", "2026-01-02T03:04:05Z"), ("hs_note_body", "<p>Plays &amp; coaches <b>baseball</b></p>")];
    Practice {
        advisors: vec![advisor()],
        contacts: contacts.collect(),
        notes: vec![object(401, &note, &[101, 102]), object(402, &note, &[])],
        ..Practice::default()
    }
}

fn contact(record: &Record) -> &Contact {
    let Body::Contact(contact) = &record.body else { panic!("{record:?} is no contact") };
    contact
}

fn note(record: &Record) -> &Note {
    let Body::Note(note) = &record.body else { panic!("{record:?} is no note") };
    note
}

fn deal(record: &Record) -> &Deal {
    let Body::Deal(deal) = &record.body else { panic!("{record:?} is no deal") };
    deal
}

impl World {
    async fn start() -> Self {
        let options = Options {
            addr: "127.0.0.1:0".parse().unwrap(),
            clock: Clock::default(),
            client_id: "app".into(),
            client_secret: "secret".into(),
            redirect_uris: vec![CALLBACK.into()],
            state_file: None,
        };
        let fake = fakes::hubspot::HubSpot::start(options).await.unwrap();
        fake.load(&practice());
        let config = config::HubSpot {
            client_id: Some("app".into()),
            redirect_uri: CALLBACK.into(),
            api_url: fake.url().into(),
            app_url: fake.url().into(),
            webhook_v1: false,
        };
        Self { fake, config, http: client(crate::model::Clock::default()), secret: SecretString::from("secret") }
    }

    fn oauth(&self) -> HubSpotOauth<'_> {
        HubSpotOauth { http: &self.http, config: &self.config, client_id: "app", client_secret: &self.secret }
    }

    fn now(&self) -> Timestamp {
        self.fake.control().clock.now()
    }

    async fn code(&self) -> String {
        let page = browse(self.http.get(self.oauth().authorize_url("s 1"))).await.text().await.unwrap();
        let link = page.split("id=\"approve\"").nth(1).unwrap().split("href=\"").nth(1).unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        let answer = browse(self.http.get(format!("{}{link}", self.fake.url()))).await;
        let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let answer: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
        assert_eq!(answer["state"], "s 1");
        answer["code"].clone()
    }

    async fn connect(&self) -> Tokens {
        self.oauth().exchange(&self.code().await, self.now()).await.unwrap()
    }

    fn crm<'a>(&'a self, tokens: &'a Tokens) -> HubSpot<'a> {
        HubSpot { http: &self.http, base: &self.config.api_url, token: &tokens.access_token }
    }
}

#[tokio::test]
async fn a_consent_becomes_tokens_for_a_portal() {
    let world = World::start().await;
    assert!(world.oauth().authorize_url("s 1").as_str().contains("scope=oauth%20crm.objects.contacts.read%20"));

    let tokens = world.connect().await;
    let portal = world.oauth().introspect(&tokens.access_token).await.unwrap();

    assert_eq!((portal.hub_id, portal.user.as_deref()), (PORTAL, Some("ada@alder.example")));
    assert_eq!(tokens.expires_at.duration_since(world.now()).as_mins(), 29);
    for scope in SCOPES {
        assert!(tokens.scopes.iter().any(|granted| granted == scope), "{scope} is not in {:?}", tokens.scopes);
    }
}

#[tokio::test]
async fn a_code_works_once() {
    let world = World::start().await;
    let code = world.code().await;
    world.oauth().exchange(&code, world.now()).await.unwrap();

    let error = world.oauth().exchange(&code, world.now()).await.unwrap_err();

    assert_eq!(error.kind, Kind::Refused, "{error:?}");
}

#[tokio::test]
async fn refreshing_goes_on_until_the_app_is_removed() {
    let mut world = World::start().await;
    let tokens = world.connect().await;
    let refresh_token = tokens.refresh_token.clone().unwrap();
    assert!(world.oauth().refresh(&refresh_token, world.now()).await.is_ok());

    world.secret = SecretString::from("rotated");
    let error = world.oauth().refresh(&refresh_token, world.now()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Internal, "{error:?}");

    world.secret = SecretString::from("secret");
    world.oauth().revoke(&refresh_token).await.unwrap();
    let error = world.oauth().refresh(&refresh_token, world.now()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Reconnect, "{error:?}");

    world.fake.expire_access_tokens();
    let error = world.crm(&tokens).page(ObjectType::Contact, None, false).await.unwrap_err();
    assert_eq!(error.upstream_status(), Some(401));
    assert_eq!(world.oauth().introspect("nonsense").await.unwrap_err().kind, Kind::Reconnect);
}

#[tokio::test]
async fn contacts_are_read_page_by_page() {
    let world = World::start().await;
    let tokens = world.connect().await;

    let first = world.crm(&tokens).page(ObjectType::Contact, None, false).await.unwrap();
    let second = world.crm(&tokens).page(ObjectType::Contact, first.next.as_deref(), false).await.unwrap();

    assert_eq!((first.records.len(), second.records.len(), second.next), (100, 50, None));
    assert_eq!(first.records[0].email(), Some("client101@example.com"));
    assert!(world.crm(&tokens).page(ObjectType::Contact, None, true).await.unwrap().records.is_empty());
}

#[tokio::test]
async fn notes_come_with_their_contacts_and_as_text() {
    let world = World::start().await;
    let tokens = world.connect().await;

    let notes = world.crm(&tokens).page(ObjectType::Note, None, false).await.unwrap().records;

    assert_eq!(note(&notes[0]).body, "Plays & coaches baseball");
    assert_eq!(note(&notes[0]).contact_ids, ["101", "102"]);
    assert_eq!(note(&notes[0]).noted_at, "2026-01-02T03:04:05Z".parse().unwrap());
    assert!(note(&notes[1]).contact_ids.is_empty());
}

#[tokio::test]
async fn what_changed_is_found_oldest_first_and_what_went_is_listed_apart() {
    let world = World::start().await;
    let tokens = world.connect().await;
    let since = Window::Since(world.now());
    for (id, company) in [(150, "Fir"), (120, "Elm")] {
        world.fake.control().clock.advance(Duration::from_secs(5));
        let change = BTreeMap::from([("company".to_owned(), company.to_owned())]);
        world.fake.update_properties(PORTAL, "contacts", id, &change).unwrap();
    }
    let called = [("hs_timestamp", "1767323045000"), ("hs_note_body", "Called")];
    world.fake.put_object(PORTAL, "notes", &object(403, &called, &[103])).unwrap();
    world.fake.archive(PORTAL, "contacts", 101).unwrap();
    let crm = world.crm(&tokens);

    let changed = crm.modified(ObjectType::Contact, &since, None).await.unwrap();
    let companies: Vec<_> = changed.records.iter().filter_map(|record| contact(record).company.as_deref()).collect();
    assert_eq!(companies, ["Fir", "Elm"]);

    let notes = crm.modified(ObjectType::Note, &since, None).await.unwrap().records;
    assert_eq!((notes.len(), note(&notes[0]).noted_at.as_second()), (1, 1_767_323_045));
    let links = crm.associated(ObjectType::Note, &["403".to_owned()], ObjectType::Contact).await.unwrap();
    assert_eq!(links["403"], ["103"]);

    let gone = crm.page(ObjectType::Contact, None, true).await.unwrap().records;
    assert_eq!(gone.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["101"]);
    assert!(gone[0].archived_at.is_some());
}

#[tokio::test]
async fn one_moment_is_searched_by_ids() {
    let world = World::start().await;
    let tokens = world.connect().await;
    let at = "2026-01-05T10:00:00Z".parse().unwrap();

    let page = world.crm(&tokens).modified(ObjectType::Contact, &Window::Moment { at, past: "247".into() }, None).await;

    let ids: Vec<String> = page.unwrap().records.into_iter().map(|record| record.id).collect();
    assert_eq!(ids, ["248", "249", "250"]);
}

#[tokio::test]
async fn ids_are_there_or_in_the_bin_or_unknown_and_merged_ones_lead_to_the_other() {
    let world = World::start().await;
    let tokens = world.connect().await;
    let crm = world.crm(&tokens);
    world.fake.archive(PORTAL, "contacts", 101).unwrap();
    world.fake.merge(PORTAL, "contacts", 102, 103).unwrap();
    let change = BTreeMap::from([("company".to_owned(), "Elm".to_owned())]);
    world.fake.update_properties(PORTAL, "contacts", 104, &change).unwrap();
    let ids = ["101", "103", "104", "9"].map(str::to_owned);

    let live = crm.read(ObjectType::Contact, &ids, false, &["company"]).await.unwrap();
    let binned = crm.read(ObjectType::Contact, &live.missing, true, &[]).await.unwrap();

    assert_eq!(live.records.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["102", "104"]);
    assert_eq!(live.records[0].merged_ids, ["103"]);
    assert_eq!(live.records[1].value_at("company", world.now()), Some("Elm"));
    assert_eq!(live.records[1].value_at("company", "2026-01-05T10:00:00Z".parse().unwrap()), None);
    assert_eq!(live.missing, ["101", "9"]);
    assert_eq!((binned.records[0].id.as_str(), binned.missing), ("101", vec!["9".to_owned()]));
}

#[tokio::test]
async fn deals_refer_to_stages_and_owners_that_can_be_looked_up() {
    let world = World::start().await;
    let tokens = world.connect().await;
    let crm = world.crm(&tokens);
    let properties = [
        ("dealname", "Plan"),
        ("amount", "4000.50"),
        ("closedate", "2026-06-01T18:00:00Z"),
        ("dealstage", "closedwon"),
        ("pipeline", "default"),
    ];
    world.fake.put_object(PORTAL, "deals", &object(801, &properties, &[101])).unwrap();

    let found = crm.page(ObjectType::Deal, None, false).await.unwrap().records;
    let pipelines = crm.pipelines().await.unwrap();
    let (owners, next) = crm.owners(None, false).await.unwrap();

    let plan = deal(&found[0]);
    assert_eq!((plan.amount.as_deref(), plan.is_closed, plan.is_won), (Some("4000.50"), true, true));
    assert_eq!((plan.contact_ids.as_slice(), plan.company_ids.len()), (&["101".to_owned()][..], 0));
    let stage = pipelines[0].stages.iter().find(|stage| Some(&stage.id) == plan.stage_id.as_ref()).unwrap();
    assert_eq!((stage.label.as_str(), stage.is_closed), ("Closed Won", true));
    assert_eq!((owners[0].email.as_deref(), next), (Some("ada@alder.example"), None));
    assert!(crm.owners(None, true).await.unwrap().0.is_empty());
}

#[tokio::test]
async fn searches_beyond_the_limit_are_paced_and_not_failed() {
    let world = World::start().await;
    let tokens = world.connect().await;
    world.fake.enforce_limits(true);

    for _ in 0..7 {
        world.crm(&tokens).modified(ObjectType::Note, &Window::Since(Timestamp::UNIX_EPOCH), None).await.unwrap();
    }
}

#[test]
fn a_note_is_read_as_text() {
    for (html, text) in [
        ("", ""),
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<div>See <a href=\"https://example.com/x\">the plan</a></div>", "See the plan"),
        ("Plain text &amp; nothing else", "Plain text & nothing else"),
        ("<p>Above</p><hr><p>Below</p>", "Above\n\nBelow"),
    ] {
        assert_eq!(plain(html), text, "{html}");
    }
    let table = plain("<table><tr><td>Risk</td><td>low</td></tr></table>");
    assert!(table.contains("Risk") && table.contains("low") && table.len() < 20, "{table}");
    let list = plain("<ul><li>529 plan</li><li>Roth</li></ul>");
    assert!(list.contains("529 plan") && list.lines().count() == 2, "{list}");
    let deep = "<div>".repeat(10_000) + "deep";
    assert!(plain(&deep).len() <= 4);
}

#[test]
fn properties_that_are_missing_are_not_there() {
    let object: Object = serde_json::from_value(json!({
        "id": "7",
        "properties": {
            "email": null, "firstname": "", "mobilephone": "555", "hs_additional_emails": " A@x.com;;b@x.com ", "jobtitle": "CPA",
        },
        "createdAt": "2026-01-05T10:00:00.000Z",
        "updatedAt": "2026-01-05T10:00:00Z",
    }))
    .unwrap();

    let record = record(ObjectType::Contact, object);

    let contact = contact(&record);
    assert_eq!((&contact.email, contact.phone.as_deref(), contact.name().as_str()), (&None, Some("555"), "Contact 7"));
    assert_eq!(contact.other_emails, ["a@x.com", "b@x.com"]);
    assert_eq!(contact.properties.len(), 3);
}
