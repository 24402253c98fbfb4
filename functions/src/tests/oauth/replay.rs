//! The same code and the same state again, ten at a time and afterwards.

use super::*;

const AT_ONCE: usize = 10;

async fn all_at_once(person: &Person<'_>, links: &[String]) -> Vec<Answer> {
    futures::future::join_all(links.iter().map(|link| person.get(link))).await
}

fn ending(answers: &[Answer], end: &str) -> usize {
    answers.iter().filter(|answer| answer.status == 302 && answer.location().ends_with(end)).count()
}

fn refused(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == 400).count()
}

#[tokio::test]
async fn of_ten_at_once_one_signs_in() {
    let app = TestApp::start().await;
    let ada = app.visitor();
    let link = from_google(&ada, ADA).await;

    let answers = all_at_once(&ada, &vec![link.clone(); AT_ONCE]).await;

    assert_eq!((ending(&answers, "/auth/success"), refused(&answers)), (1, AT_ONCE - 1));
    assert_eq!(redeemed(&app), 1, "the others did not get as far as Google");
    assert_eq!(app.count("select count(*) from sessions").await, 1);
    assert_eq!(app.count("select count(*) from oauth_states").await, 0);
    assert_eq!(ada.get("/api/auth/me").await.json()["user"]["email"], ADA);
    for _ in 0..3 {
        assert_eq!(ada.get(&link).await.status, 400, "nor is it good afterwards");
    }
    assert_eq!(redeemed(&app), 1);
}

/// Ten sign-ins begun in one browser, and the code of the first with each of their states.
#[tokio::test]
async fn a_code_goes_with_one_state_alone() {
    let app = TestApp::start().await;
    let ada = app.visitor();
    let first = from_google(&ada, ADA).await;
    let code = parameter(&first, "code");
    let mut links = vec![first];
    while links.len() < AT_ONCE {
        let consent = ada.get("/api/auth/google/start").await.location();
        links.push(format!("/api/auth/google/callback?state={}&code={code}", parameter(&consent, "state")));
    }

    let answers = all_at_once(&ada, &links).await;

    assert_eq!(ending(&answers, "/auth/success"), 1);
    assert_eq!(ending(&answers, "/auth/error?error=code_exchange_failed"), AT_ONCE - 1);
    assert_eq!(app.count("select count(*) from sessions").await, 1);
}

#[tokio::test]
async fn of_ten_at_once_one_connects_hubspot() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let link = from_hubspot(&ada, ADA).await;

    let answers = all_at_once(&ada, &vec![link.clone(); AT_ONCE]).await;

    assert_eq!((ending(&answers, "/auth/hubspot/success"), refused(&answers)), (1, AT_ONCE - 1));
    assert_eq!(connected(&app), 1);
    assert_eq!(app.count("select count(*) from connections where provider = 'hubspot'").await, 1);
    assert_eq!(app.count("select count(*) from tasks where task_type = 'hubspot_sync'").await, 1);
    assert_eq!(ada.get(&link).await.status, 400);
}

/// A code that was redeemed already, with a state that is good: HubSpot refuses it, and what is connected stays.
#[tokio::test]
async fn a_spent_code_takes_nothing_away() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    let link = from_hubspot(&ada, ADA).await;
    ada.get(&link).await;
    let consent = ada.get("/api/auth/hubspot/start").await.location();
    let (code, state) = (parameter(&link, "code"), parameter(&consent, "state"));

    let landed = ada.get(&format!("/api/auth/hubspot/callback?code={code}&state={state}")).await.location();

    assert!(landed.ends_with("/auth/hubspot/error?error=code_exchange_failed"), "{landed}");
    assert_eq!(ada.get("/api/auth/me").await.json()["user"]["hubspot_connected"], true);
}
