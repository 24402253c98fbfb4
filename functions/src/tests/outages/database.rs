//! The database is away: everybody is told so within three seconds, nothing that was accepted is lost, and nobody restarts
//! anything when it is back.

use std::time::{Duration, Instant};

use fakes::proxy::{Blackhole, Trouble};
use futures::future::join_all;
use http::Method;
use serde_json::json;
use shared::edge::Route;
use shared::edge::route::Admission;

use super::*;
use crate::routes::ROUTES;
use crate::tests::webhooks::hubspot::{SECRET, event, now, signed};

const PROMISED: Duration = Duration::from_secs(3);

/// Those that need the database to say anything.
fn needing() -> impl Iterator<Item = &'static Route> {
    let open = |route: &&Route| route.doc.admission != Admission::Open;
    ROUTES.iter().map(|(_, route)| route).filter(open)
}

async fn call(person: &Person<'_>, route: &Route) -> (Answer, Duration) {
    let path = route.path.replace("{id}", "0199d3c0-0000-7000-8000-000000000002").replace("{provider}", "google");
    let method: Method = route.method.parse().unwrap();
    let body = (method != Method::GET).then(|| "{}".to_owned());
    let asked = Instant::now();
    let answer = person.call(method, &path, &FRONTEND, body).await;
    (answer, asked.elapsed())
}

async fn every_route_says_so(ada: &Person<'_>, trouble: &str) {
    let mut took = Vec::new();
    let routes: Vec<&Route> = needing().collect();
    // As many at once as there are connections, and more.
    for some in routes.chunks(10) {
        for (route, (answer, elapsed)) in some.iter().zip(join_all(some.iter().map(|route| call(ada, route))).await) {
            let told = (answer.status.as_u16(), answer.header("retry-after"));
            assert_eq!(told, (503, "5"), "{trouble}: {} {}: {}", route.method, route.path, answer.body);
            assert_eq!(answer.json()["type"], "unavailable");
            assert!(elapsed < PROMISED, "{trouble}: {} {} took {elapsed:?}", route.method, route.path);
            took.push(elapsed);
        }
    }
    let ready = ada.get("/ready").await;
    assert_eq!(ready.status, 503);
    figures::note(
        "database_away",
        json!({ "trouble": trouble, "routes": routes.len(), "took": figures::percentiles(took) }),
    );
}

#[tokio::test]
async fn every_route_answers_503_within_three_seconds_and_goes_on_when_it_is_back() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let (app, wires) = app.wired().await;
    let ada = app.with_cookies(cookies);
    for trouble in [Trouble::Refuse, Trouble::Hang] {
        assert_eq!(ada.get("/api/tasks").await.status, 200);

        wires.database.make(trouble);
        every_route_says_so(&ada, &format!("{trouble:?}")).await;

        wires.database.make(Trouble::Pass);
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        assert_eq!(ada.get("/api/tasks").await.status, 200, "the same process goes on");
    }
}

#[tokio::test]
async fn one_that_never_picks_up_is_not_waited_for_either() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let hole = Blackhole::start().await.unwrap();
    let url = format!("postgresql://fa_test:secret@{}/nowhere", hole.addr);
    let app = app.with_settings(&[("DATABASE_URL", &url)]).await;

    every_route_says_so(&app.with_cookies(cookies), "black hole").await;
}

/// HubSpot delivers again what it was told 503 for.
#[tokio::test]
async fn a_webhook_loses_nothing() {
    let app = TestApp::start().await;
    practice(&app).await;
    let (app, wires) = app.wired().await;
    let body = json!([event(&app, 1), event(&app, 2)]).to_string();
    let deliver = async || {
        let headers = signed(&app, SECRET, now(&app), &body);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        app.visitor().call(Method::POST, "/api/webhooks/hubspot", &headers, Some(body.clone())).await
    };
    for trouble in [Trouble::Refuse, Trouble::Hang] {
        wires.database.make(trouble);
        let answer = deliver().await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "5"), "{}", answer.body);
        wires.database.make(Trouble::Pass);
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }

    assert_eq!(deliver().await.json()["processed"], 2);

    assert_eq!(deliver().await.json()["processed"], 0, "and not twice");
    app.work().await;
    assert_eq!(app.count("select count(*) from tasks where state <> 'done'").await, 0);
}

/// What is asked of it while it stops in the middle ends, too: nobody waits for a query for ever.
#[tokio::test]
async fn a_query_that_does_not_end_is_given_up_before_the_functions_time_is_over() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let mut app = app;
    app.time = Some(Duration::from_secs(5));
    let ada = app.with_cookies(cookies);
    let (client, connection) = tokio_postgres::connect(&app.owner_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("begin; lock table tasks in access exclusive mode").await.unwrap();

    let asked = tokio::time::timeout(Duration::from_secs(5), ada.get("/api/tasks")).await;

    let answer = asked.expect("it waited for the lock for ever");
    assert_eq!(answer.status, 503, "{}", answer.body);
    client.batch_execute("rollback").await.unwrap();
    assert_eq!(ada.get("/api/tasks").await.status, 200);
}
