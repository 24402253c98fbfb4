//! HubSpot tells what changed in a portal.

use shared::domain::inbound::hubspot::{self, Received, Signature};
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::post("/api/webhooks/hubspot", |app, call| Box::pin(handler(app, call)))
    .about("webhooks", "HubSpot tells what changed in a portal: up to a hundred events, signed.")
    .webhook()
    .ok::<Received>()
    .refuses(&[400, 401, 413]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let body = call.bytes()?;
    let given = Signature {
        timestamp: call.header("x-hubspot-request-timestamp"),
        v3: call.header("x-hubspot-signature-v3"),
        v1: call.header("x-hubspot-signature"),
    };
    hubspot::verify(app, body, &given).await?;

    let events = hubspot::parse(body)?;
    let received = hubspot::receive(app, &events).await?;

    Reply::json(&received)
}
