//! Tokens at rest: what is not exactly where and how we put it is not used; and keys change while everybody works.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use shared::domain::accounts::tokens;
use shared::error::Kind;
use shared::model::UserId;
use shared::model::user::Provider;

use super::*;
use crate::tests::support::vault;

const BEA: &str = "bea@firm.example";

/// The installation's secret in Secrets Manager, which can be changed.
struct Stored(String);

impl Stored {
    async fn with(keys: &[(&str, u8)]) -> Self {
        Self(vault::create(&Self::ring(keys)).await)
    }

    async fn put(&self, keys: &[(&str, u8)]) {
        vault::put(&self.0, &Self::ring(keys)).await;
    }

    fn ring(keys: &[(&str, u8)]) -> Value {
        let ring: Vec<String> =
            keys.iter().map(|(id, byte)| format!("{id}:{}", BASE64_STANDARD.encode([*byte; 32]))).collect();
        json!({ "TOKEN_KEYS": ring.join(",") })
    }
}

async fn access(app: &shared::App, owner: i64, provider: Provider) -> shared::Result<String> {
    tokens::access(app, UserId(owner), provider).await.map(|access| access.token)
}

async fn reseal(app: &shared::App) -> Value {
    (crate::ops::reseal::COMMAND.handler)(app, json!({})).await.unwrap()
}

/// Keys' ids, by how many of the stored values each has sealed.
async fn sealed_by(app: &TestApp) -> BTreeMap<String, usize> {
    let stored = "select convert_from(substring(sealed_tokens from 3 for get_byte(sealed_tokens, 1)), 'UTF8')
                    from (select sealed_tokens from connections union all select sealed_tokens from revocations) s";
    let mut ids = BTreeMap::new();
    for id in app.sql(stored).await.concat() {
        *ids.entry(id).or_default() += 1;
    }
    ids
}

#[tokio::test]
async fn a_value_that_was_moved_or_changed_is_not_used_and_asks_for_a_new_connection() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let bea = app.ready_advisor(BEA).await;
    let (a, b) = (ada.user_id().await, bea.user_id().await);
    app.sql("create table kept as select * from connections").await;
    let one = |provider: &str, user: i64| {
        format!("(select sealed_tokens from kept where user_id = {user} and provider = '{provider}')")
    };
    let google = one("google", a);
    for (what, value) in [
        ("another advisor's", one("google", b)),
        ("another provider's", one("hubspot", a)),
        ("with a bit turned in the nonce", format!("set_bit({google}, 8 * 14, 1 - get_bit({google}, 8 * 14))")),
        ("with a bit turned at its end", format!("set_bit({google}, 8 * octet_length({google}) - 1, 1 - get_bit({google}, 8 * octet_length({google}) - 1))")),
        ("cut off", format!("substring({google} from 1 for 40)")),
        ("of a version to come", format!("set_byte({google}, 0, 2)")),
        ("of a key nobody has", format!("overlay({google} placing 'zecret-key'::bytea from 3)")),
        ("nothing", "''::bytea".to_owned()),
        ("plain", "convert_to('{\"access_token\": \"ya29.x\", \"refresh_token\": null, \"expires_at\": \"2030-01-01T00:00:00Z\", \"scopes\": []}', 'UTF8')".to_owned()),
    ] {
        app.sql(&format!("update connections set sealed_tokens = {value} where user_id = {a} and provider = 'google'")).await;
        for control in [app.google.control(), app.hubspot.control()] {
            control.forget_requests();
        }

        let refused = access(&app.app, a, Provider::Google).await.unwrap_err();
        let answer = ada.post("/api/ingest/gmail", json!({})).await;
        app.work().await;

        assert_eq!(refused.kind, Kind::Reconnect, "{what}");
        assert_eq!((answer.status.as_u16(), &answer.json()["type"]), (409, &json!("reconnect")), "{what}: {}", answer.body);
        assert_eq!(ada.get("/api/auth/me").await.json()["user"]["needs_reconnect"], json!(["google"]), "{what}");
        assert!(app.google.control().requests().is_empty(), "{what}: nobody is called with it");
        assert!(access(&app.app, a, Provider::HubSpot).await.is_ok(), "{what}: the other account goes on");

        // Put back it opens, and is taken for good again.
        app.sql(&format!("update connections set sealed_tokens = {google} where user_id = {a} and provider = 'google'")).await;
        assert!(access(&app.app, a, Provider::Google).await.is_ok(), "{what}");
        app.sql("update connections set needs_reconnect = false").await;
    }
    // Whoever cannot be helped otherwise signs in again.
    app.sql(&format!("update connections set sealed_tokens = '\\x0102' where user_id = {a}")).await;
    assert!(app.advisor(ADA).await.get("/api/auth/me").await.json()["user"]["google_connected"] == true);
}

#[tokio::test]
async fn keys_change_while_everybody_works() {
    let stored = Stored::with(&[("old", 1)]).await;
    let app = TestApp::start_with(&[("SECRETS_ID", &stored.0), ("SECRETS_TTL", "2")]).await;
    let ada = app.ready_advisor(ADA).await;
    let bea = app.ready_advisor(BEA).await;
    // Another process, with secrets of its own reading; and one consent that was taken back and that Google has yet to hear of.
    let other = shared::App::new(app.app.config.clone(), 4).await.unwrap();
    other.secrets().await.unwrap();
    let owners = [ada.user_id().await, bea.user_id().await];
    app.sql("insert into revocations (user_id, provider, sealed_tokens) select user_id, provider, sealed_tokens from connections limit 1").await;
    assert_eq!(sealed_by(&app).await, BTreeMap::from([("old".to_owned(), 5)]));

    let traffic = async |process: &shared::App| {
        for round in 0..12 {
            for owner in owners {
                for provider in [Provider::Google, Provider::HubSpot] {
                    let token = access(process, owner, provider).await.unwrap();
                    if round % 3 == 0 {
                        // Sealed anew, by whichever key this process takes for the newest.
                        tokens::renew(process, UserId(owner), provider, &token).await.unwrap();
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let operator = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stored.put(&[("new", 2), ("old", 1)]).await;
        // It knows the new key at once, and the first two do not.
        reseal(&other).await
    };
    let syncs = async {
        for _ in 0..3 {
            for source in ["gmail", "calendar", "hubspot"] {
                assert_eq!(ada.post(&format!("/api/ingest/{source}"), json!({})).await.status, 200);
            }
            app.work().await;
        }
    };
    let ((), (), (), first) = tokio::join!(traffic(&app.app), traffic(&other), syncs, operator);
    assert_eq!((first["key"].clone(), first["unreadable"].clone()), (json!("new"), json!(0)), "{first}");

    // Everybody has the new key by now.
    tokio::time::sleep(Duration::from_secs(2)).await;
    reseal(&app.app).await;
    assert_eq!(reseal(&app.app).await, json!({ "key": "new", "resealed": 0, "unreadable": 0 }));
    assert_eq!(sealed_by(&app).await, BTreeMap::from([("new".to_owned(), 5)]));
    assert_eq!(app.count("select count(*) from tasks where state = 'failed' or attempt > 1").await, 0);

    // The old key goes, and nobody notices.
    stored.put(&[("new", 2)]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    traffic(&app.app).await;
    assert_eq!(app.count("select count(*) from connections where needs_reconnect").await, 0);
}

#[tokio::test]
async fn what_a_removed_key_sealed_is_asked_for_again_until_the_key_is_back() {
    let stored = Stored::with(&[("old", 1)]).await;
    let app = TestApp::start_with(&[("SECRETS_ID", &stored.0), ("SECRETS_TTL", "0")]).await;
    let ada = app.ready_advisor(ADA).await;
    let owner = ada.user_id().await;
    app.google.control().forget_requests();

    stored.put(&[("new", 2)]).await;

    assert_eq!(access(&app.app, owner, Provider::Google).await.unwrap_err().kind, Kind::Reconnect);
    assert_eq!(reseal(&app.app).await, json!({ "key": "new", "resealed": 0, "unreadable": 2 }));
    assert_eq!(ada.get("/api/auth/me").await.json()["user"]["needs_reconnect"], json!(["google", "hubspot"]));
    assert!(app.google.control().requests().is_empty());

    // Who connects again has tokens of the new key; the other account waits for the old one.
    assert!(ada.sign_in(ADA).await.ends_with("/auth/success"));
    stored.put(&[("new", 2), ("old", 1)]).await;
    assert_eq!(reseal(&app.app).await, json!({ "key": "new", "resealed": 1, "unreadable": 0 }));
    assert_eq!(ada.get("/api/auth/me").await.json()["user"]["needs_reconnect"], json!([]));
    assert!(access(&app.app, owner, Provider::HubSpot).await.is_ok());
}
