//! Everything that is held about the advisor, to take along. A task lists it, in volumes; each volume is then read and sent as
//! it is asked for, and kept nowhere.

use std::time::Duration;

use http::StatusCode;
use shared::domain::accounts::export::{self, Export};
use shared::domain::limits;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/account/export", |app, call| Box::pin(handler(app, call)))
    .streaming()
    .about("account", "Lists everything that is held about the advisor, in volumes; 202 while the list is being made.")
    .session()
    .ok::<Export>()
    .answers::<Export>(202)
    .refuses(&[403]);
pub const VOLUME: Route = Route::get("/api/account/export/{volume}", |app, call| Box::pin(handler(app, call)))
    .streaming()
    .about("account", "One volume of it: a zip of JSON Lines, by table.")
    .session()
    .serves("application/zip")
    .refuses(&[404]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    // Both routes are one function's, so the path says which is meant.
    if call.has_path("volume") {
        return volume(app, call).await;
    }
    let advisor = call.advisor(app).await?;

    let export = match export::known(app, advisor.id).await? {
        Some(export) => export,
        None => {
            call.require_own_header()?;
            let export = export::begin(app, advisor.id).await?;
            app.ring(export.job_id, Duration::ZERO).await;
            export
        }
    };

    let status = if export.is_ready() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Reply::json_with(status, &export)
}

async fn volume(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let number: usize = call.path("volume", "volume")?;

    let volume = export::volume(app, advisor.id, number).await?;
    limits::take(&app.db().await?, limits::DOWNLOADS, &advisor.id.to_string()).await?;

    Ok(Reply::file("application/zip", &format!("advisor-export-{number}.zip"), export::send(app, advisor.id, volume)))
}
