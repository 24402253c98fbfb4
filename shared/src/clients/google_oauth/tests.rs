//! A sign-in against the stand-in for Google.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fakes::google::{Google, OAuthClient, Options};
use fakes::practice::{Advisor, Practice};
use fakes::server::{Clock, Fault, FaultKind};

use super::*;
use crate::clients::http::{client, tests::browse};
use crate::error::Kind;

pub const ADA: &str = "ada@alder.example";
const REDIRECT: &str = "http://localhost:8000/api/auth/google/callback";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-in-all";

pub fn advisor() -> Advisor {
    Advisor {
        sub: "1089".into(),
        email: ADA.into(),
        name: "Ada Alder".into(),
        given_name: "Ada".into(),
        family_name: "Alder".into(),
        time_zone: "America/Denver".into(),
        portal_id: 8_675_309,
        hubspot_user_id: 7001,
        hubspot_owner_id: "9001".into(),
    }
}

/// A running Google with one account, and our registration with it.
pub struct World {
    pub google: Google,
    pub config: config::Google,
    pub http: Client,
    pub secret: SecretString,
}

impl World {
    pub async fn start() -> Self {
        let app = OAuthClient {
            client_id: "app".into(),
            client_secret: "secret".into(),
            redirect_uris: vec![REDIRECT.into()],
        };
        let addr = "127.0.0.1:0".parse().unwrap();
        let options = Options { addr, clock: Clock::default(), clients: vec![app], state_file: None };
        let google = Google::start(options).await.unwrap();
        google.load(&Practice { advisors: vec![advisor()], ..Practice::default() });
        let at = |path: &str| format!("{}{path}", google.url());
        let config = config::Google {
            client_id: "app".into(),
            redirect_uri: REDIRECT.into(),
            accounts_url: at(""),
            token_url: at("/token"),
            revoke_url: at("/revoke"),
            jwks_url: at("/oauth2/v3/certs"),
            gmail_url: at(""),
            calendar_url: at("/calendar/v3"),
            gmail_web_url: at("/mail/"),
            pubsub_topic: None,
            pubsub_service_account: None,
            pubsub_audience: String::new(),
        };
        Self { google, config, http: client(crate::model::Clock::default()), secret: SecretString::from("secret") }
    }

    pub fn oauth(&self) -> GoogleOauth<'_> {
        GoogleOauth { http: &self.http, config: &self.config, client_secret: &self.secret }
    }

    /// Asks at the consent page and follows its approving link: what comes back to the callback.
    async fn approve(&self) -> HashMap<String, String> {
        let code_challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
        let ask = Authorize { state: "s 1", nonce: "n1", code_challenge: &code_challenge, login_hint: Some(ADA) };
        let page = browse(self.http.get(self.oauth().authorize_url(&ask))).await;
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        let link = page.split("id=\"approve\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let answer = browse(self.http.get(link.replace("&amp;", "&"))).await;
        let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        assert!(back.as_str().starts_with(REDIRECT));
        back.query_pairs().into_owned().collect()
    }

    pub async fn sign_in(&self) -> Exchanged {
        let answer = self.approve().await;
        assert_eq!(answer["state"], "s 1");
        self.oauth().exchange(&answer["code"], VERIFIER, self.now()).await.unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.google.control().clock.now()
    }
}

#[tokio::test]
async fn a_consent_becomes_tokens_and_an_identity() {
    let world = World::start().await;
    let now = world.now();

    let Exchanged { tokens, id_token } = world.sign_in().await;

    assert!(tokens.refresh_token.is_some());
    let lives = tokens.expires_at.duration_since(now).as_secs();
    assert!((3_500..=3_700).contains(&lives), "{lives}");
    for scope in SCOPES {
        assert!(tokens.scopes.iter().any(|granted| granted == scope), "{scope} is not in {:?}", tokens.scopes);
    }
    let kid = jsonwebtoken::decode_header(&id_token).unwrap().kid.unwrap();
    let certificates = certificates(&world.http, &world.config.jwks_url).await.unwrap();
    assert!(certificates.keys.find(&kid).is_some() && certificates.max_age > Duration::ZERO);
}

#[tokio::test]
async fn a_code_works_once_and_with_its_verifier() {
    let world = World::start().await;
    let code = world.approve().await.remove("code").unwrap();

    let wrong = "another-verifier-of-at-least-forty-three-characters";
    let error = world.oauth().exchange(&code, wrong, world.now()).await.err().unwrap();
    assert_eq!(error.kind, Kind::Refused, "{error:?}");

    let code = world.approve().await.remove("code").unwrap();
    world.oauth().exchange(&code, VERIFIER, world.now()).await.unwrap();
    let error = world.oauth().exchange(&code, VERIFIER, world.now()).await.err().unwrap();
    assert_eq!(error.kind, Kind::Refused, "{error:?}");
}

#[tokio::test]
async fn refreshing_goes_on_until_the_consent_ends() {
    let world = World::start().await;
    let tokens = world.sign_in().await.tokens;
    let refresh_token = tokens.refresh_token.unwrap();

    let fresh = world.oauth().refresh(&refresh_token, world.now()).await.unwrap();
    assert_ne!(fresh.access_token, tokens.access_token);
    assert_eq!(fresh.refresh_token, None);

    world.oauth().revoke(&refresh_token).await.unwrap();
    let error = world.oauth().refresh(&refresh_token, world.now()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Reconnect);
}

#[tokio::test]
async fn a_wrong_secret_or_a_bad_day_ends_no_connection() {
    let mut world = World::start().await;
    let refresh_token = world.sign_in().await.tokens.refresh_token.unwrap();

    let status = FaultKind::Status { status: 503, headers: Default::default(), body: None };
    world.google.control().arm(Fault { method: None, path: "/token".into(), times: 3, kind: status });
    let error = world.oauth().refresh(&refresh_token, world.now()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Upstream);

    world.secret = SecretString::from("rotated");
    let error = world.oauth().refresh(&refresh_token, world.now()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Internal, "{error:?}");
}
