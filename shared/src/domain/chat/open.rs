//! How a turn begins: what it goes on from, the question kept, and what was found for it. What does not wait for each other
//! happens at once.

use super::decide::{self, Decided};
use super::history::{self, Conversation, Thread};
use super::reply;
use super::turn::{Asked, Listener, while_heard};
use crate::domain::World;
use crate::domain::knowledge::retrieve::{Found, Question, retrieve};
use crate::error::{Error, Result};
use crate::model::document::Kind as SourceKind;
use crate::model::user::User;
use crate::store::sync_cursors::{self, Progress};
use crate::store::{actions, users};

/// What a turn begins with.
pub struct Opened {
    pub user: User,
    pub thread: Thread,
    pub progress: Vec<Progress>,
    pub found: Found,
}

pub enum Asks {
    Something(Box<Opened>),
    /// It is the answer to an offer.
    Decides(Box<Decided>),
}

/// Opens the turn. When nobody listens any more, nothing is looked up.
pub async fn open(world: &World, asked: &Asked, kinds: &[SourceKind], listener: &Listener) -> Result<Asks> {
    let (known, early) = if is_complete(asked) {
        let found = while_heard(listener, found(world, asked, kinds, None));
        let (known, found) = tokio::join!(Box::pin(begin(world, asked)), Box::pin(found));
        (known?, Some(found))
    } else {
        (begin(world, asked).await?, None)
    };
    let Known { user, thread, progress } = match known {
        Begun::Question(known) => *known,
        Begun::Decision(decided) => return Ok(Asks::Decides(decided)),
    };
    let found = match early {
        Some(found) => found??,
        None => while_heard(listener, found(world, asked, kinds, thread.asked_before.as_deref())).await??,
    };
    Ok(Asks::Something(Box::new(Opened { user, thread, progress, found })))
}

/// Whether what is to be looked up is known before the conversation is: it goes on from nothing, or says enough by itself. A plain
/// yes or no may be a decision, for which nothing is looked up, and a conversation that is not there ends the turn.
fn is_complete(asked: &Asked) -> bool {
    let alone = match asked.conversation {
        Conversation::New => asked.history.is_empty() || !leans(&asked.message),
        Conversation::Named(_) => !leans(&asked.message),
        Conversation::Known(_) => false,
    };
    alone && reply::parse(&asked.message).is_none()
}

/// A short question leans on the one before.
fn leans(message: &str) -> bool {
    message.split_whitespace().count() < 7
}

/// The question as it goes into a search.
async fn found(world: &World, asked: &Asked, kinds: &[SourceKind], before: Option<&str>) -> Result<Found> {
    let text = match before.filter(|_| leans(&asked.message)) {
        Some(before) => format!("{}\n{before}", asked.message),
        None => asked.message.clone(),
    };
    let question = Question { text: &text, kinds, since: None, until: None, limit: asked.context };
    retrieve(world, asked.owner, &question).await
}

struct Known {
    user: User,
    thread: Thread,
    progress: Vec<Progress>,
}

enum Begun {
    Question(Box<Known>),
    Decision(Box<Decided>),
}

/// Reads what the turn goes on from, all of it at once, and keeps the question.
async fn begin(world: &World, asked: &Asked) -> Result<Begun> {
    let mut db = world.db().await?;
    let tenant = db.tenant(asked.owner).await?;
    let (offered, user, stored, progress) = tokio::try_join!(
        actions::offered(&tenant, asked.session),
        users::get(&tenant),
        history::stored(&tenant, asked.conversation),
        sync_cursors::progress(&tenant),
    )?;
    if let Some(decided) = decide::by_message(&tenant, asked, offered).await? {
        tenant.commit().await?;
        return Ok(Begun::Decision(Box::new(decided)));
    }
    let user = user.ok_or_else(Error::unauthenticated)?;
    let thread = history::open(&tenant, asked.conversation, stored, &asked.history, &asked.message).await;
    // An offer that was passed over is over, also when there is no such conversation.
    tenant.commit().await?;
    Ok(Begun::Question(Box::new(Known { user, thread: thread?, progress })))
}
