//! Deliveries whose handling is broken off anywhere between the first byte and the answer, over and over. What was
//! acknowledged is there; what was not comes again, and is there once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::hubspot::{SECRET, event, now, signed};
use super::*;

const EVENTS: i64 = 24;
/// Rounds in which deliveries are broken off.
const ROUNDS: u32 = 5;

#[tokio::test]
async fn a_delivery_that_breaks_off_anywhere_is_neither_lost_nor_done_twice() {
    let app = TestApp::start().await;
    app.ready_advisor(ADA).await;
    app.ready_advisor("bea@firm.example").await;
    for id in 0..EVENTS {
        app.contact(&(2_000 + id).to_string(), "Nora", &format!("Number {id}"), &format!("n{id}@mail.example"));
    }
    let deliveries: Vec<String> = (0..EVENTS)
        .map(|id| {
            let mut event = event(&app, id + 1);
            event["objectId"] = json!(2_000 + id);
            json!([event]).to_string()
        })
        .collect();
    // How long one takes that nobody breaks off.
    let begun = Instant::now();
    let headers = signed(&app, SECRET, now(&app), &deliveries[0]);
    assert_eq!(send_again(&app, HUBSPOT, &headers, &deliveries[0]).await.status, 200);
    let whole = begun.elapsed().max(Duration::from_millis(4)) * 2;

    let (mut waiting, mut acknowledged, mut broken_off): (Vec<usize>, BTreeSet<usize>, u32) =
        ((1..deliveries.len()).collect(), BTreeSet::new(), 0);
    for round in 0..=ROUNDS {
        for (place, at) in waiting.iter().enumerate() {
            let body = &deliveries[*at];
            let headers = signed(&app, SECRET, now(&app), body);
            // From at once to after the end, in steps that no two rounds share.
            let patience = whole * ((u32::try_from(place).unwrap() * 7 + round * 13 + 1) % 61) / 60;
            let patience = if round < ROUNDS { patience } else { Duration::from_secs(60) };
            match tokio::time::timeout(patience, send_again(&app, HUBSPOT, &headers, body)).await {
                Ok(answer) if answer.status == 200 => {
                    acknowledged.insert(*at);
                }
                Ok(answer) => assert!(answer.status.is_server_error(), "{}", answer.body),
                Err(_) => broken_off += 1,
            }
        }
        waiting.retain(|at| !acknowledged.contains(at));
        if waiting.is_empty() {
            break;
        }
    }
    assert!(waiting.is_empty(), "{} were never acknowledged", waiting.len());
    assert!(broken_off >= 3, "only {broken_off} were broken off");

    let rows = "select count(*), count(distinct (user_id, dedupe_key)), count(task_id) from webhook_events";
    let both = (EVENTS * 2).to_string();
    assert_eq!(app.sql(rows).await, [[both.clone(), both.clone(), both.clone()]], "one row each, with its task");
    assert_eq!(app.count("select count(*) from tasks where task_type = 'hubspot_events'").await, EVENTS * 2);
    // Bells were lost with those that rang them.
    app.sql("update tasks set rung_at = null where state = 'pending'").await;
    app.sweep().await;
    app.work().await;
    assert_eq!(app.count("select count(*) from tasks where state <> 'done'").await, 0);
    assert_eq!(app.count("select count(*) from contacts where last_name like 'Number %'").await, EVENTS * 2);
    let told = "select count(*) from events where event_type = 'hubspot.contact.creation'";
    assert_eq!(app.count(told).await, EVENTS * 2, "told once to each of the two");
}
