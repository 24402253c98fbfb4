//! What became of an erasure, for whoever has the receipt. It names nobody.

use shared::domain::accounts::erase::{self, Receipt};
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/account/receipts/{receipt}", |app, call| Box::pin(handler(app, call)))
    .about("account", "What became of an erasure: when, and how many rows of which kind.")
    .ok::<Receipt>()
    .refuses(&[404]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let receipt: String = call.path("receipt", "receipt")?;

    let shown = erase::show(app, &receipt).await?;

    Reply::json(&shown)
}
