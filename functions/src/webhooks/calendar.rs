//! Google Calendar tells that a calendar changed.

use shared::domain::inbound::calendar::{self, Message, Received};
use shared::edge::{Call, Reply, Route};
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::post("/api/webhooks/calendar", |app, call| Box::pin(handler(app, call)))
    .about("webhooks", "Google Calendar tells that a calendar changed, with its channel's token.")
    .webhook()
    .ok::<Received>()
    .refuses(&[400, 401, 413]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    call.bytes()?;
    let missing = || Error::bad_request("Missing required headers");
    let message = Message {
        channel_id: call.header("x-goog-channel-id").ok_or_else(missing)?,
        state: call.header("x-goog-resource-state").ok_or_else(missing)?,
        token: call.header("x-goog-channel-token"),
        resource_id: call.header("x-goog-resource-id"),
        number: call.header("x-goog-message-number"),
    };

    let received = calendar::receive(app, &message).await?;

    Reply::json(&received)
}
