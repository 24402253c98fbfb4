//! What is told in any order, in pieces and twice ends in the same rows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use fakes::practice::CrmObject;
use tokio::net::TcpListener;

use super::hubspot::{SECRET, now, signed};
use super::*;

/// Every row HubSpot's records ended in, without its times and our ids.
const ROWS: [(&str, &str); 6] = [
    (
        "companies",
        "select hubspot_id, name, domain, phone, industry, owner_id from companies order by 1",
    ),
    (
        "contacts",
        "select hubspot_id, first_name, last_name, email, other_emails, phone, company, job_title, lifecycle_stage, owner_id,
                array(select unnest(company_ids) order by 1) from contacts order by 1",
    ),
    (
        "deals",
        "select hubspot_id, name, amount, stage_id, is_closed, is_won, array(select unnest(contact_ids) order by 1),
                array(select unnest(company_ids) order by 1) from deals order by 1",
    ),
    ("notes", "select hubspot_id, body, array(select unnest(contact_ids) order by 1) from notes order by 1"),
    (
        "documents",
        "select d.kind, d.source_id, d.heading, string_agg(c.body, '|' order by c.ordinal)
           from documents d join chunk_text c on c.user_id = d.user_id and c.document_id = d.id
          group by d.id, d.kind, d.source_id, d.heading order by 1, 2",
    ),
    (
        "events",
        "select event_type, subject_id, facts->>'property', facts->>'value', facts->>'name' from events
          where source = 'hubspot' order by 1, 2, 3, 4",
    ),
];

type Rows = BTreeMap<&'static str, Vec<Vec<String>>>;

/// Numbers that look random, and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.roll(last + 1));
        }
    }
}

/// A seed nobody chose, beside those that are always tried. A failure names it.
fn any_seed(app: &TestApp) -> u64 {
    u64::try_from(app.app.now().as_microsecond()).unwrap()
}

impl TestApp {
    async fn crm_rows(&self) -> Rows {
        let mut rows = Rows::new();
        for (table, sql) in ROWS {
            rows.insert(table, self.sql(sql).await);
        }
        rows
    }

    fn put_now(&self, kind: &str, id: &str, properties: &[(&str, &str)], associations: &[(&str, &str)]) {
        let made = CrmObject { created_at: self.app.now(), ..record(id, properties, associations) };
        self.hubspot.put_object(self.portal(), kind, &made).unwrap();
    }

    fn changes(&self, kind: &str, id: u64, property: &str, values: &[&str]) {
        for value in values {
            // What an event tells is what was true at its time: two of one moment would be told as one.
            self.advance(Duration::from_secs(1));
            let change = BTreeMap::from([(property.to_owned(), (*value).to_owned())]);
            self.hubspot.update_properties(self.portal(), kind, id, &change).unwrap();
        }
    }

    /// What was there before.
    fn practice(&self) {
        self.put_now("companies", "701", &[("name", "Hall Engineering"), ("domain", "hall.example")], &[]);
        self.contact("501", "Greg", "Hall", "greg@hall.example");
        self.contact("502", "Carolyn", "Hall", "carolyn@hall.example");
        self.note("901", "501", "Greg wants to sell AAPL before the house closing.");
        self.note("902", "502", "Carolyn plans a trip to Norway.");
        let deal =
            [("dealname", "Stock plan"), ("amount", "4000"), ("dealstage", "contractsent"), ("pipeline", "default")];
        self.put_now("deals", "801", &deal, &[("contacts", "501"), ("companies", "701")]);
    }

    /// A busy day in HubSpot.
    fn history(&self) {
        let portal = self.portal();
        for (id, first) in [("601", "Nora"), ("602", "Nora"), ("603", "Omar"), ("604", "Pia"), ("605", "Quin")] {
            self.put_now("contacts", id, &[("firstname", first), ("email", &format!("c{id}@mail.example"))], &[]);
        }
        self.put_now("companies", "702", &[("name", "Ellison Ltd")], &[]);
        let deal = [("dealname", "Rollover"), ("dealstage", "appointmentscheduled"), ("pipeline", "default")];
        self.put_now("deals", "802", &deal, &[]);
        self.put_now("deals", "803", &deal, &[]);
        self.changes("contacts", 601, "phone", &["+1 555 0100", "+1 555 0101", "+1 555 0102"]);
        self.changes("contacts", 602, "lastname", &["Elison", "Ellison"]);
        self.changes("contacts", 603, "jobtitle", &["Baker", "Chef", "Owner"]);
        self.changes("contacts", 501, "phone", &["+1 555 0200", "+1 555 0201"]);
        self.changes("contacts", 501, "email", &["greg@new.example"]);
        self.changes("contacts", 502, "firstname", &["Caroline", "Carol"]);
        self.changes("companies", 701, "name", &["Hall & Sons", "Hall & Daughters"]);
        self.changes("companies", 702, "domain", &["ellison.example"]);
        self.changes("deals", 801, "dealstage", &["decisionmakerboughtin", "closedwon"]);
        self.changes("deals", 802, "amount", &["10", "1000", "100000"]);
        self.changes("deals", 803, "amount", &["7"]);
        for (from, to) in [
            (("contacts", 601), ("companies", 702)),
            (("contacts", 603), ("companies", 701)),
            (("contacts", 602), ("companies", 701)),
            (("deals", 802), ("contacts", 602)),
            (("deals", 802), ("companies", 702)),
            (("deals", 803), ("contacts", 604)),
        ] {
            self.hubspot.associate(portal, from, to).unwrap();
        }
        self.note("903", "602", "Nora asks about a Roth conversion.");
        self.note("904", "605", "Quin wants to be forgotten.");
        self.hubspot.merge(portal, "contacts", 601, 602).unwrap();
        for (kind, id) in [("contacts", 603), ("contacts", 604), ("deals", 803), ("notes", 902)] {
            self.hubspot.archive(portal, kind, id).unwrap();
        }
        self.hubspot.restore(portal, "contacts", 603).unwrap();
        self.changes("contacts", 603, "lastname", &["Reed"]);
        self.hubspot.gdpr_delete(portal, 605).unwrap();
    }

    /// What HubSpot tells of `happens`, in its order.
    async fn told_of(&self, happens: impl FnOnce(&Self)) -> Vec<Value> {
        let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sink = heard.clone();
        let router = Router::new().fallback(move |body: String| async move {
            let events: Vec<Value> = serde_json::from_str(&body).unwrap();
            sink.lock().unwrap().extend(events);
        });
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        self.hubspot.set_webhook_target(&url, APP_ID).unwrap();
        happens(self);
        // The last that happens is told last.
        let is_last = |event: &Value| event["subscriptionType"] == "contact.privacyDeletion";
        for _ in 0..400 {
            if heard.lock().unwrap().iter().any(is_last) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let mut events = std::mem::take(&mut *heard.lock().unwrap());
        assert!(events.iter().any(is_last), "HubSpot told of everything");
        events.sort_by_key(|event| event["eventId"].as_i64());
        events
    }
}

async fn deliver(app: &TestApp, events: &[Value]) {
    let body = json!(events).to_string();
    let answer = send_again(app, HUBSPOT, &signed(app, SECRET, now(app), &body), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// A day in HubSpot, heard of in this order, in pieces, some of them twice, and worked on now and then.
async fn heard_in(seed: u64) -> (Rows, usize) {
    let app = TestApp::start().await;
    app.practice();
    app.ready_advisor(ADA).await;
    let mut events = app.told_of(TestApp::history).await;
    let count = events.len();
    let mut dice = Dice(seed);
    dice.shuffle(&mut events);
    let mut rest = events.as_slice();
    while !rest.is_empty() {
        let (some, others) = rest.split_at((dice.roll(9) + 1).min(rest.len()));
        deliver(&app, some).await;
        if dice.roll(3) == 0 {
            deliver(&app, some).await;
        }
        if dice.roll(3) == 0 {
            app.work_once().await;
        }
        rest = others;
    }
    app.work().await;
    deliver(&app, &events[..events.len().min(100)]).await;
    app.work().await;
    let unfinished = app.sql("select task_type, state, last_error from tasks where state <> 'done'").await;
    assert!(unfinished.is_empty(), "seed {seed}: {unfinished:?}");
    assert_eq!(app.count("select count(*) from webhook_events where task_id is null").await, 0);
    (app.crm_rows().await, count)
}

#[tokio::test]
async fn a_day_in_hubspot_ends_in_the_same_rows_in_whichever_order_it_is_told() {
    let by_itself = TestApp::start().await;
    by_itself.practice();
    by_itself.history();
    by_itself.ready_advisor(ADA).await;
    let read = by_itself.crm_rows().await;

    let seeds = [7, any_seed(&by_itself)];
    let [(one, count), (other, _)] = [heard_in(seeds[0]).await, heard_in(seeds[1]).await];

    assert!(count >= 50, "{count} events");
    for (table, _) in ROWS {
        assert_eq!(one[table], other[table], "{table}, seeds {seeds:?}");
        // Of what was read nothing is told.
        if table != "events" {
            assert_eq!(
                one[table], read[table],
                "{table}, seed {}: what is told and what is read are the same",
                seeds[0]
            );
        }
        assert!(!one[table].is_empty(), "{table}");
    }
}

#[tokio::test]
async fn pushes_of_a_mailbox_in_any_order_and_twice_bring_every_mail_once() {
    let app = TestApp::listening().await;
    let headers = gmail::watched(&app).await;
    app.google.set_push(None).unwrap();
    let seed = any_seed(&app);
    let mut dice = Dice(seed);
    for n in 0..12 {
        let date = app.app.now();
        app.google.deliver(&fakes::practice::Mail { date, ..mail(ADA, NORA, &format!("Letter {n:02}"), "Hello.") });
    }
    let mut pushes: Vec<u64> = (0..24).map(|n| 90_000 + n / 2).collect();
    dice.shuffle(&mut pushes);

    for history_id in pushes {
        let body = gmail::envelope(&format!("m-{history_id}"), ADA, history_id);
        assert_eq!(send_again(&app, GMAIL, &headers, &body).await.status, 200);
        if dice.roll(4) == 0 {
            app.work_once().await;
        }
    }
    app.work().await;

    assert_eq!(app.count("select count(*) from emails where subject like 'Letter %'").await, 12, "seed {seed}");
    let told = "select count(*), count(distinct subject_id) from events where event_type = 'gmail.message.received'";
    assert_eq!(app.sql(told).await, [["12", "12"]], "seed {seed}");
    assert_eq!(app.sql("select pushed_history_id from watches where source = 'gmail'").await, [["90011"]]);
    let keys = "select count(*) from webhook_events where source = 'gmail' and dedupe_key like '%:m-%'";
    assert_eq!(app.count(keys).await, 12, "seed {seed}: each push once");
    assert_eq!(app.count("select count(*) from tasks where state <> 'done'").await, 0);
}

#[tokio::test]
async fn messages_of_a_calendar_in_any_order_and_twice_bring_every_event_once() {
    let app = TestApp::listening().await;
    let headers = with(&calendar::watched(&app).await, "x-goog-resource-state", Some("exists"));
    // From here on the calendar is quiet, and tells of nothing by itself.
    app.work().await;
    app.sql("update watches set channel_id = 'quiet', target = 'https://nowhere.example' where source = 'calendar'")
        .await;
    let headers = with(&headers, "x-goog-channel-id", Some("quiet"));
    let seed = any_seed(&app);
    let mut dice = Dice(seed);
    for n in 0..8 {
        app.google.put_event(&calendar::meeting(&format!("abcde{n:02}")));
    }
    let mut numbers: Vec<u64> = (0..16).map(|n| 100 + n / 2).collect();
    dice.shuffle(&mut numbers);

    for number in numbers {
        let headers = with(&headers, "x-goog-message-number", Some(&number.to_string()));
        assert_eq!(send_again(&app, CALENDAR, &headers, "").await.status, 200);
        if dice.roll(4) == 0 {
            app.work_once().await;
        }
    }
    app.work().await;

    assert_eq!(app.count("select count(*) from calendar_events where google_id like 'abcde%'").await, 8, "seed {seed}");
    let keys = "select count(*) from webhook_events where dedupe_key like 'quiet:%'";
    assert_eq!(app.count(keys).await, 8, "seed {seed}: each message once");
}
