//! Forgets a conversation with all that was said in it.

use shared::edge::{Call, Reply, Route};
use shared::model::ConversationId;
use shared::store::conversations;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::delete("/api/conversations/{id}", |app, call| Box::pin(handler(app, call)))
    .about("conversations", "Forgets a conversation with all that was said in it.")
    .session()
    .empty(204)
    .refuses(&[404]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let id: ConversationId = call.path("id", "conversation")?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let gone = conversations::delete(&tenant, id).await?;
    tenant.commit().await?;

    if gone { Ok(Reply::empty()) } else { Err(Error::not_found("conversation")) }
}
