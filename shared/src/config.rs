//! Every variable the functions read, once, at start. All that is missing or wrong is reported together, by name and without
//! its value: what stands in the wrong variable can be a secret.
//!
//! Secrets do not live here: `clients::secrets` reads them from Secrets Manager. A secret given as a variable wins, for
//! local use; [`Config::overrides`] carries those.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The names a secret may have, as a variable and as a key of the JSON in Secrets Manager.
pub const SECRET_NAMES: [&str; 8] = [
    "SECRET_KEY",
    "TOKEN_KEYS",
    "GOOGLE_OAUTH_CLIENT_SECRET",
    "HUBSPOT_CLIENT_SECRET",
    // What HubSpot signed with before the secret was rotated; accepted for as long as it is set.
    "HUBSPOT_CLIENT_SECRET_PREVIOUS",
    "OPENAI_API_KEY",
    "DATABASE_PASSWORD",
    "METRICS_TOKEN",
];

#[derive(Debug, Clone)]
pub struct Config {
    /// `APP_ENV` (or `ENVIRONMENT`): `development` (default), `test`, `staging` or `production`.
    pub env: Env,
    /// `API_BASE_URL`: where this API is reached, without a slash at the end. Default `http://localhost:8000`.
    pub public_url: String,
    /// `WEBHOOK_BASE_URL`: where the providers reach `/api/webhooks`, when that is not `API_BASE_URL`. In development it may
    /// begin with `http:`, and switches the calendar's push messages on.
    pub webhook_base_url: Option<String>,
    /// `FRONTEND_URL`: where sign-in ends. Without one it ends on our own `/console`.
    pub frontend_url: Option<String>,
    /// `CORS_ALLOWED_ORIGINS`: origins that may call with a cookie, separated by commas; the origins of `FRONTEND_URL`
    /// and `API_BASE_URL` are always among them.
    pub allowed_origins: Vec<String>,
    /// `DATABASE_URL`. Its password may be left out and given as the secret `DATABASE_PASSWORD`.
    pub database_url: SecretString,
    /// `DATABASE_SECRET_ID`: name or ARN of a secret of its own for that login, with `username` and `password`, which then is
    /// `DATABASE_PASSWORD`. `ops-migrate` lets this login in, and `ops-rotate` changes it.
    pub database_secret_id: Option<String>,
    /// `DATABASE_OWNER_URL`: for migrations alone, which run as the owner of the schema.
    pub database_owner_url: Option<SecretString>,
    /// `DATABASE_OWNER_SECRET_ID`: name or ARN of the secret with `username` and `password` of the owner, as RDS keeps it, when
    /// they are not in `DATABASE_OWNER_URL`. Read at each migration.
    pub database_owner_secret_id: Option<String>,
    /// `DATABASE_CA_FILE`: PEM file of the authorities that may vouch for the database. Without one no certificate is
    /// trusted, so only a server without TLS can be reached; staging and production need it.
    pub database_ca_file: Option<String>,
    /// `SECRETS_ID`: name or ARN of the JSON secret in Secrets Manager. Without one only variables are read.
    pub secrets_id: Option<String>,
    /// `SECRETS_TTL` in seconds; default 300.
    pub secrets_ttl: Duration,
    /// Secrets given as variables.
    pub overrides: BTreeMap<&'static str, SecretString>,
    /// `AWS_ENDPOINT_URL`: a stand-in for SQS and Secrets Manager.
    pub aws_endpoint_url: Option<String>,
    /// `AWS_REGION`; default `us-east-1`.
    pub aws_region: String,
    /// `TASK_QUEUE_URL`.
    pub task_queue_url: String,
    pub google: Google,
    pub hubspot: HubSpot,
    pub openai: OpenAi,
    /// `WORKER_LOCK_TIMEOUT` in seconds: the lease of a task, after which it counts as orphaned. Default 300.
    pub lock_timeout: Duration,
    /// `WORKER_POLL_INTERVAL` in seconds: how often `cargo dev` plays the clock; deployed, EventBridge has its own. Default 5.
    pub poll_interval: Duration,
    /// `WORKER_MAX_CONCURRENT`: tasks at once under `cargo dev`; deployed, the queue's mapping says it (the template's
    /// parameter `WorkerMaxConcurrent`). Default 10.
    pub max_concurrent: usize,
    /// `SYNC_INTERVAL` in seconds: how often accounts are read when nobody calls. Default 300.
    pub sync_interval: Duration,
    /// `GMAIL_UNITS_PER_MINUTE`: quota the sync allows itself for each mailbox, in Gmail's units. Default 5000 of 6000.
    pub gmail_units_per_minute: u32,
    /// `RATE_LIMIT_PER_MINUTE`: requests of one address, and of one advisor, in a minute; 0 for any number. Default 100.
    pub rate_limit_per_minute: u32,
    /// `MODEL_REQUESTS_PER_DAY` (default 500) and `MODEL_TOKENS_PER_DAY` (default 2,000,000): what the language model may do
    /// for one advisor in a day.
    pub model_budget: Budget,
    /// `OPENAI_REQUESTS_PER_MINUTE` and `OPENAI_TOKENS_PER_MINUTE`: what all advisors together may use of the account at
    /// OpenAI; `OPENAI_REQUESTS_PER_MINUTE_EACH`: requests of one of them. 0, the default, for any number.
    pub model_pace: Pace,
    /// `SLOW_QUERY_MS`: what takes the database longer is logged, by the query's name. Default 500.
    pub slow_query: Duration,
    /// `METRICS_NAMESPACE`: CloudWatch's namespace for what each invocation counts, one line of the log each. Without one no
    /// such lines are written.
    pub metrics_namespace: Option<String>,
    /// `GOOGLE_SITE_VERIFICATION`: names of the files by which Google knows the owner of the domain, separated by commas.
    pub google_site_verification: Vec<String>,
}

/// What may be asked of OpenAI in a minute; 0 for any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub requests: u32,
    /// As they are estimated beforehand: of the question, and the most the answer may have.
    pub tokens: u32,
    pub requests_each: u32,
}

/// What an advisor may use of the language model in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub requests: u32,
    /// Of questions and answers together.
    pub tokens: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Env {
    Development,
    Test,
    Staging,
    Production,
}

impl Env {
    /// Whether real people's data is at stake.
    pub fn is_deployed(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }
}

#[derive(Debug, Clone)]
pub struct Google {
    /// `GOOGLE_OAUTH_CLIENT_ID` (or `GOOGLE_CLIENT_ID`).
    pub client_id: String,
    /// `GOOGLE_OAUTH_REDIRECT_URI` (or `GOOGLE_REDIRECT_URI`); default `{API_BASE_URL}/api/auth/google/callback`.
    pub redirect_uri: String,
    /// `GOOGLE_ACCOUNTS_URL`; default `https://accounts.google.com`.
    pub accounts_url: String,
    /// `GOOGLE_TOKEN_URL`; default `https://oauth2.googleapis.com/token`.
    pub token_url: String,
    /// `GOOGLE_REVOKE_URL`; default `https://oauth2.googleapis.com/revoke`.
    pub revoke_url: String,
    /// `GOOGLE_JWKS_URL`; default `https://www.googleapis.com/oauth2/v3/certs`.
    pub jwks_url: String,
    /// `GMAIL_API_URL`; default `https://gmail.googleapis.com`.
    pub gmail_url: String,
    /// `CALENDAR_API_URL`; default `https://www.googleapis.com/calendar/v3`.
    pub calendar_url: String,
    /// `GMAIL_WEB_URL`: where links to mail lead; default `https://mail.google.com/mail/`.
    pub gmail_web_url: String,
    /// `GOOGLE_PUBSUB_TOPIC`: where Gmail tells of new mail, as `projects/…/topics/…`; a bare name is one of
    /// `GOOGLE_CLOUD_PROJECT`.
    pub pubsub_topic: Option<String>,
    /// `GOOGLE_PUBSUB_SERVICE_ACCOUNT`: the address whose tokens the push subscription carries. Without one no push is
    /// believed.
    pub pubsub_service_account: Option<String>,
    /// `GOOGLE_PUBSUB_AUDIENCE`: what those tokens are made for; default the webhook's own address.
    pub pubsub_audience: String,
}

#[derive(Debug, Clone)]
pub struct HubSpot {
    /// `HUBSPOT_CLIENT_ID`; without one HubSpot cannot be connected.
    pub client_id: Option<String>,
    /// `HUBSPOT_REDIRECT_URI`; default `{API_BASE_URL}/api/auth/hubspot/callback`.
    pub redirect_uri: String,
    /// `HUBSPOT_API_URL`; default `https://api.hubapi.com`.
    pub api_url: String,
    /// `HUBSPOT_APP_URL`: consent page and record links; default `https://app.hubspot.com`.
    pub app_url: String,
    /// `HUBSPOT_WEBHOOK_V1`: `true` also takes deliveries that carry HubSpot's first kind of signature alone, which does
    /// not keep them from being replayed.
    pub webhook_v1: bool,
}

#[derive(Debug, Clone)]
pub struct OpenAi {
    /// `OPENAI_BASE_URL`; default `https://api.openai.com/v1`.
    pub base_url: String,
    /// `OPENAI_CHAT_MODEL`; default `gpt-5.4-mini`.
    pub chat_model: String,
    /// `OPENAI_EMBEDDING_MODEL`; default `text-embedding-3-small`, 1,536 dimensions.
    pub embedding_model: String,
    /// `OPENAI_API`: `responses` or `chat_completions`; by default the first for api.openai.com and the second for any
    /// other server.
    pub api: OpenAiApi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenAiApi {
    Responses,
    ChatCompletions,
}

/// Where each provider calls.
pub const HUBSPOT_WEBHOOK: &str = "/api/webhooks/hubspot";
pub const GMAIL_WEBHOOK: &str = "/api/webhooks/gmail";
pub const CALENDAR_WEBHOOK: &str = "/api/webhooks/calendar";

impl Config {
    /// The public address of a webhook, as its provider was told.
    pub fn webhook_url(&self, path: &str) -> String {
        format!("{}{path}", self.webhook_base_url.as_deref().unwrap_or(&self.public_url))
    }

    /// The topic for Gmail's messages, if those that come from it would be believed.
    pub fn gmail_target(&self) -> Option<&str> {
        self.google.pubsub_service_account.as_ref().and(self.google.pubsub_topic.as_deref())
    }

    /// The address for the calendar's messages, if Google would call it. Google calls `https:` alone; a stand-in may be told
    /// of another address on purpose.
    pub fn calendar_target(&self) -> Option<String> {
        let url = self.webhook_url(CALENDAR_WEBHOOK);
        (url.starts_with("https:") || self.webhook_base_url.is_some()).then_some(url)
    }

    /// Reads every variable through `lookup`, and says all that is wrong at once.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let mut vars = Vars { lookup: &lookup, problems: Vec::new() };

        let env = vars.env();
        let public_url = vars.url_or("API_BASE_URL", "http://localhost:8000");
        let webhook_base_url = vars.first(&["WEBHOOK_BASE_URL"]).map(|url| vars.checked_url("WEBHOOK_BASE_URL", &url));
        let frontend_url = vars.first(&["FRONTEND_URL"]).map(|url| vars.checked_url("FRONTEND_URL", &url));
        let config = Self {
            env,
            allowed_origins: vars.origins(frontend_url.as_deref(), &public_url),
            database_url: SecretString::from(vars.required(&["DATABASE_URL"])),
            database_secret_id: vars.first(&["DATABASE_SECRET_ID"]),
            database_owner_url: vars.first(&["DATABASE_OWNER_URL"]).map(SecretString::from),
            database_owner_secret_id: vars.first(&["DATABASE_OWNER_SECRET_ID"]),
            database_ca_file: vars.first(&["DATABASE_CA_FILE"]),
            secrets_id: vars.first(&["SECRETS_ID"]),
            secrets_ttl: Duration::from_secs(vars.parsed_or("SECRETS_TTL", 300)),
            overrides: SECRET_NAMES
                .into_iter()
                .filter_map(|name| Some((name, SecretString::from(vars.secret(name)?))))
                .collect(),
            aws_endpoint_url: vars.first(&["AWS_ENDPOINT_URL"]),
            aws_region: vars.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or_else(|| "us-east-1".into()),
            task_queue_url: vars.required(&["TASK_QUEUE_URL"]),
            google: vars.google(&public_url, webhook_base_url.as_deref().unwrap_or(&public_url)),
            hubspot: vars.hubspot(&public_url),
            openai: vars.openai(),
            lock_timeout: Duration::from_secs(vars.parsed_or("WORKER_LOCK_TIMEOUT", 300)),
            poll_interval: Duration::from_secs(vars.parsed_or("WORKER_POLL_INTERVAL", 5).max(1)),
            max_concurrent: vars.parsed_or("WORKER_MAX_CONCURRENT", 10).max(1),
            sync_interval: Duration::from_secs(vars.parsed_or("SYNC_INTERVAL", 300)),
            gmail_units_per_minute: vars.parsed_or("GMAIL_UNITS_PER_MINUTE", 5000),
            rate_limit_per_minute: vars.parsed_or("RATE_LIMIT_PER_MINUTE", 100),
            model_budget: Budget {
                requests: vars.parsed_or("MODEL_REQUESTS_PER_DAY", 500),
                tokens: vars.parsed_or("MODEL_TOKENS_PER_DAY", 2_000_000),
            },
            model_pace: Pace {
                requests: vars.parsed_or("OPENAI_REQUESTS_PER_MINUTE", 0),
                tokens: vars.parsed_or("OPENAI_TOKENS_PER_MINUTE", 0),
                requests_each: vars.parsed_or("OPENAI_REQUESTS_PER_MINUTE_EACH", 0),
            },
            slow_query: Duration::from_millis(vars.parsed_or("SLOW_QUERY_MS", 500)),
            metrics_namespace: vars.first(&["METRICS_NAMESPACE"]),
            google_site_verification: vars.list("GOOGLE_SITE_VERIFICATION"),
            public_url,
            webhook_base_url,
            frontend_url,
        };
        if env.is_deployed() {
            vars.refuse_development(&config);
        }

        if vars.problems.is_empty() { Ok(config) } else { Err(Problems(vars.problems)) }
    }
}

impl Config {
    /// For the function that migrates.
    pub fn database_owner_url(&self) -> crate::Result<&str> {
        let url = self.database_owner_url.as_ref().map(ExposeSecret::expose_secret);
        url.ok_or_else(|| {
            crate::Error::internal("DATABASE_OWNER_URL is not set: migrations run as the owner of the schema.")
        })
    }
}

/// Everything that is wrong with the configuration, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The configuration is not complete:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

struct Vars<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Vars<'_> {
    /// The first of these names that is set to something.
    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| (self.lookup)(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()))
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.first(&[name]).unwrap_or_default();
        text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
    }

    fn required(&mut self, names: &[&str]) -> String {
        self.first(names).unwrap_or_else(|| {
            self.problems.push(format!("{} is not set.", names.join(" or ")));
            String::new()
        })
    }

    fn secret(&self, name: &str) -> Option<String> {
        match name {
            "GOOGLE_OAUTH_CLIENT_SECRET" => self.first(&[name, "GOOGLE_CLIENT_SECRET"]),
            _ => self.first(&[name]),
        }
    }

    fn parsed_or<T: FromStr>(&mut self, name: &str, default: T) -> T {
        let Some(text) = self.first(&[name]) else { return default };
        text.parse().unwrap_or_else(|_| {
            self.problems.push(format!("{name} must be a whole number that is not negative."));
            default
        })
    }

    fn url_or(&mut self, name: &str, default: &str) -> String {
        match self.first(&[name]) {
            Some(url) => self.checked_url(name, &url),
            None => default.to_owned(),
        }
    }

    /// Without the slash at the end, so that paths can be added.
    fn checked_url(&mut self, name: &str, text: &str) -> String {
        match Url::parse(text) {
            Ok(url) if url.has_host() && matches!(url.scheme(), "http" | "https") => {}
            _ => self.problems.push(format!("{name} must be a URL that begins with http:// or https://.")),
        }
        text.trim_end_matches('/').to_owned()
    }

    fn env(&mut self) -> Env {
        match self.first(&["APP_ENV", "ENVIRONMENT"]).as_deref() {
            None | Some("development" | "dev" | "local") => Env::Development,
            Some("test") => Env::Test,
            Some("staging") => Env::Staging,
            Some("production" | "prod") => Env::Production,
            Some(_) => {
                self.problems.push("APP_ENV must be development, test, staging or production.".into());
                Env::Production
            }
        }
    }

    fn origins(&mut self, frontend_url: Option<&str>, public_url: &str) -> Vec<String> {
        let listed = self.first(&["CORS_ALLOWED_ORIGINS", "CORS_ORIGINS"]).unwrap_or_default();
        let mut origins = Vec::new();
        for text in listed.split(',').map(str::trim).filter(|t| !t.is_empty()).chain(frontend_url).chain([public_url]) {
            match Url::parse(text).map(|url| url.origin()) {
                Ok(origin) if origin.is_tuple() => {
                    let origin = origin.ascii_serialization();
                    if !origins.contains(&origin) {
                        origins.push(origin);
                    }
                }
                _ => self.problems.push("CORS_ALLOWED_ORIGINS names something that is not an origin.".into()),
            }
        }
        origins
    }

    fn google(&mut self, public_url: &str, webhook_base_url: &str) -> Google {
        Google {
            client_id: self.required(&["GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_CLIENT_ID"]),
            redirect_uri: self
                .first(&["GOOGLE_OAUTH_REDIRECT_URI", "GOOGLE_REDIRECT_URI"])
                .unwrap_or_else(|| format!("{public_url}/api/auth/google/callback")),
            accounts_url: self.url_or("GOOGLE_ACCOUNTS_URL", "https://accounts.google.com"),
            token_url: self.url_or("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token"),
            revoke_url: self.url_or("GOOGLE_REVOKE_URL", "https://oauth2.googleapis.com/revoke"),
            jwks_url: self.url_or("GOOGLE_JWKS_URL", "https://www.googleapis.com/oauth2/v3/certs"),
            gmail_url: self.url_or("GMAIL_API_URL", "https://gmail.googleapis.com"),
            calendar_url: self.url_or("CALENDAR_API_URL", "https://www.googleapis.com/calendar/v3"),
            gmail_web_url: self.url_or("GMAIL_WEB_URL", "https://mail.google.com/mail") + "/",
            pubsub_topic: self.pubsub_topic(),
            pubsub_service_account: self.first(&["GOOGLE_PUBSUB_SERVICE_ACCOUNT"]),
            pubsub_audience: self
                .first(&["GOOGLE_PUBSUB_AUDIENCE"])
                .unwrap_or_else(|| format!("{webhook_base_url}{GMAIL_WEBHOOK}")),
        }
    }

    fn pubsub_topic(&mut self) -> Option<String> {
        let topic = self.first(&["GOOGLE_PUBSUB_TOPIC"])?;
        if topic.contains('/') {
            let parts: Vec<&str> = topic.split('/').collect();
            if !matches!(parts[..], ["projects", project, "topics", name] if !project.is_empty() && !name.is_empty()) {
                self.problems.push("GOOGLE_PUBSUB_TOPIC must be projects/…/topics/….".into());
            }
            return Some(topic);
        }
        let project = self.required(&["GOOGLE_CLOUD_PROJECT"]);
        Some(format!("projects/{project}/topics/{topic}"))
    }

    fn switch(&mut self, name: &str) -> bool {
        match self.first(&[name]).as_deref() {
            None | Some("false" | "0" | "no") => false,
            Some("true" | "1" | "yes") => true,
            Some(_) => {
                self.problems.push(format!("{name} must be true or false."));
                false
            }
        }
    }

    fn hubspot(&mut self, public_url: &str) -> HubSpot {
        HubSpot {
            client_id: self.first(&["HUBSPOT_CLIENT_ID"]),
            redirect_uri: self
                .first(&["HUBSPOT_REDIRECT_URI"])
                .unwrap_or_else(|| format!("{public_url}/api/auth/hubspot/callback")),
            api_url: self.url_or("HUBSPOT_API_URL", "https://api.hubapi.com"),
            app_url: self.url_or("HUBSPOT_APP_URL", "https://app.hubspot.com"),
            webhook_v1: self.switch("HUBSPOT_WEBHOOK_V1"),
        }
    }

    fn openai(&mut self) -> OpenAi {
        let base_url = self.url_or("OPENAI_BASE_URL", "https://api.openai.com/v1");
        let is_openai = Url::parse(&base_url).is_ok_and(|url| url.host_str() == Some("api.openai.com"));
        let api = match self.first(&["OPENAI_API"]).as_deref() {
            Some("responses") => OpenAiApi::Responses,
            Some("chat_completions") => OpenAiApi::ChatCompletions,
            None if is_openai => OpenAiApi::Responses,
            None => OpenAiApi::ChatCompletions,
            Some(_) => {
                self.problems.push("OPENAI_API must be responses or chat_completions.".into());
                OpenAiApi::Responses
            }
        };
        OpenAi {
            base_url,
            chat_model: self.first(&["OPENAI_CHAT_MODEL"]).unwrap_or_else(|| "gpt-5.4-mini".into()),
            embedding_model: self.first(&["OPENAI_EMBEDDING_MODEL"]).unwrap_or_else(|| "text-embedding-3-small".into()),
            api,
        }
    }

    /// What must never run with real people's data.
    fn refuse_development(&mut self, config: &Config) {
        let plain_http = [
            ("API_BASE_URL", config.public_url.as_str()),
            ("WEBHOOK_BASE_URL", config.webhook_base_url.as_deref().unwrap_or("https:")),
            ("FRONTEND_URL", config.frontend_url.as_deref().unwrap_or("https:")),
            ("GOOGLE_ACCOUNTS_URL", &config.google.accounts_url),
            ("GOOGLE_TOKEN_URL", &config.google.token_url),
            ("GOOGLE_JWKS_URL", &config.google.jwks_url),
            ("GMAIL_API_URL", &config.google.gmail_url),
            ("CALENDAR_API_URL", &config.google.calendar_url),
            ("HUBSPOT_API_URL", &config.hubspot.api_url),
            ("OPENAI_BASE_URL", &config.openai.base_url),
        ];
        for (name, url) in plain_http {
            if !url.starts_with("https:") {
                self.problems.push(format!("{name} must begin with https:// when APP_ENV is staging or production."));
            }
        }
        if config.database_ca_file.is_none() {
            self.problems.push("DATABASE_CA_FILE is not set; it must be when APP_ENV is staging or production.".into());
        }
        if config.aws_endpoint_url.is_some() {
            self.problems.push("AWS_ENDPOINT_URL must not be set when APP_ENV is staging or production.".into());
        }
        for (name, value) in &config.overrides {
            if let Err(problem) = refuse_development_secret(name, value) {
                self.problems.push(problem);
            }
        }
    }
}

/// A secret that was made for a laptop must not guard real people's data.
pub fn refuse_development_secret(name: &str, value: &SecretString) -> Result<(), String> {
    let value = value.expose_secret();
    let known = ["dev-", "changeme", "change-me", "your-secret", "your_secret", "example"];
    if known.iter().any(|start| value.to_ascii_lowercase().starts_with(start)) {
        return Err(format!("{name} is a development secret; it is refused when APP_ENV is staging or production."));
    }
    if name == "SECRET_KEY" && value.len() < 32 {
        return Err(format!("{name} must have at least 32 characters."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Config, Problems> {
        Config::read(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    const ENOUGH: [(&str, &str); 3] = [
        ("DATABASE_URL", "postgresql://app@localhost/fa"),
        ("TASK_QUEUE_URL", "http://localhost:8005/1/tasks"),
        ("GOOGLE_OAUTH_CLIENT_ID", "id"),
    ];

    #[test]
    fn everything_missing_is_named_at_once() {
        let problems = read(&[("SECRETS_TTL", "soon"), ("FRONTEND_URL", "nowhere")]).unwrap_err().to_string();

        for name in [
            "DATABASE_URL",
            "TASK_QUEUE_URL",
            "GOOGLE_OAUTH_CLIENT_ID or GOOGLE_CLIENT_ID",
            "SECRETS_TTL",
            "FRONTEND_URL",
        ] {
            assert!(problems.contains(name), "{name} is not in:\n{problems}");
        }
    }

    #[test]
    fn what_stands_in_the_wrong_variable_is_not_repeated() {
        let names = [
            "APP_ENV",
            "API_BASE_URL",
            "WEBHOOK_BASE_URL",
            "FRONTEND_URL",
            "CORS_ALLOWED_ORIGINS",
            "SECRETS_TTL",
            "WORKER_MAX_CONCURRENT",
            "MODEL_TOKENS_PER_DAY",
            "GMAIL_API_URL",
            "OPENAI_API",
            "OPENAI_BASE_URL",
            "HUBSPOT_WEBHOOK_V1",
            "SECRET_KEY",
        ];
        let mut vars = names.map(|name| (name, "changeme-p4ssw0rd/of a person")).to_vec();
        vars.push(("GOOGLE_PUBSUB_TOPIC", "topics/changeme-p4ssw0rd"));
        let problems = read(&vars).unwrap_err().to_string();

        for (name, _) in vars {
            assert!(problems.contains(name), "{name} is not in:\n{problems}");
        }
        assert!(!problems.contains("p4ssw0rd"), "{problems}");
    }

    #[test]
    fn the_names_of_the_seeds_code_are_accepted_too() {
        let vars = [ENOUGH[0], ENOUGH[1], ("GOOGLE_CLIENT_ID", "old-name")];

        assert_eq!(read(&vars).unwrap().google.client_id, "old-name");
    }

    #[test]
    fn another_openai_server_is_spoken_to_in_chat_completions() {
        let other = [ENOUGH.as_slice(), &[("OPENAI_BASE_URL", "http://localhost:11434/v1")]].concat();

        assert_eq!(read(&ENOUGH).unwrap().openai.api, OpenAiApi::Responses);
        assert_eq!(read(&other).unwrap().openai.api, OpenAiApi::ChatCompletions);
    }

    #[test]
    fn production_refuses_what_was_made_for_a_laptop() {
        let vars = [
            ENOUGH.as_slice(),
            &[("APP_ENV", "production"), ("SECRET_KEY", "dev-only"), ("AWS_ENDPOINT_URL", "http://x")],
        ];

        let problems = read(&vars.concat()).unwrap_err().to_string();

        for name in ["API_BASE_URL", "SECRET_KEY", "AWS_ENDPOINT_URL", "DATABASE_CA_FILE"] {
            assert!(problems.contains(name), "{name} is not in:\n{problems}");
        }
    }

    #[test]
    fn push_messages_are_on_where_they_could_arrive() {
        let with = |more: &[(&str, &str)]| read(&[ENOUGH.as_slice(), more].concat());
        let plain = with(&[]).unwrap();
        assert_eq!((plain.gmail_target(), plain.calendar_target()), (None, None));

        let topic = ("GOOGLE_PUBSUB_TOPIC", "gmail");
        assert!(with(&[topic]).unwrap_err().to_string().contains("GOOGLE_CLOUD_PROJECT"));
        let project = ("GOOGLE_CLOUD_PROJECT", "p");
        assert_eq!(with(&[topic, project]).unwrap().gmail_target(), None, "nobody could be believed");
        let account = ("GOOGLE_PUBSUB_SERVICE_ACCOUNT", "push@p.iam.gserviceaccount.com");
        let config = with(&[topic, project, account, ("API_BASE_URL", "https://api.example")]).unwrap();
        assert_eq!(config.gmail_target(), Some("projects/p/topics/gmail"));
        assert_eq!(config.google.pubsub_audience, "https://api.example/api/webhooks/gmail");
        assert_eq!(config.calendar_target().unwrap(), "https://api.example/api/webhooks/calendar");

        let local = with(&[("WEBHOOK_BASE_URL", "http://localhost:9000/")]).unwrap();
        assert_eq!(local.calendar_target().unwrap(), "http://localhost:9000/api/webhooks/calendar");
        assert!(with(&[("GOOGLE_PUBSUB_TOPIC", "topics/t")]).is_err());
        assert!(with(&[("HUBSPOT_WEBHOOK_V1", "maybe")]).is_err());
    }

    #[test]
    fn origins_are_taken_from_the_frontends_address() {
        let vars = [ENOUGH.as_slice(), &[("FRONTEND_URL", "http://localhost:5173/financial-advisor-ai-app")]].concat();

        assert_eq!(read(&vars).unwrap().allowed_origins, ["http://localhost:5173", "http://localhost:8000"]);
    }
}
