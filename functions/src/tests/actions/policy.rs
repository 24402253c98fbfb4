//! Who may be reached without asking.

use shared::domain::actions::policy::Context;
use shared::domain::actions::{self, Proposal, Proposed};
use shared::model::action::{Action, Origin, ReplyTo};
use shared::model::{ActionId, ConversationId};

use super::*;

fn to(address: &str) -> Action {
    let (subject, body) = ("Hello".into(), "Hello.".into());
    Action::SendEmail { to: vec![address.into()], cc: Vec::new(), bcc: Vec::new(), subject, body, reply: None }
}

/// What becomes of it in a conversation: the reasons it waits for, if it does.
async fn proposed(app: &TestApp, owner: i64, action: &Action, context: Context<'_>) -> Result<Vec<String>, String> {
    let conversation = ConversationId::random();
    let origin = Origin::Chat { conversation, session: uuid::Uuid::new_v4(), call_id: "c".into() };
    let proposal = Proposal { id: ActionId::random(), action, origin: &origin, context, cause: None };
    let mut db = app.app.db().await.unwrap();
    let tenant = db.tenant(UserId(owner)).await.unwrap();
    let proposed = actions::propose(&tenant, &proposal).await.map_err(|error| error.detail.into_owned())?;
    tenant.commit().await.unwrap();
    Ok(match proposed {
        Proposed::Waiting(kept) => kept.reasons,
        Proposed::Going(..) => Vec::new(),
    })
}

#[tokio::test]
async fn a_conversation_reaches_those_the_advisor_knows_names_or_answers() {
    let app = TestApp::start().await;
    let letter = mail(ADA, ("Nora", "nora@ellison.example"), "Saturday", "Does it suit you?");
    app.google.deliver(&letter);
    let ada = practice(&app).await;
    let owner = ada.user_id().await;
    let said = |words: &str| vec![words.to_owned()];
    let (greg, eve_named, nora) =
        (said("Write to Greg"), said("Write to Eve@Evil.example, please."), said("Reply to Nora"));
    let clean = Context { words: &greg, ..Context::default() };
    let answer = |address: &str| {
        let reply = ReplyTo {
            thread_id: letter.thread_id.clone(),
            message_id: letter.message_id.clone(),
            references: Vec::new(),
        };
        match to(address) {
            Action::SendEmail { to, cc, bcc, subject, body, .. } => {
                Action::SendEmail { to, cc, bcc, subject, body, reply: Some(reply) }
            }
            other => other,
        }
    };

    let asks = |reasons: Result<Vec<String>, String>| !reasons.unwrap().is_empty();
    assert!(!asks(proposed(&app, owner, &to("greg@hall.example"), clean).await), "a contact who is named");
    let unnamed = said("Write to my client in Boise");
    let unnamed = Context { words: &unnamed, ..clean };
    assert!(asks(proposed(&app, owner, &to("greg@hall.example"), unnamed).await), "a contact who is not");
    let other = said("Add a phone number for Greg");
    let other = Context { words: &other, ..clean };
    assert!(asks(proposed(&app, owner, &to("greg@hall.example"), other).await), "where no mail was asked for");
    assert!(asks(proposed(&app, owner, &to("eve@evil.example"), clean).await), "a stranger");
    let named = Context { words: &eve_named, ..clean };
    assert!(!asks(proposed(&app, owner, &to("eve@evil.example"), named).await), "named by the advisor");
    assert!(
        !asks(proposed(&app, owner, &answer("nora@ellison.example"), Context { words: &nora, ..clean }).await),
        "who wrote the mail it answers"
    );
    assert!(asks(proposed(&app, owner, &answer("eve@evil.example"), clean).await), "somebody else in the same thread");
    let tainted = Context { tainted: true, ..named };
    assert!(asks(proposed(&app, owner, &to("greg@hall.example"), tainted).await), "after text from outside was read");
    let often = Context { before: 5, ..clean };
    assert!(
        proposed(&app, owner, &to("greg@hall.example"), often).await.unwrap_err().contains("No more than 5 changes")
    );
}

#[tokio::test]
async fn what_waits_is_not_done_and_what_was_seen_is_what_is_done() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let owner = ada.user_id().await;
    proposed(&app, owner, &to("stranger@far.example"), Context::default()).await.unwrap();
    app.work().await;
    assert!(app.google.find(ADA, "in:sent").as_array().unwrap().is_empty());

    let mut db = app.app.db().await.unwrap();
    let tenant = db.tenant(UserId(owner)).await.unwrap();
    let kept = shared::store::actions::list(&tenant, None, None, 1).await.unwrap().remove(0);
    let by = shared::model::action::DecidedBy::Session;
    let edited = actions::edit(&tenant, kept.id, &to("friend@near.example")).await.unwrap();
    assert!(actions::approve(&tenant, kept.id, &kept.hash, by).await.is_err(), "it is not what was seen any more");
    let (_, task) = actions::approve(&tenant, kept.id, &edited.hash, by).await.unwrap();
    tenant.commit().await.unwrap();
    drop(db);
    app.app.ring(task, Duration::ZERO).await;
    app.work().await;

    assert_eq!(app.action().await.0, "done");
    assert_eq!(app.google.find(ADA, "in:sent to:friend@near.example").as_array().unwrap().len(), 1);
    assert_eq!(app.google.find(ADA, "in:sent").as_array().unwrap().len(), 1);
}
