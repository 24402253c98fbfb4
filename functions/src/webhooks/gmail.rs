//! Pub/Sub tells that a mailbox changed.

use shared::domain::inbound::gmail::{self, Received};
use shared::domain::inbound::pubsub;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::post("/api/webhooks/gmail", |app, call| Box::pin(handler(app, call)))
    .about("webhooks", "Pub/Sub tells that a mailbox changed, with a token Google signed.")
    .webhook()
    .ok::<Received>()
    .refuses(&[400, 401, 413]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let body = call.bytes()?;
    pubsub::verify(app, call.header("authorization")).await?;

    let push = gmail::parse(body)?;
    let received = gmail::receive(app, &push).await?;

    Reply::json(&received)
}
