//! The world of one test: a migrated database of its own, a queue of its own, fakes of its own; and people who use it.

mod archive;
pub mod cloudformation;
pub mod evidence;
pub mod fresh;
mod gate;
mod issuer;
mod listen;
mod log;
pub mod outage;
mod protection;
mod traces;
pub mod vault;

pub use archive::files;
pub use gate::{Door, Gate};
pub use issuer::{Issuer, unsigned};
pub use listen::{APP_ID, Heard};
pub use log::Log;
pub use traces::changed;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use fakes::google::{Google, OAuthClient};
use fakes::hubspot::HubSpot;
use fakes::openai::OpenAi;
use fakes::practice::{self, CrmObject, Mail, Mailbox, Practice};
use fakes::server::Clock;
use fakes::world::{shared_test_cluster, shared_test_moto};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use lambda_http::request::LambdaRequest;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use shared::App;
use shared::config::Config;
use shared::edge::{ReplyBody, Route, service};
use shared::store::migrate;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::routes::{CONSUMERS, ROUTES, SCHEDULES};

/// Tells moto which service is meant; it does not look at the signature.
const AUTHORIZATION: &str =
    "AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0";

pub const ORIGIN: &str = "http://localhost:5173";
const PORTAL: i64 = 24_680_135;
const ROLE_PASSWORD: &str = "only-for-tests";

pub struct TestApp {
    pub app: App,
    pub google: Google,
    pub hubspot: HubSpot,
    pub openai: OpenAi,
    pub owner_url: String,
    queue_url: String,
    /// What came over the socket, if there is one.
    pub heard: Heard,
    /// What the product was configured with.
    settings: BTreeMap<String, String>,
    /// How long functions are told they have, if they are.
    pub time: Option<Duration>,
    /// The fakes' clock; the product's is `app.clock`.
    clock: Clock,
    http: reqwest::Client,
}

impl TestApp {
    /// With three advisors who can sign in and nothing in their accounts.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, with further variables.
    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        let (owner_url, app_url) = database().await;
        let moto = shared_test_moto().await.unwrap().endpoint();
        let http =
            reqwest::Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(30)).build().unwrap();
        let queue_url = create_queue(&http, &moto).await;
        let clock = Clock::default();
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let given = |name: &str, default: &str| {
            let given = variables.iter().find(|(given, _)| *given == name);
            given.map_or(default, |(_, value)| *value).to_owned()
        };
        let google_secret = given("GOOGLE_OAUTH_CLIENT_SECRET", "google-secret");
        let hubspot_secret = given("HUBSPOT_CLIENT_SECRET", "hubspot-secret");

        let google = Google::start(fakes::google::Options {
            addr: any,
            clock: clock.clone(),
            clients: vec![OAuthClient {
                client_id: "google-client".into(),
                client_secret: google_secret.clone(),
                redirect_uris: vec!["http://localhost:8000/api/auth/google/callback".into()],
            }],
            state_file: None,
        })
        .await
        .unwrap();
        let hubspot = HubSpot::start(fakes::hubspot::Options {
            addr: any,
            clock: clock.clone(),
            client_id: "hubspot-client".into(),
            client_secret: hubspot_secret.clone(),
            redirect_uris: vec!["http://localhost:8000/api/auth/hubspot/callback".into()],
            state_file: None,
        })
        .await
        .unwrap();
        let openai =
            OpenAi::start(fakes::openai::Options { clock: clock.clone(), ..Default::default() }).await.unwrap();
        let practice = Practice { advisors: advisors(), ..Practice::default() };
        google.load(&practice);
        hubspot.load(&practice);

        let (google_url, hubspot_url) = (google.url().to_owned(), hubspot.url().to_owned());
        let settings: BTreeMap<String, String> = [
            ("APP_ENV", "test".to_owned()),
            ("DATABASE_URL", app_url),
            ("TASK_QUEUE_URL", queue_url.clone()),
            ("AWS_ENDPOINT_URL", moto),
            ("FRONTEND_URL", format!("{ORIGIN}/financial-advisor-ai-app")),
            ("SECRET_KEY", "a-secret-key-for-tests-with-32-characters".into()),
            ("GOOGLE_OAUTH_CLIENT_ID", "google-client".into()),
            ("GOOGLE_OAUTH_CLIENT_SECRET", google_secret),
            ("GOOGLE_ACCOUNTS_URL", google_url.clone()),
            ("GOOGLE_TOKEN_URL", format!("{google_url}/token")),
            ("GOOGLE_REVOKE_URL", format!("{google_url}/revoke")),
            ("GOOGLE_JWKS_URL", format!("{google_url}/oauth2/v3/certs")),
            ("GMAIL_API_URL", google_url.clone()),
            ("GMAIL_WEB_URL", format!("{google_url}/mail")),
            ("CALENDAR_API_URL", format!("{google_url}/calendar/v3")),
            ("HUBSPOT_CLIENT_ID", "hubspot-client".into()),
            ("HUBSPOT_CLIENT_SECRET", hubspot_secret),
            ("HUBSPOT_API_URL", hubspot_url.clone()),
            ("HUBSPOT_APP_URL", hubspot_url),
            ("OPENAI_API_KEY", "sk-test".into()),
            ("OPENAI_BASE_URL", format!("{}/v1", openai.url())),
            ("GMAIL_UNITS_PER_MINUTE", "10000000".into()),
            ("SYNC_INTERVAL", "100000".into()),
            ("RATE_LIMIT_PER_MINUTE", "1000000".into()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        .collect();
        let config = Config::read(|name| settings.get(name).cloned()).unwrap();
        let app = App::new(config, 8).await.unwrap();
        let heard = Heard::default();
        Self { app, google, hubspot, openai, owner_url, queue_url, heard, settings, time: None, clock, http }
    }

    /// Moves the product's clock and the providers'.
    pub fn advance(&self, by: Duration) {
        self.app.clock.advance(by);
        self.clock.advance(by);
    }

    /// Somebody who has not signed in.
    pub fn visitor(&self) -> Person<'_> {
        self.visitor_from("127.0.0.1")
    }

    /// The same, from another address.
    pub fn visitor_from(&self, ip: &str) -> Person<'_> {
        Person { app: self, cookies: Mutex::default(), ip: ip.to_owned() }
    }

    /// An advisor who has signed in with this Google account.
    pub async fn advisor(&self, email: &str) -> Person<'_> {
        let person = self.visitor();
        let landed = person.sign_in(email).await;
        assert!(landed.ends_with("/auth/success"), "sign-in of {email} ended at {landed}");
        person
    }

    /// An advisor who has signed in and connected HubSpot; everything that is there has been read.
    pub async fn ready_advisor(&self, email: &str) -> Person<'_> {
        let person = self.advisor(email).await;
        let landed = person.connect_hubspot().await;
        assert!(landed.ends_with("/auth/hubspot/success"), "connecting ended at {landed}");
        self.work().await;
        person
    }

    /// Does all the work there is: rings by the clock, and works off the queue, until nothing is left.
    pub async fn work(&self) {
        for _ in 0..200 {
            if self.work_once().await == 0 {
                return;
            }
        }
        panic!("the work does not end");
    }

    /// Works off what is on the queue now. Answers how many messages there were.
    pub async fn work_once(&self) -> usize {
        let messages = self.receive().await;
        let count = messages.len();
        for (receipt, message) in messages {
            let (_, consumer) = CONSUMERS[0];
            let mut event = SqsEvent::default();
            event.records = vec![message];
            let answer = consumer.handle(&self.app, event).await;
            if answer.batch_item_failures.is_empty() {
                self.queue_call("DeleteMessage", &[("ReceiptHandle", &receipt)]).await;
            }
        }
        count
    }

    pub async fn sweep(&self) {
        self.tick("schedules-sweep").await;
    }

    /// Lets the clock of this function strike.
    pub async fn tick(&self, schedule: &str) {
        let (_, schedule) = SCHEDULES.iter().find(|(binary, _)| *binary == schedule).unwrap();
        schedule.run(&self.app).await.unwrap();
    }

    /// What is on the queue, as the consumer's events carry it, with each message's receipt.
    pub async fn receive(&self) -> Vec<(String, SqsMessage)> {
        let text = self.queue_call("ReceiveMessage", &[("MaxNumberOfMessages", "10"), ("WaitTimeSeconds", "0")]).await;
        let parts = text.split("<Message>").skip(1);
        let messages = parts.map(|part| {
            let mut message = SqsMessage::default();
            message.message_id = Some(between(part, "<MessageId>", "</MessageId>"));
            message.body = Some(between(part, "<Body>", "</Body>").replace("&quot;", "\""));
            (between(part, "<ReceiptHandle>", "</ReceiptHandle>"), message)
        });
        messages.collect()
    }

    pub async fn forget_messages(&self) {
        self.queue_call("PurgeQueue", &[]).await;
    }

    #[expect(clippy::disallowed_methods, reason = "a test calls the queue as anybody would")]
    async fn queue_call(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let mut form = vec![("Action", action), ("Version", "2012-11-05"), ("QueueUrl", &self.queue_url)];
        form.extend_from_slice(parameters);
        self.http
            .post(&self.queue_url)
            .header("authorization", AUTHORIZATION)
            .form(&form)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    /// Rows as the owner of the schema sees them: every advisor's.
    pub async fn sql(&self, query: &str) -> Vec<Vec<String>> {
        let (client, connection) = tokio_postgres::connect(&self.owner_url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let rows = client.simple_query(query).await.unwrap();
        let rows = rows.iter().filter_map(|row| match row {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).unwrap_or("null").to_owned()).collect())
            }
            _ => None,
        });
        rows.collect()
    }

    /// One number.
    pub async fn count(&self, query: &str) -> i64 {
        self.sql(query).await[0][0].parse().unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "a test follows links as a browser would")]
    async fn open(&self, url: &str) -> (Option<String>, String) {
        let answer = self.http.get(url).send().await.unwrap();
        let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (location, answer.text().await.unwrap())
    }

    /// What a link leads to.
    pub async fn page(&self, url: &str) -> String {
        self.open(url).await.1
    }
}

/// Somebody with a browser.
pub struct Person<'a> {
    app: &'a TestApp,
    pub cookies: Mutex<BTreeMap<String, String>>,
    /// The address API Gateway sees.
    pub ip: String,
}

impl Person<'_> {
    pub fn app(&self) -> &TestApp {
        self.app
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], None).await
    }

    /// As the frontend posts.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &FRONTEND, Some(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, &FRONTEND, Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &FRONTEND, None).await
    }

    /// One request through the front door, with this browser's cookies.
    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        let what = format!("{method} {path}");
        let response = self.begin(method, path, headers, body).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let packed = parts.headers.get("content-type").is_some_and(|kind| kind == "application/zip");
        let body = if packed { archive::text(&body) } else { String::from_utf8(body).unwrap() };
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        let sent: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        protection::check(&self.app.app.config, &what, &sent, &answer);
        answer
    }

    /// The same, up to the head of the answer: its body may still be under way.
    pub async fn begin(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Response<ReplyBody> {
        self.begin_at(&self.app.app, method, path, headers, body, None).await
    }

    /// The same of this process of the product, from this address.
    pub async fn begin_at(
        &self,
        process: &App,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
        ip: Option<String>,
    ) -> Response<ReplyBody> {
        let (route, parameters) = route(&method, path.split('?').next().unwrap());
        let cookies: Vec<String> = self.cookies.lock().unwrap().iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if !cookies.is_empty() {
            headers.push(("Cookie".into(), cookies.join("; ")));
        }
        let mut event = proxy_event(&method, path, &route, &parameters, &headers, body.as_deref());
        event["requestContext"]["identity"]["sourceIp"] = json!(ip.as_ref().unwrap_or(&self.ip));
        let request: LambdaRequest = serde_json::from_str(&event.to_string()).unwrap();
        let request = outage::in_time(request.into(), process.now(), self.app.time);
        let response = service(process, route)(request).await.unwrap();

        for cookie in response.headers().get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    /// Goes through Google's consent page. Answers where the browser ended.
    pub async fn sign_in(&self, email: &str) -> String {
        let consent = self.get("/api/auth/google/start").await.location();
        self.consent(&format!("{consent}&account={email}"), "approve").await
    }

    pub async fn connect_hubspot(&self) -> String {
        let email = self.get("/api/auth/me").await.json()["user"]["email"].as_str().unwrap().to_owned();
        let consent = self.get("/api/auth/hubspot/start").await.location();
        self.consent(&format!("{consent}&user={email}"), "approve").await
    }

    /// Follows the link of this id on a consent page, back to the product and to where it sends the browser.
    pub async fn consent(&self, url: &str, link: &str) -> String {
        let callback = self.callback(url, link).await;
        let path = callback.strip_prefix("http://localhost:8000").unwrap_or_else(|| panic!("{callback} is not ours"));
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
        answer.location()
    }

    /// The callback a consent page leads to.
    pub async fn callback(&self, url: &str, link: &str) -> String {
        let (_, page) = self.app.open(url).await;
        let place = page.find(&format!("id=\"{link}\"")).unwrap_or_else(|| panic!("no #{link} on {page}"));
        let href = between(&page[place..], "href=\"", "\"").replace("&amp;", "&");
        let target = reqwest::Url::parse(url).unwrap().join(&href).unwrap();
        if target.as_str().starts_with("http://localhost:8000") {
            return target.into();
        }
        self.app.open(target.as_str()).await.0.expect("the consent page redirects")
    }

    /// Asks, and reads the whole stream.
    pub async fn ask(&self, question: &str) -> Turn {
        let body = json!({
            "message": question, "stream": true, "conversation_history": [], "source_type": null, "max_context_chunks": 5,
        });
        Turn::of(&self.post("/api/chat", body).await)
    }

    pub async fn user_id(&self) -> i64 {
        self.get("/api/auth/me").await.json()["user"]["id"].as_i64().unwrap()
    }
}

/// What the unmodified frontend sends with every call.
pub const FRONTEND: [(&str, &str); 3] =
    [("Origin", ORIGIN), ("Content-Type", "application/json"), ("X-Requested-With", "XMLHttpRequest")];

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub fn location(&self) -> String {
        let location = self.headers.get("location").unwrap_or_else(|| panic!("{} {}", self.status, self.body));
        location.to_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// A stream, read as the frontend reads it.
#[derive(Debug)]
pub struct Turn {
    pub events: Vec<(String, Value)>,
    /// The answer's HTML.
    pub html: String,
}

impl Turn {
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let events: Vec<(String, Value)> = answer
            .body
            .split('\n')
            .filter_map(|line| line.strip_prefix("data: "))
            .filter(|data| *data != "[DONE]")
            .map(|data| {
                let event: Value = serde_json::from_str(data).unwrap();
                (event["type"].as_str().unwrap().to_owned(), event["data"].clone())
            })
            .collect();
        let html = events.iter().filter(|(kind, _)| kind == "content").filter_map(|(_, data)| data.as_str()).collect();
        Self { events, html }
    }

    pub fn of_type(&self, kind: &str) -> Vec<&Value> {
        self.events.iter().filter(|(k, _)| k == kind).map(|(_, data)| data).collect()
    }

    pub fn kinds(&self) -> Vec<&str> {
        self.events.iter().map(|(kind, _)| kind.as_str()).collect()
    }
}

/// Of several routes, the one with the fewest variables, as API Gateway has it.
fn route(method: &Method, path: &str) -> (Route, BTreeMap<String, String>) {
    find_route(method, path).unwrap_or_else(|| panic!("nobody answers {method} {path}"))
}

fn find_route(method: &Method, path: &str) -> Option<(Route, BTreeMap<String, String>)> {
    let given: Vec<&str> = path.trim_matches('/').split('/').collect();
    let found = ROUTES.iter().filter(|(_, route)| route.method == method.as_str()).filter_map(|(_, route)| {
        if route.path == "/{proxy+}" {
            let all = BTreeMap::from([("proxy".to_owned(), given.join("/"))]);
            // Of the root nothing is left for the variable, but it answers preflights as every path does.
            return (given != [""] || method == Method::OPTIONS).then_some((usize::MAX, *route, all));
        }
        let wanted: Vec<&str> = route.path.trim_matches('/').split('/').collect();
        let mut parameters = BTreeMap::new();
        let fits = wanted.len() == given.len()
            && wanted.iter().zip(&given).all(|(wanted, given)| match wanted.strip_prefix('{') {
                Some(name) => parameters.insert(name.trim_end_matches('}').to_owned(), (*given).to_owned()).is_none(),
                None => wanted == given,
            });
        fits.then_some((parameters.len(), *route, parameters))
    });
    let (_, route, parameters) = found.min_by_key(|(variables, ..)| *variables)?;
    Some((route, parameters))
}

/// The event API Gateway makes of a request.
fn proxy_event(
    method: &Method,
    path: &str,
    route: &Route,
    parameters: &BTreeMap<String, String>,
    headers: &[(String, String)],
    body: Option<&str>,
) -> Value {
    let url = reqwest::Url::parse(&format!("http://localhost:8000{path}")).unwrap();
    let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in url.query_pairs() {
        query.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    let single: BTreeMap<&String, &String> = headers.iter().map(|(name, value)| (name, value)).collect();
    let mut multi: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (name, value) in headers {
        multi.entry(name).or_default().push(value);
    }
    json!({
        "resource": route.path, "path": url.path(), "httpMethod": method.as_str(),
        "headers": single, "multiValueHeaders": multi,
        "queryStringParameters": query.iter().map(|(name, values)| (name, &values[0])).collect::<BTreeMap<_, _>>(),
        "multiValueQueryStringParameters": query,
        "pathParameters": parameters, "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "test", "stage": "test", "httpMethod": method.as_str(),
            "path": url.path(), "resourcePath": route.path, "resourceId": "test", "requestId": Uuid::new_v4().to_string(),
            "identity": { "sourceIp": "127.0.0.1" },
        },
        "body": body, "isBase64Encoded": false,
    })
}

fn between(text: &str, start: &str, end: &str) -> String {
    let text = text.split(start).nth(1).unwrap_or_else(|| panic!("no {start} in {text}"));
    text.split(end).next().unwrap().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "a test calls the queue as anybody would")]
async fn create_queue(http: &reqwest::Client, moto: &str) -> String {
    let name = format!("tasks-{}", Uuid::new_v4().simple());
    let form = [("Action", "CreateQueue"), ("Version", "2012-11-05"), ("QueueName", &name)];
    let text =
        http.post(moto).header("authorization", AUTHORIZATION).form(&form).send().await.unwrap().text().await.unwrap();
    between(&text, "<QueueUrl>", "</QueueUrl>")
}

/// A fresh copy of the migrated template: as its owner, and as the functions log in.
async fn database() -> (String, String) {
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    let cluster = shared_test_cluster().await.unwrap();
    TEMPLATE
        .get_or_init(|| async {
            let url = cluster.create_database("template_app", None).await.unwrap();
            migrate::up(&url).await.unwrap();
            let role = format!("create role fa_test login password '{ROLE_PASSWORD}' in role fa_app");
            cluster.execute("postgres", &role).await.unwrap();
        })
        .await;
    let owner = cluster.fresh_database(Some("template_app")).await.unwrap();
    let name = owner.rsplit('/').next().unwrap().split('?').next().unwrap();
    (owner.clone(), cluster.url("fa_test", ROLE_PASSWORD, name))
}

pub const ADA: &str = "ada@firm.example";
pub const EVE: &str = "eve@other.example";

fn advisors() -> Vec<practice::Advisor> {
    let advisor = |sub: &str, email: &str, name: &str, portal_id, user| practice::Advisor {
        sub: sub.into(),
        email: email.into(),
        name: name.into(),
        given_name: name.split(' ').next().unwrap().into(),
        family_name: name.split(' ').nth(1).unwrap().into(),
        time_zone: "America/Denver".into(),
        portal_id,
        hubspot_user_id: user,
        hubspot_owner_id: user.to_string(),
    };
    vec![
        advisor("1001", ADA, "Ada Lovett", PORTAL, 11),
        advisor("1002", "bea@firm.example", "Bea Lind", PORTAL, 12),
        advisor("1003", EVE, "Eve Moran", 99_000_001, 13),
    ]
}

/// A mail to be delivered.
pub fn mail(mailbox: &str, from: (&str, &str), subject: &str, text: &str) -> Mail {
    let id = Uuid::new_v4().simple().to_string()[..16].to_owned();
    Mail {
        mailbox: mailbox.into(),
        thread_id: id.clone(),
        message_id: format!("<{id}@mail.example>"),
        id,
        from: Mailbox { name: from.0.into(), email: from.1.into() },
        to: vec![Mailbox { name: String::new(), email: mailbox.into() }],
        cc: Vec::new(),
        subject: subject.into(),
        date: Timestamp::from_second(1_790_000_000).unwrap(),
        text: Some(text.into()),
        html: None,
        label_ids: vec!["INBOX".into(), "UNREAD".into()],
        in_reply_to: None,
        references: Vec::new(),
        headers: Vec::new(),
    }
}

/// A HubSpot record.
pub fn record(id: &str, properties: &[(&str, &str)], associations: &[(&str, &str)]) -> CrmObject {
    CrmObject {
        portal_id: PORTAL,
        id: id.into(),
        properties: properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        created_at: Timestamp::from_second(1_780_000_000).unwrap(),
        updated_at: Timestamp::from_second(1_780_000_000).unwrap(),
        associations: associations.iter().map(|(kind, id)| ((*kind).to_owned(), (*id).to_owned())).collect(),
    }
}

impl TestApp {
    pub fn contact(&self, id: &str, first: &str, last: &str, email: &str) {
        let properties = [("firstname", first), ("lastname", last), ("email", email)];
        self.hubspot.put_object(PORTAL, "contacts", &record(id, &properties, &[])).unwrap();
    }

    pub fn note(&self, id: &str, contact: &str, body: &str) {
        let properties = [("hs_note_body", body), ("hs_timestamp", "2026-05-04T15:00:00Z")];
        self.hubspot.put_object(PORTAL, "notes", &record(id, &properties, &[("contacts", contact)])).unwrap();
    }

    pub fn portal(&self) -> i64 {
        PORTAL
    }
}
