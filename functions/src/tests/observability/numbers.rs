//! What CloudWatch is told: one line for each invocation, when there is somebody to tell.

use super::*;

const TOLD: [(&str, &str); 1] = [("METRICS_NAMESPACE", "a-stack")];

fn told(log: &Log) -> Vec<Value> {
    lines(log).into_iter().filter(|line| line.get("_aws").is_some()).collect()
}

#[tokio::test]
async fn each_invocation_is_one_line_of_numbers() {
    let app = TestApp::start_with(&TOLD).await;
    let ada = app.ready_advisor(ADA).await;
    let log = Log::default();
    let logging = log.start();

    ada.ask("Who plays baseball?").await;
    ada.get("/api/tasks/0199d3c0-0000-7000-8000-000000000002").await;
    ada.post("/api/ingest/gmail", json!({})).await;
    app.work().await;
    app.sweep().await;
    drop(logging);

    let told = told(&log);
    let of = |name: &str, value: &Value| -> Vec<&Value> { told.iter().filter(|line| line[name] == *value).collect() };
    let [chat] = of("route", &json!("/api/chat"))[..] else { panic!("{told:?}") };
    for metric in ["Requests", "Latency", "ModelRequests", "ModelInputTokens", "ModelOutputTokens", "FirstToken"] {
        let value = &chat[metric];
        assert!(value.is_f64() || value.is_array(), "{metric} is not in {chat}");
    }
    let [missing] = of("Kind", &json!("not-found"))[..] else { panic!("{told:?}") };
    assert_eq!((&missing["Errors"], &missing["status"]), (&json!(1.0), &json!(404)));
    assert!(missing.get("ServerErrors").is_none(), "it is nobody's fault: {missing}");
    let [read] = of("task.kind", &json!("gmail_sync"))[..] else { panic!("{told:?}") };
    assert_eq!(read["TasksDone"], 1.0);
    assert!(read["TaskAge"].is_f64() && read["ProviderRequests"].as_f64().unwrap() >= 1.0, "{read}");
    for line in &told {
        let described = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert!(described.iter().all(|one| one["Namespace"] == "a-stack"), "{line}");
        assert!(!line.to_string().contains('@'), "{line}");
    }
}

#[tokio::test]
async fn nobody_is_told_anything_where_no_namespace_is_set() {
    let app = TestApp::start().await;
    let log = Log::default();
    let logging = log.start();

    app.visitor().get("/api/auth/me").await;
    drop(logging);

    assert!(told(&log).is_empty());
}
