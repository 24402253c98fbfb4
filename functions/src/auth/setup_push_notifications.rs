//! Has Google tell of new mail and events, and says for how long it will. Sign-in does the same by itself.

use std::time::Duration;

use shared::domain::inbound::watches::{self, Answer};
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::post("/api/auth/setup-push-notifications", |app, call| Box::pin(handler(app, call)))
    .about("auth", "Has Google tell of new mail and events, and says until when.")
    .session()
    .ok::<Answer>()
    .refuses(&[400, 409, 502]);

/// What is left for the answer itself.
const MARGIN: Duration = Duration::from_secs(4);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let patience = call.time_left(app.now()).saturating_sub(MARGIN);

    let answer = watches::answer(app, advisor.id, patience).await?;

    Reply::json(&answer)
}
