//! `/metrics`, read by a parser that is not ours.

use prometheus_parse::{Scrape, Value as Read};
use shared::telemetry::family::{ALL, Kind};

use super::*;

async fn scrape(app: &TestApp) -> Scrape {
    let answer = app.visitor().get("/metrics").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    read(&answer.body)
}

/// The parser ends a sample's labels at the first brace, which a route's template has within quotation marks: here they are
/// round. A real Prometheus minds neither (`cargo dev metrics`).
fn read(text: &str) -> Scrape {
    let round = text.lines().map(|line| line.replace("/{", "/(").replace("}\"", ")\"").replace("}/", ")/"));
    Scrape::parse(round.map(Ok)).unwrap()
}

/// The value of one sample; of a histogram, how many.
fn value(scrape: &Scrape, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let sample = scrape.samples.iter().find(|sample| {
        sample.metric == name && labels.iter().all(|(label, value)| sample.labels.get(label) == Some(*value))
    })?;
    match &sample.value {
        Read::Counter(value) | Read::Gauge(value) | Read::Untyped(value) => Some(*value),
        Read::Histogram(buckets) => buckets.last().map(|bucket| bucket.count),
        Read::Summary(_) => None,
    }
}

#[tokio::test]
async fn is_what_was_sent_to_all_instances() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let before = scrape(&app).await;
    let processes = futures::future::join_all((0..3).map(|_| app.another())).await;

    let mut answered = std::collections::BTreeMap::<u16, f64>::new();
    for round in 0..12 {
        let calls = (0..6).map(|n| {
            let path = if round < 10 { "/api/tasks" } else { "/api/tasks/0199d3c0-0000-7000-8000-000000000002" };
            ada.begin_at(&processes[n % 3], http::Method::GET, path, &[], None, None)
        });
        for answer in futures::future::join_all(calls).await {
            *answered.entry(answer.status().as_u16()).or_default() += 1.0;
        }
    }
    assert_eq!(answered.keys().collect::<Vec<_>>(), [&200, &404], "{answered:?}");

    let after = scrape(&app).await;
    let more = |name: &str, labels: &[(&str, &str)]| {
        value(&after, name, labels).unwrap_or_default() - value(&before, name, labels).unwrap_or_default()
    };
    assert_eq!(more("http_requests_total", &[("endpoint", "/api/tasks"), ("status", "200")]), 60.0);
    assert_eq!(more("http_requests_total", &[("endpoint", "/api/tasks/(id)"), ("status", "404")]), 12.0);
    assert_eq!(more("http_request_duration_seconds", &[("endpoint", "/api/tasks")]), 60.0);
    assert_eq!(more("errors_total", &[("source", "http"), ("kind", "not-found")]), 12.0);
    assert_eq!(value(&after, "http_requests_in_progress", &[("endpoint", "/api/tasks")]), Some(0.0));
}

#[tokio::test]
async fn tells_of_tasks_models_searches_and_webhooks_what_the_tables_hold() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    app.google.deliver(&mail(ADA, ("Nora Ellison", "nora@ellison.example"), "Baseball", "Tommy plays baseball."));
    ada.post("/api/ingest/gmail", json!({})).await;
    app.work().await;
    ada.ask("Who plays baseball?").await;
    app.sql(
        "update tasks set state = 'in_progress', attempt = max_attempts, lease_until = now() - interval '1 minute', \
             completed_at = null where id = (select id from tasks where task_type = 'embed' limit 1)",
    )
    .await;
    app.sweep().await;

    let scrape = scrape(&app).await;

    for row in app.sql("select task_type, count(*) from tasks group by 1").await {
        let counted = value(&scrape, "tasks_created_total", &[("task_type", &row[0])]);
        assert_eq!(counted, row[1].parse().ok(), "{row:?}");
    }
    for row in app.sql("select task_type, count(*) from tasks where state = 'done' group by 1").await {
        let counted = value(&scrape, "tasks_completed_total", &[("task_type", &row[0]), ("status", "done")]).unwrap();
        let lost = if row[0] == "embed" { 1.0 } else { 0.0 };
        assert_eq!(counted, row[1].parse::<f64>().unwrap() + lost, "{row:?}");
    }
    assert_eq!(value(&scrape, "tasks_completed_total", &[("status", "failed")]), Some(1.0), "its worker died");
    assert_eq!(value(&scrape, "tasks_in_queue", &[("state", "failed")]), Some(1.0));
    let tokens = app.sql("select sum(input_tokens), sum(output_tokens) from model_calls where cause = 'chat'").await;
    for (kind, tokens) in ["prompt", "completion"].iter().zip(&tokens[0]) {
        let labels = [("model", "gpt-5.4-mini"), ("type", *kind)];
        assert_eq!(value(&scrape, "openai_tokens_total", &labels), tokens.parse().ok(), "{kind}");
    }
    let asked = app.count("select count(*) from model_calls where cause = 'chat'").await;
    let labels = [("model", "gpt-5.4-mini"), ("status", "success")];
    assert_eq!(value(&scrape, "openai_requests_total", &labels), Some(asked as f64));
    assert_eq!(value(&scrape, "openai_first_token_seconds", &[]), Some(1.0));
    assert_eq!(value(&scrape, "rag_searches_total", &[("status", "success")]), Some(1.0));
    assert!(value(&scrape, "provider_requests_total", &[("provider", "gmail"), ("status", "success")]) >= Some(1.0));
    assert!(value(&scrape, "task_duration_seconds", &[("task_type", "gmail_sync")]) >= Some(2.0));
}

/// What a counter has counted stays counted: a fall would be taken for a restart, and everything counted again.
#[tokio::test]
async fn never_falls_when_something_is_forgotten() {
    let app = TestApp::start().await;
    app.ready_advisor(ADA).await;
    let before = scrape(&app).await;

    app.sql("delete from tasks; delete from model_calls; delete from webhook_events; delete from users").await;

    let after = scrape(&app).await;
    for sample in before.samples.iter().filter(|sample| matches!(sample.value, Read::Counter(_))) {
        let labels: Vec<(&str, &str)> = sample.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert!(value(&after, &sample.metric, &labels) >= value(&before, &sample.metric, &labels), "{sample:?}");
    }
    assert!(value(&after, "tasks_created_total", &[("task_type", "gmail_sync")]) >= Some(1.0));
}

#[tokio::test]
async fn has_a_bounded_number_of_series_whatever_is_sent() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let probe = async |from: usize| {
        for n in from..from + 40 {
            ada.get(&format!("/api/tasks/0199d3c0-0000-7000-8000-{n:012}")).await;
            ada.get(&format!("/api/conversations/0199d3c0-0000-7000-8000-{n:012}/messages")).await;
            app.visitor().get(&format!("/nobody/{n}")).await;
        }
        scrape(&app).await.samples.len()
    };
    let first = probe(0).await;

    let second = probe(1_000).await;

    // Its own first answer is in the second.
    assert!(second <= first + 2 + 2 * 18, "{first} {second}");
}

#[tokio::test]
async fn has_every_family_with_its_labels_and_no_other() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    ada.ask("Who plays baseball?").await;

    let text = app.visitor().get("/metrics").await.body;

    let scrape = read(&text);
    for family in ALL {
        assert!(text.contains(&format!("# HELP {} ", family.name)), "{}", family.name);
        assert!(family.name.ends_with("_total") == matches!(family.kind, Kind::Counter | Kind::Seconds), "{family:?}");
    }
    for sample in &scrape.samples {
        let family = ALL.iter().find(|family| {
            sample.metric == family.name
                || family.kind == Kind::Histogram
                    && ["_sum", "_count"].iter().any(|end| sample.metric == format!("{}{end}", family.name))
        });
        let family = family.unwrap_or_else(|| panic!("{} is no family", sample.metric));
        let mut labels: Vec<&str> = sample.labels.keys().map(String::as_str).collect();
        let mut wanted = family.labels.to_vec();
        labels.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(labels, wanted, "{}", sample.metric);
    }
}
