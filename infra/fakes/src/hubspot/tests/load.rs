//! The demo practice in the fake.

use super::super::kind::Kind;
use super::{PORTAL, http, send, start};
use crate::practice::Practice;
use crate::server::lock;

#[tokio::test]
async fn the_demo_practice_arrives_whole_and_once() {
    let (hubspot, _) = start().await;
    let practice = Practice::demo("2026-11-24".parse().unwrap());
    hubspot.load(&practice);
    hubspot.load(&practice);

    let state = lock(&hubspot.app.state);
    for (kind, objects) in [
        (Kind::Contact, &practice.contacts),
        (Kind::Company, &practice.companies),
        (Kind::Deal, &practice.deals),
        (Kind::Note, &practice.notes),
    ] {
        for object in objects {
            let portal = &state.portals[&object.portal_id];
            let id = object.id.parse().unwrap();
            let record = portal.record(kind, id).unwrap();
            for (name, value) in &object.properties {
                let is_kept = record.value(name).is_some() != value.is_empty();
                assert!(is_kept, "{} {id}: {name} = {value}", kind.plural());
            }
            for (to_kind, to_id) in &object.associations {
                let linked = portal.associated((kind, id), Kind::parse(to_kind).unwrap());
                assert!(linked.iter().any(|(linked, _)| linked.to_string() == *to_id), "{} {id}", kind.plural());
            }
        }
    }
    let expected = practice.contacts.len() + 2;
    assert_eq!(state.portals.values().map(|portal| portal.live(Kind::Contact).count()).sum::<usize>(), expected);
    assert!(state.outbox.is_empty());
}

#[tokio::test]
async fn the_consent_page_offers_the_first_advisor_and_any_other() {
    let (hubspot, _) = start().await;
    let practice = Practice::demo("2026-11-24".parse().unwrap());
    hubspot.load(&practice);
    let page = |path: String, more: String| {
        let query =
            "client_id=app&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fapi%2Fauth%2Fhubspot%2Fcallback&scope=oauth";
        let url = format!("{}{path}?{query}{more}", hubspot.url());
        async { send(http().get(url)).await.text().await.unwrap() }
    };
    let chosen = |email: &str| format!("as <b>{email}</b>");

    assert!(page("/oauth/authorize".into(), String::new()).await.contains(&chosen("ada@example.com")));
    let last = &practice.advisors.last().unwrap().email;
    assert!(page("/oauth/authorize".into(), format!("&user={last}")).await.contains(&chosen(last)));
    let first = &practice.advisors[0];
    assert!(page(format!("/oauth/{}/authorize", first.portal_id), String::new()).await.contains(&chosen(&first.email)));
    assert_ne!(first.portal_id, PORTAL);
}
