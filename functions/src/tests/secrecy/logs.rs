//! Nothing that opens a door and nothing of anybody's is in a log, in an answer to somebody else, or on the queue.

use super::canaries::Canaries;
use super::walk::{self, private, secret};
use super::*;

#[tokio::test]
async fn nothing_planted_gets_out_on_a_busy_day() {
    let log = Log::default();
    let logging = log.start();
    let app = walk::start().await;
    let said = walk::day(&app).await;
    let bells = app.receive().await;
    drop(logging);

    let mut secret = secret(&app);
    for token in &said.tokens {
        secret.add_token(token);
    }
    let (log, private) = (log.text(), private());
    let lines: Vec<&str> = log.lines().collect();
    assert!(secret.len() > 45, "{} tokens went through", secret.len());
    for told in [
        "a provider refused",
        "not of the form that is expected",
        "a panic",
        "request failed",
        "task failed",
        "a query",
    ] {
        assert!(lines.iter().any(|line| line.contains(told)), "nothing says: {told}");
    }
    let none = Vec::<String>::new();
    assert_eq!(secret.find(&lines), none);
    assert_eq!(private.find(&lines), none);

    let mut hers: Canaries = secret;
    hers.forget(&said.tokens);
    assert_eq!(hers.find(&said.to_ada), none, "not even to herself");
    assert_eq!(private.find(&said.to_others), none);
    assert_eq!(hers.find(&said.to_others), none);

    rows::hold_nothing_that_opens_a_door(&app, &said).await;
    for (_, bell) in bells {
        let bell: Value = serde_json::from_str(&bell.body.unwrap()).unwrap();
        let task: uuid::Uuid = bell["V1"]["task"].as_str().unwrap().parse().unwrap();
        let call: uuid::Uuid = bell["V1"]["correlation_id"].as_str().unwrap().parse().unwrap();
        assert_eq!(bell, json!({ "V1": { "task": task, "correlation_id": call } }));
    }
}
