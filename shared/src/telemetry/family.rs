//! What is counted, by name: the families of `/metrics`. The first twelve are the seed's, with its labels.

/// What a family's samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// How often.
    Counter,
    /// How many seconds in all.
    Seconds,
    /// How much there is now.
    Gauge,
    /// How long it takes, in seconds.
    Histogram,
}

/// One family. No label has values that come from outside: a route's template, a name of ours, a model of the configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    pub name: &'static str,
    pub kind: Kind,
    pub help: &'static str,
    pub labels: &'static [&'static str],
}

const fn family(name: &'static str, kind: Kind, help: &'static str, labels: &'static [&'static str]) -> Family {
    Family { name, kind, help, labels }
}

use Kind::{Counter, Gauge, Histogram, Seconds};

pub const HTTP_REQUESTS: Family =
    family("http_requests_total", Counter, "Total HTTP requests", &["method", "endpoint", "status"]);
pub const HTTP_DURATION: Family =
    family("http_request_duration_seconds", Histogram, "HTTP request duration in seconds", &["method", "endpoint"]);
pub const HTTP_IN_PROGRESS: Family =
    family("http_requests_in_progress", Gauge, "Number of HTTP requests in progress", &["method", "endpoint"]);
pub const OPENAI_REQUESTS: Family =
    family("openai_requests_total", Counter, "Total OpenAI API requests", &["model", "status"]);
pub const OPENAI_TOKENS: Family =
    family("openai_tokens_total", Counter, "Total OpenAI tokens used", &["model", "type"]);
pub const OPENAI_DURATION: Family =
    family("openai_request_duration_seconds", Histogram, "OpenAI API request duration in seconds", &["model"]);
pub const RAG_SEARCHES: Family = family("rag_searches_total", Counter, "Total RAG search operations", &["status"]);
pub const RAG_DURATION: Family =
    family("rag_search_duration_seconds", Histogram, "RAG search duration in seconds", &[]);
pub const TASKS_CREATED: Family = family("tasks_created_total", Counter, "Total tasks created", &["task_type"]);
pub const TASKS_COMPLETED: Family =
    family("tasks_completed_total", Counter, "Total tasks completed", &["task_type", "status"]);
pub const TASKS_IN_QUEUE: Family = family("tasks_in_queue", Gauge, "Number of tasks in queue", &["state"]);
pub const WEBHOOK_EVENTS: Family =
    family("webhook_events_total", Counter, "Total webhook events received", &["source", "event_type"]);

pub const OPENAI_FIRST_TOKEN: Family = family(
    "openai_first_token_seconds",
    Histogram,
    "Time from a question to the first word of the model's answer",
    &["model"],
);
pub const TASK_DURATION: Family =
    family("task_duration_seconds", Histogram, "Time a worker spent on one try of a task", &["task_type"]);
pub const TASK_RETRIES: Family =
    family("task_retries_total", Counter, "Tries of tasks that failed and will be made again", &["task_type"]);
pub const TASK_OLDEST_DUE: Family =
    family("tasks_oldest_due_seconds", Gauge, "For how long the task that waits longest has been due", &[]);
pub const WEBHOOK_UNKNOWN: Family =
    family("webhook_unknown_total", Counter, "Webhook events for nobody who is known", &["source"]);
pub const PROVIDER_REQUESTS: Family =
    family("provider_requests_total", Counter, "Requests to providers, repeats included", &["provider", "status"]);
pub const PROVIDER_DURATION: Family =
    family("provider_request_duration_seconds", Histogram, "Time until a provider began to answer", &["provider"]);
pub const ERRORS: Family = family("errors_total", Counter, "Failures by what failed and how", &["source", "kind"]);
pub const QUERIES: Family = family("db_queries_total", Counter, "Database queries by their name", &["query"]);
pub const QUERY_SECONDS: Family =
    family("db_query_seconds_total", Seconds, "Time spent on database queries by their name", &["query"]);

/// In the order they are shown.
pub const ALL: &[Family] = &[
    HTTP_REQUESTS,
    HTTP_DURATION,
    HTTP_IN_PROGRESS,
    OPENAI_REQUESTS,
    OPENAI_TOKENS,
    OPENAI_DURATION,
    RAG_SEARCHES,
    RAG_DURATION,
    TASKS_CREATED,
    TASKS_COMPLETED,
    TASKS_IN_QUEUE,
    WEBHOOK_EVENTS,
    OPENAI_FIRST_TOKEN,
    TASK_DURATION,
    TASK_RETRIES,
    TASK_OLDEST_DUE,
    WEBHOOK_UNKNOWN,
    PROVIDER_REQUESTS,
    PROVIDER_DURATION,
    ERRORS,
    QUERIES,
    QUERY_SECONDS,
];

/// Upper bounds of the histograms' buckets, in seconds.
pub const BOUNDS: [f64; 17] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0];

/// How many of [`BOUNDS`] are below a value.
pub fn bucket(seconds: f64) -> i16 {
    i16::try_from(BOUNDS.iter().filter(|bound| **bound < seconds).count()).unwrap_or(i16::MAX)
}
