//! Erases the account. It is closed at once, everywhere; a task erases what is held and tells Google and HubSpot. The receipt that
//! is answered shows what became of it, and is kept nowhere else.

use std::time::Duration;

use garde::Validate;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::accounts::erase;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::delete("/api/account", |app, call| Box::pin(handler(app, call)))
    .about("account", "Closes the account at once and erases everything that is held; there is no way back.")
    .session()
    .body::<Confirmation>(r#"{"email": "advisor@example.com"}"#)
    .answers::<Leaving>(202);

#[derive(Deserialize, Validate, JsonSchema)]
struct Confirmation {
    /// The account's own address, so that nothing is erased by a slip.
    #[garde(length(chars, max = 320))]
    email: String,
}

#[derive(Serialize, JsonSchema)]
struct Leaving {
    /// To be kept: nobody else has it.
    receipt: String,
    /// Where it is shown, for ninety days.
    url: String,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let Confirmation { email } = call.json()?;

    let erase::Closed { receipt, task } = erase::close(app, advisor.id, &email).await?;
    app.ring(task, Duration::ZERO).await;

    call.end_session();
    let url = format!("/api/account/receipts/{receipt}");
    Reply::json_with(StatusCode::ACCEPTED, &Leaving { receipt, url })
}
